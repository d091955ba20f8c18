"""Appearances: who they are, when they are, and what people say about them."""

from http import HTTPStatus
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from faces.api.shared import (
    BIGGEST_ID,
    CHANGE,
    LOOK,
    FaceTrackSerializer,
    TrackIdsSerializer,
    WhoseSerializer,
    find_person,
    tracks,
    whose,
)
from faces.models import DrawnBox, FaceTrack
from faces.models.drawn_box import AskedState
from faces.models.track import TrackStatus
from faces.queries.lanes import lanes_of
from faces.queries.similar import similar_tracks
from faces.services.drawing import box_percent, draw_box
from faces.services.naming import delete_tracks, edit_track, name_tracks, reject_match, set_aside, unname_tracks
from faces.services.splitting import split_track
from library.api.answers import DoneSerializer, done
from library.api.base import ApiView
from library.api.pages import paged
from library.api.rows import find_row
from playback.views.finding import shown_file

MOST_SIMILAR = 60


class TracksQuerySerializer(serializers.Serializer[Any]):
    """Which appearances."""

    video = serializers.IntegerField(required=False, min_value=1, max_value=BIGGEST_ID)
    person = serializers.UUIDField(required=False)
    status = serializers.ChoiceField(TrackStatus.choices, required=False)


class SpanSerializer(serializers.Serializer[Any]):
    """From when to when."""

    start_seconds = serializers.FloatField(min_value=0, required=False)
    end_seconds = serializers.FloatField(min_value=0, required=False)


class MomentSerializer(serializers.Serializer[Any]):
    """A moment inside the appearance."""

    at_seconds = serializers.FloatField(min_value=0)


class NameTracksSerializer(TrackIdsSerializer, WhoseSerializer):
    """Appearances, and whose they are."""


class NotThemSerializer(serializers.Serializer[Any]):
    """Who it is not."""

    person = serializers.UUIDField()


class SimilarTrackSerializer(FaceTrackSerializer):
    """An appearance with its likeness: cosine, -1 to 1."""

    similarity = serializers.FloatField()
    video_title = serializers.CharField(source="video.title")


class LikelySerializer(serializers.Serializer[Any]):
    """Who it may be."""

    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField()
    likeness = serializers.FloatField()


class AppearanceSerializer(serializers.Serializer[Any]):
    """An appearance in a lane. `likeness` is what matching named it by, null where a person did."""

    id = serializers.IntegerField(source="pk")
    start_seconds = serializers.FloatField()
    end_seconds = serializers.FloatField()
    status = serializers.ChoiceField(TrackStatus.choices)
    likeness = serializers.FloatField(allow_null=True)
    crop = serializers.CharField()
    likely = LikelySerializer(allow_null=True)


class LaneSerializer(serializers.Serializer[Any]):
    """All appearances of one person, of one group of unknown faces, or one that is in no group."""

    kind = serializers.ChoiceField(["person", "unknown", "single", "aside"])
    name = serializers.CharField()
    person = serializers.SerializerMethodField()
    address = serializers.CharField()
    cluster = serializers.IntegerField(source="cluster_id", allow_null=True)
    seconds = serializers.FloatField()
    appearances = AppearanceSerializer(many=True)

    def get_person(self, lane: Any) -> str | None:
        return lane.public_id or None


class LanesSerializer(serializers.Serializer[Any]):
    """Everybody in a video; `is_complete` is false where it has more than 500 appearances."""

    lanes = LaneSerializer(many=True)
    is_complete = serializers.BooleanField()


class BoxSerializer(WhoseSerializer):
    """A face that was missed: a box as fractions of the picture at a time, and perhaps whose it is."""

    video = serializers.IntegerField(min_value=1, max_value=BIGGEST_ID)
    time_seconds = serializers.FloatField(min_value=0)
    left = serializers.FloatField(min_value=0, max_value=1)
    top = serializers.FloatField(min_value=0, max_value=1)
    width = serializers.FloatField(min_value=0, max_value=1)
    height = serializers.FloatField(min_value=0, max_value=1)


