"""Faces, and the people they are or may be, as answers of the inbox, of clusters and of pairs have them."""

from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.exceptions import NotFound, PermissionDenied

from library.access import may
from library.api.base import ApiView
from people.models import Creator
from people.services.creators import find_creator, find_or_create_creator

# Whoever may watch sees who is where; who nobody has named is for those who may name them.
LOOK = ("faces.view_facetrack", "faces.view_facecluster")
ANSWER = (*LOOK, "faces.change_facetrack")
GROUP = (*ANSWER, "faces.change_facecluster")

ids_field: Any = serializers.ListField(
    child=serializers.IntegerField(min_value=1, max_value=2**63 - 1), min_length=1, max_length=1000
)


class FaceFrameSerializer(serializers.Serializer[Any]):
    """A tile of the video's storyboard: number `index` of the sprite, row by row."""

    sprite = serializers.CharField()
    columns = serializers.IntegerField()
    rows = serializers.IntegerField()
    index = serializers.IntegerField()
    ratio = serializers.FloatField(help_text="Width by height.")


class FaceCardSerializer(serializers.Serializer[Any]):
    """An appearance in a video. `seconds` is where it is best seen, `box` its face there (left, top, width, height as
    fractions of the picture)."""

    track = serializers.IntegerField(source="track_id")
    video = serializers.IntegerField(source="video_id")
    title = serializers.CharField()
    start_seconds = serializers.FloatField()
    end_seconds = serializers.FloatField()
    seconds = serializers.FloatField()
    crop = serializers.CharField(help_text="Address of the picture of the face.")
    box = serializers.ListField(child=serializers.FloatField(), allow_null=True)
    frame = FaceFrameSerializer(allow_null=True)


class FacePersonSerializer(serializers.Serializer[Any]):
    """Somebody known. `face` is the address of their picture, empty without one; then there are `initials`."""

    id = serializers.UUIDField(source="row.public_id")
    name = serializers.CharField(source="row.name")
    disambiguation = serializers.CharField(source="row.disambiguation")
    page = serializers.CharField(source="row.get_absolute_url")
    face = serializers.CharField(allow_blank=True)
    initials = serializers.CharField()


class ThumbSerializer(serializers.Serializer[Any]):
    """A face as a small picture; of a known person's there is no `track`."""

    crop = serializers.CharField()
    track = serializers.IntegerField(source="track_id", allow_null=True)
    video = serializers.IntegerField(source="video_id", allow_null=True)


class ClusterSerializer(serializers.Serializer[Any]):
    """Faces that are probably one person whom nobody has named. The counts are those of the last grouping."""

    id = serializers.IntegerField(source="row.pk")
    name = serializers.CharField(source="row.__str__")
    video_count = serializers.IntegerField(source="row.video_count")
    track_count = serializers.IntegerField(source="row.track_count")
    is_hidden = serializers.BooleanField(source="row.is_hidden")
    faces = ThumbSerializer(many=True)


class WhoSerializer(serializers.Serializer[Any]):
    """Who it is: `person` by public id, or the `name` of somebody who is made if there is no such person yet."""

    person = serializers.UUIDField(required=False)
    name = serializers.CharField(required=False, max_length=200)


def asked_person(view: ApiView, values: dict[str, Any]) -> Creator:
    """The person of a WhoSerializer, made where a new name is given. Within the change of the view. Raises NotFound,
    PermissionDenied, ValidationError, AmbiguousNameError."""
    if values.get("person"):
        return find_person(values["person"])
    name = str(values.get("name") or "").strip()
    if not name:
        raise serializers.ValidationError({"person": ["Say who it is: a person, or a name."]})
    known = find_creator(name)
    if known is not None and known.trashed_at is None:
        return known
    if not may(view.request, "people.add_creator"):
        raise PermissionDenied("Your role does not allow you to make people. Choose one who is there.")
    return find_or_create_creator(name=name, user=view.account).row


def find_person(public_id: UUID) -> Creator:
    """Raises NotFound."""
    creator = Creator.objects.in_use().filter(public_id=public_id).first()
    if creator is None:
        raise NotFound("There is no such person.")
    return creator
