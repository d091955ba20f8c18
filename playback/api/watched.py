"""What the account watched and goes on with, and what goes with a video."""

from datetime import date
from typing import Any

from django.db.models import Model
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from library.api.base import ApiView
from library.models import VideoFile
from library.queries import find_video, find_videos
from playback.api.items import VideoItemSerializer, as_item, as_items
from playback.queries import progress_of, tiles_of
from playback.queries_related import DEFAULT_LIMIT, MOST, related_videos
from playback.queries_watching import (
    HISTORY_PAGE,
    MOST_DAYS,
    HistoryPlaceError,
    activity,
    continued_ids,
    history_page,
)
from playback.services.watched import forget_watched, mark_unwatched, mark_watched

_VIEW = ("library.view_video",)
_MOST_ROWS = 200


def _limit(default: int, most: int) -> OpenApiParameter:
    return OpenApiParameter("limit", int, description=f"How many: 1 to {most}, {default} by itself.")


def _asked(request: Request, name: str, default: int, most: int) -> int:
    given = request.query_params.get(name, "")
    return min(max(int(given), 1), most) if given.isascii() and given.isdigit() and len(given) < 7 else default


def _day(text: str) -> date:
    """Raises NotFound for what is no day."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise NotFound("There is no such day; write it as YYYY-MM-DD.") from None


def _shown(video_id: int) -> VideoFile:
    file = find_video(video_id) if video_id < 2**63 else None
    if file is None:
        raise NotFound("There is no such video.")
    return file


class HistoryRowSerializer(serializers.Serializer[Any]):
    """A video on a day of the history: its newest sitting."""

    day = serializers.DateField()
    watched_at = serializers.DateTimeField()
    watched_seconds = serializers.FloatField()
    position_seconds = serializers.FloatField()
    is_completed = serializers.BooleanField()
    video = VideoItemSerializer()


class HistorySerializer(serializers.Serializer[Any]):
    """A page of the history; `next` is what `after` takes for the following one, null on the last."""

    next = serializers.CharField(allow_null=True)
    results = HistoryRowSerializer(many=True)


class History(ApiView):
    """`/api/v1/me/history/`: what the account watched, each video once a day, the latest first. Nobody else's."""

    required_permissions = _VIEW

    @extend_schema(
        parameters=[
            OpenApiParameter("q", str, description="Words that the videos match."),
            OpenApiParameter("after", str, description="`next` of the page before."),
            _limit(HISTORY_PAGE, _MOST_ROWS),
        ],
        responses=HistorySerializer,
    )
    def get(self, request: Request) -> Response:
        text = request.query_params.get("q", "").strip().replace("\0", "")[:200]
        limit = _asked(request, "limit", HISTORY_PAGE, _MOST_ROWS)
        try:
            page = history_page(self.account, text=text, after=request.query_params.get("after", ""), limit=limit)
        except HistoryPlaceError:
            raise NotFound("That page of the history does not exist.") from None
        tiles = tiles_of([row.file for row in page.rows], user=self.account, with_names=False)
        rows = [
            {**_columns(row.watch), "day": row.day, "video": as_item(tile)}
            for row, tile in zip(page.rows, tiles, strict=True)
        ]
        return Response(HistorySerializer({"next": page.next_place, "results": rows}).data)

    @extend_schema(
        operation_id="me_history_forget_all",
        responses={204: None},
        description="Forgets everything, and where the account was in each video.",
    )
    def delete(self, request: Request) -> Response:
        forget_watched(user=self.account)
        return Response(status=204)


class HistoryDay(ApiView):
    """`/api/v1/me/history/<day>/`: forgets a day, YYYY-MM-DD in the server's time."""

    required_permissions = _VIEW

    @extend_schema(
        operation_id="me_history_forget_day",
        parameters=[OpenApiParameter("day", OpenApiTypes.DATE, OpenApiParameter.PATH)],
        responses={204: None},
    )
    def delete(self, request: Request, day: str) -> Response:
        forget_watched(user=self.account, day=_day(day))
        return Response(status=204)


