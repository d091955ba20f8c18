"""Videos: the list with the library's own filters, one video, and editing many."""

import json
import secrets
from dataclasses import replace
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from library import queries
from library.access import may
from library.api.answers import CountSerializer
from library.api.base import ApiView
from library.api.pages import MOST_AT_ONCE, PAGE_SIZE
from library.api.rows import VersionedSerializer, settable, write
from library.api.versions import check_version, version_of
from library.api.video_fields import VideoDetailSerializer, VideoSerializer, detail_of, item_of
from library.filters import EVERYTHING, FilterError, Group, decode_filter, parse_filter
from library.models import User, Video, VideoFile
from library.services.trash import trash
from library.sorting import MOST_SEEDS, RANDOM, Cursor, Sort, all_sorts, sort_of
from playback.queries import tiles_of


class SelectionSerializer(serializers.Serializer[Any]):
    """Which videos: words and a filter, both optional."""

    q = serializers.CharField(required=False, allow_blank=True, max_length=1000, help_text="Words, as in the search.")
    filter = serializers.JSONField(required=False, help_text="A filter: see docs/api.md. In an address as JSON text.")
    f = serializers.CharField(required=False, allow_blank=True, help_text="A filter as addresses of pages have it.")


class SearchSerializer(SelectionSerializer):
    """Which videos, in which order, and how many from where on."""

    sort = serializers.CharField(required=False, allow_blank=True, max_length=30)
    cursor = serializers.CharField(required=False, allow_blank=True, max_length=4000)
    limit = serializers.IntegerField(required=False, min_value=1, max_value=MOST_AT_ONCE)


class VideoPageSerializer(serializers.Serializer[Any]):
    """A page of videos. `sort` says the order that was taken, a shuffle with its seed: with it the order is stable."""

    results = VideoSerializer(many=True)
    next = serializers.CharField(allow_null=True, help_text="Address of the next page; null on the last.")
    next_cursor = serializers.CharField(allow_null=True, help_text="The same place, for `cursor`.")
    sort = serializers.CharField()


_WORDS = OpenApiParameter("q", str, description="Words, as in the search box.")
_FILTER = OpenApiParameter("filter", str, description="A filter as JSON, as saved searches have it.")
_CODE = OpenApiParameter("f", str, description="A filter as addresses of the pages have it.")
SELECTION = [_WORDS, _FILTER, _CODE]
_LIST = [
    *SELECTION,
    OpenApiParameter("sort", str, description="newest, title, random, random-42 ...: see /sorts/."),
    OpenApiParameter("limit", int, description=f"How many: 1 to {MOST_AT_ONCE}, by itself {PAGE_SIZE}."),
    OpenApiParameter("cursor", str, description="Where to go on: from `next_cursor`."),
]


def filter_of(asked: dict[str, Any]) -> Group:
    """The filter of a selection. Raises FilterError, with a sentence: it never becomes another selection."""
    if asked.get("f"):
        return decode_filter(asked["f"])
    raw = asked.get("filter")
    if isinstance(raw, str):
        try:
            raw = json.loads(raw) if raw.strip() else None
        except ValueError:
            raise FilterError("The filter is no JSON.") from None
    return EVERYTHING if raw is None else parse_filter(raw)


def order_of(asked: dict[str, Any]) -> Sort:
    """The order that was asked for; a shuffle without a seed gets one. Raises ValidationError."""
    key = asked.get("sort") or ""
    sort = sort_of(key)
    if key and sort.address != key and key != "random":
        raise serializers.ValidationError({"sort": [f"There is no order “{key}”; /sorts/ lists them."]})
    return replace(RANDOM, seed=secrets.randbelow(MOST_SEEDS)) if key == "random" else sort


def search(asked: dict[str, Any], user: User, path: str) -> dict[str, Any]:
    """The page that was asked for."""
    sort, chosen, text = order_of(asked), filter_of(asked), _text(asked)
    page = queries.list_videos(
        sort=sort,
        text=text,
        filter=chosen,
        user=user,
        after=Cursor.decoded(asked["cursor"]) if asked.get("cursor") else None,
        limit=asked.get("limit", PAGE_SIZE),
    )
    following = None
    if page.next_cursor:
        raw = asked.get("filter")
        parts = {name: asked.get(name) for name in ("q", "f", "limit")}
        parts |= {"filter": raw if isinstance(raw, str) or raw is None else json.dumps(raw)}
        parts |= {"sort": sort.address, "cursor": page.next_cursor}
        following = f"{path}?{urlencode({name: value for name, value in parts.items() if value})}"
    tiles = tiles_of(page.files, user=user)
    return {
        "results": [item_of(tile) for tile in tiles],
        "next": following,
        "next_cursor": page.next_cursor,
        "sort": sort.address,
    }


