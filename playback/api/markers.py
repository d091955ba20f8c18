"""Marks, their labels and clips, of the one who asks."""

from http import HTTPStatus
from typing import Any

from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from library.access import check
from library.models import Tag
from playback.api.curated import (
    BIGGEST_ID,
    CuratedApi,
    ListedIdsSerializer,
    ShownTagSerializer,
    found,
    id_of,
    number_in,
    sent,
)
from playback.models import Marker
from playback.queries_markers import (
    find_markers,
    label_groups,
    label_tags,
    list_markers,
    markers_of,
    suggest_labels,
    with_everything,
)
from playback.services import clips, marking

_WATCH = ("library.view_video",)
_COLOR = r"^#[0-9A-Fa-f]{6}$"


class MarkerFieldsSerializer(serializers.Serializer[Any]):
    """What can be said of a mark. `tags` are its own; those of its label come by themselves."""

    start_seconds = serializers.FloatField(min_value=0)
    end_seconds = serializers.FloatField(min_value=0, required=False, allow_null=True)
    # Fields of DRF have a `label` of their own, for which type checkers take it.
    label = serializers.CharField(required=False, allow_blank=True, max_length=marking.LONGEST_LABEL)
    description = serializers.CharField(required=False, allow_blank=True, max_length=10_000)
    color = serializers.RegexField(_COLOR, required=False)
    tags = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=BIGGEST_ID),
        required=False, max_length=marking.MOST_TAGS,
    )  # fmt: skip


class MarkerTagSerializer(ShownTagSerializer):
    """A tag on a mark."""

    is_from_label = serializers.BooleanField()


class MarkerSerializer(serializers.Serializer[Any]):
    """A mark. `picture` and `clip` are addresses, empty until they are made; `batch` is the change just made."""

    id = serializers.IntegerField()
    video = serializers.IntegerField()
    video_title = serializers.CharField()
    start_seconds = serializers.FloatField()
    end_seconds = serializers.FloatField(allow_null=True)
    label = serializers.CharField()
    description = serializers.CharField()
    color = serializers.CharField()
    tags = MarkerTagSerializer(many=True)
    picture = serializers.CharField()
    clip = serializers.CharField()
    batch = serializers.UUIDField(allow_null=True)


class MarkersSerializer(serializers.Serializer[Any]):
    """A page of marks, the latest made first."""

    results = MarkerSerializer(many=True)
    next = serializers.IntegerField(allow_null=True, help_text="For `before` of the next page; null on the last.")


class LabelSerializer(serializers.Serializer[Any]):
    """A label with how many marks have it."""

    label = serializers.CharField()
    count = serializers.IntegerField()


class LabelTagsSerializer(serializers.Serializer[Any]):
    """A label and the tags that it brings along."""

    label = serializers.CharField()
    tags = ShownTagSerializer(many=True)
    batch = serializers.UUIDField(allow_null=True)


class LabelWishSerializer(ListedIdsSerializer):
    """The tags that a label is to bring along, by their ids."""

    label = serializers.CharField(max_length=marking.LONGEST_LABEL)


class RenameLabelSerializer(serializers.Serializer[Any]):
    """A label, and what it is to be called."""

    label = serializers.CharField(max_length=marking.LONGEST_LABEL)
    to = serializers.CharField(max_length=marking.LONGEST_LABEL)


class ClipSerializer(serializers.Serializer[Any]):
    """How far a clip is. Once it is ready: the keyframes it really goes from and to, and where it is downloaded."""

    state = serializers.ChoiceField(choices=["none", "waiting", "running", "failed", "ready"])
    percent = serializers.IntegerField()
    error = serializers.CharField()
    from_seconds = serializers.FloatField(allow_null=True)
    to_seconds = serializers.FloatField(allow_null=True)
    size_bytes = serializers.IntegerField(allow_null=True)
    url = serializers.CharField()