class DrawnBoxSerializer(serializers.Serializer[Any]):
    """How far a drawn box is. `is_found`: a face was seen in it; else it was taken as drawn. `batch` undoes it."""

    id = serializers.IntegerField(source="pk")
    state = serializers.ChoiceField(AskedState.choices)
    percent = serializers.SerializerMethodField()
    error = serializers.CharField()
    is_found = serializers.BooleanField()
    track = serializers.IntegerField(source="track_id", allow_null=True)
    batch = serializers.UUIDField(source="batch_id", allow_null=True)

    def get_percent(self, box: DrawnBox) -> int:
        return 100 if box.state == AskedState.DONE else box_percent(box) if box.state == AskedState.WAITING else 0


def _find(track_id: int) -> FaceTrack:
    row: FaceTrack = find_row(tracks().select_related("creator", "video"), track_id, noun="face")
    return row


def _answer(named: Any, verb: str) -> Response:
    """What was done to appearances, with the change that takes it back."""
    said = f"{named.tracks:,} appearance{'' if named.tracks == 1 else 's'} {verb}"
    return Response(done(named.tracks, said if named.tracks else "Nothing had to be changed.", named.batch))


class FaceTracks(ApiView):
    required_permissions = LOOK
    ordering = ("video_id", "start_seconds", "pk")

    @extend_schema(parameters=[TracksQuerySerializer], responses=paged(FaceTrackSerializer))
    def get(self, request: Request) -> Response:
        """Appearances, video by video; of one video, of one person, or of one status."""
        asked, rows = self.query(TracksQuerySerializer), tracks()
        if "video" in asked:
            rows = rows.filter(video=asked["video"])
        if "person" in asked:
            rows = rows.filter(creator__public_id=asked["person"])
        if "status" in asked:
            rows = rows.filter(status=asked["status"])
        return self.page(rows, FaceTrackSerializer)


class FacesOfVideo(ApiView):
    required_permissions = LOOK

    @extend_schema(responses=LanesSerializer)
    def get(self, request: Request, video_id: int) -> Response:
        """Who is to be seen when in a video: people, groups of unknown faces, single ones, those set aside."""
        shown_file(video_id)
        lanes, is_complete = lanes_of(video_id)
        return Response(LanesSerializer({"lanes": lanes, "is_complete": is_complete}).data)


class FaceTrackDetail(ApiView):
    required_permissions = {"GET": LOOK, "PATCH": CHANGE, "DELETE": (*CHANGE, "faces.delete_facetrack")}

    @extend_schema(responses=FaceTrackSerializer)
    def get(self, request: Request, track_id: int) -> Response:
        """One appearance."""
        return Response(FaceTrackSerializer(_find(track_id)).data)

    @extend_schema(request=SpanSerializer, responses=FaceTrackSerializer)
    def patch(self, request: Request, track_id: int) -> Response:
        """Changes from when to when it is."""
        track, span = _find(track_id), self.body(SpanSerializer)
        with self.changing():
            edit_track(
                track=track,
                start_seconds=span.get("start_seconds"),
                end_seconds=span.get("end_seconds"),
                user=self.account,
            )
        return Response(FaceTrackSerializer(_find(track_id)).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, track_id: int) -> Response:
        """It is no face, or nobody wants it; undoing the change brings it back."""
        track = _find(track_id)
        with self.changing():
            delete_tracks(track_ids=[track.pk], user=self.account)
        return Response(status=HTTPStatus.NO_CONTENT)


class SplitFaceTrack(ApiView):
    required_permissions = CHANGE

    @extend_schema(request=MomentSerializer, responses={201: FaceTrackSerializer})
    def post(self, request: Request, track_id: int) -> Response:
        """Parts it at a moment; the second part waits for a name and is answered."""
        track, at = _find(track_id), self.body(MomentSerializer)["at_seconds"]
        with self.changing():
            part = split_track(track=track, at_seconds=at, user=self.account)
        return Response(FaceTrackSerializer(_find(part.pk)).data, status=HTTPStatus.CREATED)