class HistoryVideo(ApiView):
    """`/api/v1/me/history/<day>/<video>/`: forgets a video of a day."""

    required_permissions = _VIEW

    @extend_schema(
        operation_id="me_history_forget_video",
        parameters=[OpenApiParameter("day", OpenApiTypes.DATE, OpenApiParameter.PATH)],
        responses={204: None},
    )
    def delete(self, request: Request, day: str, video_id: int) -> Response:
        forget_watched(user=self.account, day=_day(day), video_id=video_id)
        return Response(status=204)


class ActivitySerializer(serializers.Serializer[Any]):
    """A day, and how many different videos were watched on it."""

    day = serializers.DateField()
    videos = serializers.IntegerField()


class Activity(ApiView):
    """`/api/v1/me/activity/`: how many different videos the account watched on each of the last days."""

    required_permissions = _VIEW

    @extend_schema(
        parameters=[OpenApiParameter("days", int, description=f"1 to {MOST_DAYS}, 30 by itself.")],
        responses=ActivitySerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        days = activity(self.account, days=_asked(request, "days", 30, MOST_DAYS))
        return Response(ActivitySerializer([{"day": day, "videos": n} for day, n in days], many=True).data)


class ContinueWatching(ApiView):
    """`/api/v1/me/continue-watching/`: what the account is in the middle of, the latest first."""

    required_permissions = _VIEW

    @extend_schema(parameters=[_limit(20, 50)], responses=VideoItemSerializer(many=True))
    def get(self, request: Request) -> Response:
        ids = continued_ids(self.account, limit=_asked(request, "limit", 20, 50))
        files = {file.video_id: file for file in find_videos(ids)}
        tiles = tiles_of([files[one] for one in ids if one in files], user=self.account, with_names=False)
        return Response(VideoItemSerializer(as_items(tiles), many=True).data)


class WatchedSerializer(serializers.Serializer[Any]):
    """Where the account is in a video."""

    is_watched = serializers.BooleanField()
    position_seconds = serializers.FloatField()


class Watched(ApiView):
    """`/api/v1/videos/<id>/watched/`: whether the account watched it to its end. PUT says so, DELETE says it didn't."""

    required_permissions = _VIEW

    @extend_schema(responses=WatchedSerializer)
    def get(self, request: Request, video_id: int) -> Response:
        _shown(video_id)
        return self._answer(video_id)

    @extend_schema(request=None, responses=WatchedSerializer)
    def put(self, request: Request, video_id: int) -> Response:
        _shown(video_id)
        mark_watched(user=self.account, video_ids=[video_id])
        return self._answer(video_id)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, video_id: int) -> Response:
        _shown(video_id)
        mark_unwatched(user=self.account, video_ids=[video_id])
        return Response(status=204)

    def _answer(self, video_id: int) -> Response:
        mine = progress_of(self.account, [video_id]).get(video_id)
        position = mine.position_seconds if mine else 0
        is_watched = mine is not None and mine.is_completed
        return Response(WatchedSerializer({"is_watched": is_watched, "position_seconds": position}).data)


class RelatedVideoSerializer(serializers.Serializer[Any]):
    """A video beside another: `score` is how much they have in common, `is_related` is false for popular ones that fill
    the list up."""

    score = serializers.FloatField()
    is_related = serializers.BooleanField()
    video = VideoItemSerializer()


class RelatedVideos(ApiView):
    """`/api/v1/videos/<id>/related/`: videos with the same people, tags, studio or kind, the best first."""

    required_permissions = _VIEW

    @extend_schema(
        parameters=[_limit(DEFAULT_LIMIT, MOST)],
        responses={200: RelatedVideoSerializer(many=True), 404: OpenApiResponse(description="There is no such video.")},
    )
    def get(self, request: Request, video_id: int) -> Response:
        limit = _asked(request, "limit", DEFAULT_LIMIT, MOST)
        found = related_videos(_shown(video_id), user=self.account, limit=limit)
        tiles = tiles_of([one.file for one in found], user=self.account, with_names=False)
        rows = [
            {"score": one.score, "is_related": one.is_related, "video": as_item(tile)}
            for one, tile in zip(found, tiles, strict=True)
        ]
        return Response(RelatedVideoSerializer(rows, many=True).data)


def _columns(row: Model) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("watched_at", "watched_seconds", "position_seconds", "is_completed")}