class DeletedSerializer(serializers.Serializer[Any]):
    """The change by which it comes back."""

    batch = serializers.UUIDField(allow_null=True)


def marker_body(marker: Any, batch: str | None = None) -> dict[str, Any]:
    """A mark that `with_everything` loaded."""
    picture = getattr(marker, "picture", None)
    tags = [
        {"id": row.tag_id, "name": row.tag.name, "color": row.tag.color, "is_from_label": row.is_from_label}
        for row in marker.shown_tags
    ]
    return {
        "id": marker.pk,
        "video": marker.video_id,
        "video_title": marker.video.title,
        "start_seconds": marker.start_seconds,
        "end_seconds": marker.end_seconds,
        "label": marker.label,
        "description": marker.description,
        "color": marker.color,
        "tags": tags,
        "picture": picture.image.url if picture else "",
        "clip": picture.clip.url if picture and picture.clip else "",
        "batch": batch,
    }


def _fresh(marker_id: int, batch: str | None) -> dict[str, Any]:
    return marker_body(with_everything(Marker.objects.filter(pk=marker_id)).get(), batch)


class MarkersOfVideo(CuratedApi):
    """`/videos/{id}/markers/`"""

    required_permissions = _WATCH

    @extend_schema(responses=MarkerSerializer(many=True))
    def get(self, request: Request, video_id: int) -> Response:
        """Your marks of a video in the order of their times: at most 50."""
        return Response([marker_body(one) for one in markers_of(self.account, self.video(video_id).pk)])

    @extend_schema(request=MarkerFieldsSerializer, responses={201: MarkerSerializer})
    def post(self, request: Request, video_id: int) -> Response:
        """Makes a mark; its picture follows in the background."""
        video, body = self.video(video_id), sent(MarkerFieldsSerializer, request)
        tag_ids = body.pop("tags", [])
        marker, batch = marking.create_marker(user=self.account, video=video, tag_ids=tag_ids, **body)
        return Response(_fresh(marker.pk, id_of(batch)), status=HTTPStatus.CREATED)


class MarkerView(CuratedApi):
    """`/markers/{id}/`"""

    required_permissions = _WATCH

    def marker(self, marker_id: int) -> Marker:
        return found(marking.find_marker(self.account, marker_id) if marker_id <= BIGGEST_ID else None, "mark")

    @extend_schema(responses=MarkerSerializer)
    def get(self, request: Request, marker_id: int) -> Response:
        """One of your marks."""
        return Response(_fresh(self.marker(marker_id).pk, None))

    @extend_schema(request=MarkerFieldsSerializer, responses=MarkerSerializer)
    def patch(self, request: Request, marker_id: int) -> Response:
        """Changes what is sent and nothing else. Another label brings its tags; `tags` are the mark's own."""
        marker, body = self.marker(marker_id), sent(MarkerFieldsSerializer, request, partial=True)
        batch = marking.edit_marker(marker, user=self.account, tag_ids=body.pop("tags", None), **body)
        return Response(_fresh(marker.pk, id_of(batch)))

    @extend_schema(responses=DeletedSerializer)
    def delete(self, request: Request, marker_id: int) -> Response:
        """Deletes it; undoing the change brings it back."""
        batch = marking.delete_marker(self.marker(marker_id), user=self.account)
        return Response({"batch": id_of(batch)})


class Markers(CuratedApi):
    """`/markers/`"""

    required_permissions = _WATCH

    @extend_schema(
        parameters=[
            OpenApiParameter("q", str, description="Words in label, description or the video's title."),
            OpenApiParameter("label", str, description="A label as it is written."),
            OpenApiParameter("tag", int, description="A tag's id."),
            OpenApiParameter("video", int, description="A video's id."),
            OpenApiParameter("clips", bool, description="1: only marks with an end."),
            OpenApiParameter("before", int, description="Where to go on: `next` of the page before."),
        ],
        responses=MarkersSerializer,
        operation_id="markers_list",
    )
    def get(self, request: Request) -> Response:
        """Your marks over all videos, the latest made first."""
        asked = request.query_params
        rows = find_markers(
            self.account, text=asked.get("q", ""), label=asked.get("label", "").replace("\0", ""),
            tag_id=number_in(request, "tag"), video_id=number_in(request, "video"),
            only_clips=asked.get("clips", "") in ("1", "true"),
        )  # fmt: skip
        page = list_markers(rows, before_id=number_in(request, "before"))
        return Response({"results": [marker_body(one) for one in page.markers], "next": page.next_id})


