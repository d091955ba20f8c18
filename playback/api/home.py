"""The rows of the home page."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from library.access import may
from library.api.base import ApiView
from playback.api.items import VideoItemSerializer, as_items
from playback.homepage import TYPES
from playback.queries_home import home_rows
from playback.services.home import home_sections


class PlaylistItemSerializer(serializers.Serializer[Any]):
    """A playlist in a row."""

    id = serializers.UUIDField(source="playlist.public_id")
    name = serializers.CharField(source="playlist.name")
    user = serializers.CharField(source="playlist.user.username")
    video_count = serializers.IntegerField(source="count")
    picture = serializers.CharField()


class HomeRowSerializer(serializers.Serializer[Any]):
    """A row of the home page with what it shows; `problem` is a sentence where what it is about is gone."""

    id = serializers.CharField(source="section.id")
    type = serializers.ChoiceField(choices=list(TYPES.items()), source="section.type")
    title = serializers.CharField()
    problem = serializers.CharField()
    videos = VideoItemSerializer(many=True)
    playlists = PlaylistItemSerializer(many=True)


class Home(ApiView):
    """`/api/v1/me/home/`: the rows of the account's home page, empty ones too. They are changed by `homepage_config` of
    `/api/v1/me/settings/`."""

    required_permissions = ("library.view_video",)

    @extend_schema(responses=HomeRowSerializer(many=True))
    def get(self, request: Request) -> Response:
        rows = home_rows(
            self.account,
            home_sections(self.account),
            sees_public=may(request._request, "playback.view_public_playlist"),
        )
        shown = [
            {
                "section": row.section,
                "title": row.title,
                "problem": row.problem,
                "videos": as_items(row.tiles),
                "playlists": row.playlists,
            }
            for row in rows
        ]
        return Response(HomeRowSerializer(shown, many=True).data)
