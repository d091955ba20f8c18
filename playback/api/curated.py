"""What the endpoints of likes, marks and playlists have in common."""

from typing import Any, TypeVar

from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request

from library.api.base import ApiView
from library.models import ChangeBatch, Video
from playback.views.finding import shown_file

BIGGEST_ID = 2**63 - 1
Row = TypeVar("Row")


class ListedIdsSerializer(serializers.Serializer[Any]):
    """Rows by their ids."""

    ids = serializers.ListField(child=serializers.IntegerField(min_value=1, max_value=BIGGEST_ID), max_length=5000)


class ShownTagSerializer(serializers.Serializer[Any]):
    """A tag by its id."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    color = serializers.CharField()


class CuratedApi(ApiView):
    """Endpoints about one video, by its id."""

    def video(self, video_id: int) -> Video:
        """A shown video. Raises Http404."""
        video = shown_file(video_id).video
        assert video is not None
        return video


def sent(serializer: type[serializers.Serializer[Any]], request: Request, *, partial: bool = False) -> dict[str, Any]:
    """What the request says, checked. Raises ValidationError."""
    body = serializer(data=request.data, partial=partial)
    body.is_valid(raise_exception=True)
    return dict(body.validated_data)


def found(row: Row | None, what: str) -> Row:
    """The row. Raises NotFound."""
    if row is None:
        raise NotFound(f"There is no such {what}.")
    return row


def id_of(batch: ChangeBatch | None) -> str | None:
    """By which a change is undone; None where nothing changed."""
    return str(batch.pk) if batch is not None and batch.change_count else None


def number_in(request: Request, name: str) -> int | None:
    """A whole number of the address, None without one."""
    text = request.query_params.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None