class Labels(CuratedApi):
    """`/markers/labels/`"""

    required_permissions = _WATCH

    @extend_schema(
        parameters=[OpenApiParameter("q", str, description="A part of a label.")],
        responses=LabelSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """Your labels, the most used first; at most 50."""
        known = suggest_labels(self.account, request.query_params.get("q", ""))
        return Response([{"label": label, "count": count} for label, count in known])

    @extend_schema(request=RenameLabelSerializer, responses=DeletedSerializer)
    def patch(self, request: Request) -> Response:
        """Renames a label on all of your marks; where the new one has tags of its own, both sets are joined."""
        body = sent(RenameLabelSerializer, request)
        return Response({"batch": id_of(marking.rename_label(user=self.account, label=body["label"], to=body["to"]))})


class LabelTags(CuratedApi):
    """`/markers/labels/tags/`"""

    required_permissions = _WATCH

    @extend_schema(
        parameters=[OpenApiParameter("label", str, description="Only this label.")],
        responses=LabelTagsSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """The tags that your labels bring along."""
        label = request.query_params.get("label", "").replace("\0", "")
        if label:
            return Response([_label_body(label, label_tags(self.account, label))])
        return Response([_label_body(one.label, one.tags) for one in label_groups(self.account)])

    @extend_schema(request=LabelWishSerializer, responses=LabelTagsSerializer)
    def put(self, request: Request) -> Response:
        """A label brings exactly these tags along, on the marks that have it already too."""
        body = sent(LabelWishSerializer, request)
        batch = marking.set_label_tags(user=self.account, label=body["label"], tag_ids=body["ids"])
        return Response(_label_body(body["label"], label_tags(self.account, body["label"]), id_of(batch)))


def _label_body(label: str, tags: list[Tag], batch: str | None = None) -> dict[str, Any]:
    return {"label": label, "tags": ShownTagSerializer(tags, many=True).data, "batch": batch}


class ClipOfMarker(CuratedApi):
    """`/markers/{id}/clip/`"""

    required_permissions = {"GET": _WATCH, "POST": ("playback.export_clip",)}

    def _marker(self, marker_id: int) -> Marker:
        return found(marking.find_marker(self.account, marker_id) if marker_id <= BIGGEST_ID else None, "mark")

    @extend_schema(responses=ClipSerializer)
    def get(self, request: Request, marker_id: int) -> Response:
        """How far the clip of a mark is."""
        return Response(clip_body(self._marker(marker_id)))

    @extend_schema(request=None, responses={202: ClipSerializer})
    def post(self, request: Request, marker_id: int) -> Response:
        """Has the mark's range cut out without encoding: from the keyframe before it up to the one after it."""
        check(request, *_WATCH)
        marker = self._marker(marker_id)
        clips.request_download(marker=marker, user=self.account)
        return Response(clip_body(marker), status=HTTPStatus.ACCEPTED)


def clip_body(marker: Marker) -> dict[str, Any]:
    """How far the clip is."""
    state = clips.clip_state(marker)
    export = state.export
    return {
        "state": state.state,
        "percent": state.percent,
        "error": state.error,
        "from_seconds": export.from_seconds if export else None,
        "to_seconds": export.to_seconds if export else None,
        "size_bytes": export.size_bytes if export else None,
        "url": reverse("clip_download", args=(marker.pk,)) if export else "",
    }