class RejectFaceTrack(ApiView):
    required_permissions = CHANGE

    @extend_schema(request=NotThemSerializer, responses=DoneSerializer)
    def post(self, request: Request, track_id: int) -> Response:
        """It is not this person: they are never proposed for it again."""
        track = _find(track_id)
        person = find_person(self.body(NotThemSerializer)["person"])
        with self.changing() as batch:
            reject_match(track=track, creator=person, user=self.account)
        return Response(done(1, f"Not {person}: never proposed here again", batch))


class SimilarFaceTracks(ApiView):
    required_permissions = LOOK

    @extend_schema(
        parameters=[OpenApiParameter("limit", int, description=f"How many: 1 to {MOST_SIMILAR}, by itself 24.")],
        responses=SimilarTrackSerializer(many=True),
    )
    def get(self, request: Request, track_id: int) -> Response:
        """The most similar faces in other videos, the likest first."""
        text = request.query_params.get("limit", "24")
        most = min(max(int(text), 1), MOST_SIMILAR) if text.isascii() and text.isdecimal() and len(text) < 9 else 24
        track = find_row(FaceTrack.objects.filter(video__trashed_at=None), track_id, noun="face")
        return Response(SimilarTrackSerializer(similar_tracks(track=track, most=most), many=True).data)


class NameFaceTracks(ApiView):
    required_permissions = CHANGE

    @extend_schema(request=NameTracksSerializer, responses=DoneSerializer)
    def post(self, request: Request) -> Response:
        """These appearances are this person: their videos are credited, and the best faces are learned."""
        values = self.body(NameTracksSerializer)
        with self.changing() as batch:
            named = name_tracks(track_ids=values["ids"], creator=whose(self, values), user=self.account)
        said = batch.summary if named.tracks else "They had that name already."
        return Response(done(named.tracks, said, batch))


class SetFaceTracksAside(ApiView):
    required_permissions = CHANGE

    @extend_schema(request=TrackIdsSerializer, responses=DoneSerializer)
    def post(self, request: Request) -> Response:
        """Nobody to name: neither proposed nor grouped any more."""
        with self.changing():
            named = set_aside(track_ids=self.body(TrackIdsSerializer)["ids"], user=self.account)
        return _answer(named, "set aside")


class UnnameFaceTracks(ApiView):
    required_permissions = CHANGE

    @extend_schema(request=TrackIdsSerializer, responses=DoneSerializer)
    def post(self, request: Request) -> Response:
        """Takes the name, or that they were set aside, back: they wait for a name again."""
        with self.changing():
            named = unname_tracks(track_ids=self.body(TrackIdsSerializer)["ids"], user=self.account)
        return _answer(named, "without a name now")


class DeleteFaceTracks(ApiView):
    required_permissions = (*CHANGE, "faces.delete_facetrack")

    @extend_schema(request=TrackIdsSerializer, responses=DoneSerializer)
    def post(self, request: Request) -> Response:
        """They are no faces, or nobody wants them; undoing the change brings them back."""
        with self.changing():
            named = delete_tracks(track_ids=self.body(TrackIdsSerializer)["ids"], user=self.account)
        return _answer(named, "deleted")


class DrawnFaces(ApiView):
    required_permissions = CHANGE

    @extend_schema(request=BoxSerializer, responses={202: DrawnBoxSerializer})
    def post(self, request: Request) -> Response:
        """Has a missed face described by a worker; the answer says where to ask how far it is."""
        values = self.body(BoxSerializer)
        video = shown_file(values["video"]).video
        assert video is not None
        box = (values["left"], values["top"], values["width"], values["height"])
        with self.changing("Made somebody for a drawn face"):
            creator = whose(self, values) if values.get("person") or values.get("name", "").strip() else None
            row = draw_box(video=video, seconds=values["time_seconds"], box=box, creator=creator, user=self.account)
        return Response(DrawnBoxSerializer(row).data, status=HTTPStatus.ACCEPTED)


class DrawnFace(ApiView):
    required_permissions = CHANGE

    @extend_schema(responses=DrawnBoxSerializer)
    def get(self, request: Request, box_id: int) -> Response:
        """How far it is; answers are kept for a day."""
        return Response(DrawnBoxSerializer(find_row(DrawnBox.objects.all(), box_id, noun="box")).data)
