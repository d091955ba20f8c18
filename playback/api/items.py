"""How a video is written in the lists of this app's endpoints."""

from collections.abc import Sequence
from typing import Any

from rest_framework import serializers

from playback.queries import Tile


class VideoItemSerializer(serializers.Serializer[Any]):
    """A video in a list. `picture` is an address, null without one; `watched_percent` is how far the account is."""

    id = serializers.IntegerField()
    title = serializers.CharField()
    duration_seconds = serializers.FloatField(allow_null=True)
    view_count = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    is_missing = serializers.BooleanField()
    watched_percent = serializers.IntegerField()
    picture = serializers.CharField(allow_null=True)


def as_item(tile: Tile) -> dict[str, Any]:
    """What VideoItemSerializer writes."""
    video, thumbnail = tile.video, tile.pictures.thumbnail
    picture = video.cover.url if video.cover else thumbnail.small.url if thumbnail else None
    return {
        "id": video.pk,
        "title": video.title,
        "duration_seconds": video.duration_seconds,
        "view_count": video.view_count,
        "created_at": video.created_at,
        "is_missing": tile.is_missing,
        "watched_percent": tile.watched_percent,
        "picture": picture,
    }


def as_items(tiles: Sequence[Tile]) -> list[dict[str, Any]]:
    return [as_item(tile) for tile in tiles]
