"""What the endpoints of likes, marks and playlists have in common."""

from http import HTTPStatus
from typing import Any, TypeVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from library.api.base import ApiView
from library.exceptions import UndoError
from library.models import ChangeBatch, Video
from library.services.history import may_undo, undo_batch
from playback.exceptions import PlaybackError
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


class UndoneSerializer(serializers.Serializer[Any]):
    """What was taken back, how much of it, and the change by which it can be done again."""

    count = serializers.IntegerField()
    detail = serializers.CharField()
    batch = serializers.UUIDField(allow_null=True)


class CuratedApi(ApiView):
    """Answers 400 with its sentence where a service refuses."""

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, PlaybackError):
            return Response({"detail": str(exc)}, status=HTTPStatus.BAD_REQUEST)
        return super().handle_exception(exc)

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


class Undo(CuratedApi):
    """`/api/v1/changes/{id}/undo/`: takes a change back."""

    required_permissions = ()

    @extend_schema(request=None, responses=UndoneSerializer)
    def post(self, request: Request, batch_id: Any) -> Response:
        """Whoever made the change may, and whoever may take back any change."""
        batch = found(ChangeBatch.objects.filter(pk=batch_id).first(), "change")
        if not may_undo(self.account, batch):
            self.permission_denied(request, "That change was made by somebody else.")
        try:
            report = undo_batch(batch=batch, user=self.account)
        except UndoError as error:
            return Response({"detail": str(error)}, status=HTTPStatus.CONFLICT)
        said = report.batch.summary if report.batch else "Nothing could be undone"
        detail = " ".join([f"{said}.", *report.conflicts[:3]])
        body = {"count": report.row_count, "detail": detail, "batch": id_of(report.batch)}
        return Response(UndoneSerializer(body).data)