def _text(asked: dict[str, Any]) -> str:
    return (asked.get("q") or "").strip().replace("\0", "")


class Videos(ApiView):
    """The library."""

    required_permissions = ("library.view_video",)

    @extend_schema(parameters=_LIST, responses=VideoPageSerializer)
    def get(self, request: Request) -> Response:
        """Videos by words, filter and order; not counted (see /videos/count/)."""
        asked = self.query(SearchSerializer)
        return Response(VideoPageSerializer(search(asked, self.account, request.path)).data)


class VideoSearch(ApiView):
    """The same with the filter in the body, where it may be long."""

    required_permissions = ("library.view_video",)
    reading_methods = ("POST",)

    @extend_schema(request=SearchSerializer, responses=VideoPageSerializer)
    def post(self, request: Request) -> Response:
        """Like GET /videos/, with the filter in the body, where it may be as long as it has to be."""
        asked = self.body(SearchSerializer)
        return Response(VideoPageSerializer(search(asked, self.account, request.path.replace("search/", ""))).data)


class VideoCount(ApiView):
    """How many."""

    required_permissions = ("library.view_video",)

    @extend_schema(parameters=SELECTION, responses=CountSerializer)
    def get(self, request: Request) -> Response:
        """How many videos match, up to a bound: 10,000 of all, 1,000 of a selection."""
        asked = self.query(SelectionSerializer)
        count = queries.count_videos(text=_text(asked), filter=filter_of(asked), user=self.account)
        return Response(CountSerializer(count).data)


class SortSerializer(serializers.Serializer[Any]):
    """An order. `random` shuffles: `random-42` is the same shuffle each time."""

    key = serializers.CharField()
    label = serializers.CharField()


class Sorts(ApiView):
    """Orders of videos."""

    required_permissions = ("library.view_video",)

    @extend_schema(responses=SortSerializer(many=True))
    def get(self, request: Request) -> Response:
        """The orders that lists of videos can have."""
        return Response(SortSerializer(all_sorts(), many=True).data)


class VideoChangeSerializer(VersionedSerializer):
    """What a person writes about a video."""

    class Meta:
        model = Video
        fields = ["title", "description", "release_date", "recorded_at", "origin", "type"]


def shown_video(video_id: int) -> VideoFile:
    """The primary file of a video that lists show, with the video. Raises NotFound."""
    file = queries.find_video(video_id) if video_id < 2**63 else None
    if file is None:
        raise NotFound("There is no such video, or its folder is switched off.")
    return file


def show_video(view: ApiView, video_id: int) -> Response:
    """Everything about a video, with its version."""
    file = shown_video(video_id)
    data = detail_of(file, view.account)
    data["version"] = version_of(file.video, settable(VideoChangeSerializer))
    context = {"may_see_places": may(view.request, "library.view_videofile")}
    answer = Response(VideoDetailSerializer(data, context=context).data)
    answer["ETag"] = data["version"]
    return answer


class VideoDetail(ApiView):
    """One video."""

    required_permissions = {
        "GET": ("library.view_video",),
        "PATCH": ("library.view_video", "library.change_video"),
        "DELETE": ("library.view_video", "library.trash_video"),
    }
    has_version = True

    @extend_schema(responses=VideoDetailSerializer)
    def get(self, request: Request, video_id: int) -> Response:
        """Everything that is known about it; `ETag` is its version."""
        return show_video(self, video_id)

    @extend_schema(request=VideoChangeSerializer, responses=VideoDetailSerializer)
    def patch(self, request: Request, video_id: int) -> Response:
        """Changes what a person writes about it: only the fields that are sent."""
        file = shown_video(video_id)
        with self.changing() as batch:
            video = Video.objects.select_for_update(no_key=True).get(pk=file.video_id or 0)
            check_version(request, video, settable(VideoChangeSerializer))
            write(video, self.body(VideoChangeSerializer, partial=True, row=video))
            batch.summary = f"Changed the video {video}"
        return show_video(self, video_id)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, video_id: int) -> Response:
        """Puts it into the trash."""
        file = shown_video(video_id)
        with self.changing() as batch:
            video = Video.objects.select_for_update(no_key=True).get(pk=file.video_id or 0)
            check_version(request, video, settable(VideoChangeSerializer), is_needed=False)
            trash(kind="video", ids=[video.pk], user=self.account)
            batch.summary = f"Put {video} into the trash"
        return Response(status=HTTPStatus.NO_CONTENT)
