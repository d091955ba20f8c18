"""What the endpoints of faces have in common."""

from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.exceptions import NotFound

from faces.addresses import track_crop
from faces.models import FaceTrack
from faces.models.track import TrackStatus
from faces.services.whose import makes_somebody, person_meant
from library.access import check
from library.api.answers import NamedSerializer
from library.api.base import MOST_IDS, ApiView
from people.models import Creator

LOOK = ("library.view_video", "faces.view_facetrack")
CHANGE = (*LOOK, "faces.change_facetrack")
BIGGEST_ID = 2**63 - 1
MAKE_SOMEBODY = "people.add_creator"


class FaceTrackSerializer(serializers.Serializer[Any]):
    """One appearance of one person in a video. `confidence` is the likeness that its name came from; while it is
    pending, that to whom it may be."""

    id = serializers.IntegerField(source="pk")
    video = serializers.IntegerField(source="video_id")
    start_seconds = serializers.FloatField()
    end_seconds = serializers.FloatField()
    status = serializers.ChoiceField(TrackStatus.choices)
    person = NamedSerializer(source="creator", allow_null=True)
    cluster = serializers.IntegerField(source="cluster_id", allow_null=True)
    confidence = serializers.FloatField(allow_null=True)
    quality = serializers.FloatField()
    faces = serializers.IntegerField(source="detection_count", help_text="Pictures in which the face was seen.")
    crop = serializers.SerializerMethodField(help_text="Address of a picture of the face.")

    def get_crop(self, track: FaceTrack) -> str:
        return track_crop(track)


class TrackIdsSerializer(serializers.Serializer[Any]):
    """Appearances by their ids."""

    ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=BIGGEST_ID), min_length=1, max_length=MOST_IDS
    )


class WhoseSerializer(serializers.Serializer[Any]):
    """A person by `person`, or by `name`: one whom nobody knows yet is made."""

    person = serializers.UUIDField(required=False, allow_null=True)
    name = serializers.CharField(required=False, allow_blank=True, max_length=200)


def whose(view: ApiView, values: dict[str, Any]) -> Creator:
    """Who is meant; in a change batch, as somebody may be made. Raises NamingError, AmbiguousNameError, and
    MissingPermissionError where the one who asks may make nobody."""
    public_id, name = values.get("person"), values.get("name", "")
    if makes_somebody(public_id=public_id, name=name):
        check(view.request, MAKE_SOMEBODY)
    return person_meant(public_id=public_id, name=name, user=view.account)


def tracks() -> Any:
    """Appearances of videos that are not in the trash, with what their serializer reads."""
    rows = FaceTrack.objects.filter(video__trashed_at=None)
    return rows.select_related("creator").defer("embedding")


def find_person(public_id: UUID) -> Creator:
    """Raises NotFound."""
    row = Creator.objects.in_use().filter(public_id=public_id).first()
    if row is None:
        raise NotFound("There is no such person.")
    return row
