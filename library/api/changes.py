"""The history: what people and rules changed, and taking it back."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from library.access import may
from library.api.base import ApiView
from library.api.pages import paged
from library.api.rows import find_row
from library.models import ChangeBatch
from library.models.change import ChangeSource
from library.queries_history import ROWS_PER_PAGE, RowChange, changes_of
from library.services.history import UndoReport, may_undo, preview_undo, undo_batch

VIEW_ALL = "library.view_changebatch"
_LAST_PAGE = 10_000


class ChangeSerializer(serializers.Serializer[Any]):
    """Changes that belong together. `undoes` is set on the batch that an undo is: undoing that one does it again."""

    id = serializers.UUIDField()
    summary = serializers.CharField()
    user = serializers.CharField(source="user_name")
    source = serializers.ChoiceField(ChangeSource.choices)
    change_count = serializers.IntegerField(help_text="Rows that were added, changed or removed.")
    created_at = serializers.DateTimeField()
    undone_at = serializers.DateTimeField(allow_null=True)
    undoes = serializers.UUIDField(source="undoes_id", allow_null=True)
    can_undo = serializers.BooleanField()


class FieldChangeSerializer(serializers.Serializer[Any]):
    """A column in words, before and after."""

    label = serializers.CharField()
    old = serializers.CharField(source="old.text")
    new = serializers.CharField(source="new.text")


class RowChangeSerializer(serializers.Serializer[Any]):
    """What happened to one row: `verb` is added, changed or removed."""

    verb = serializers.CharField()
    kind = serializers.CharField()
    subject = serializers.CharField(source="subject.text")
    owners = serializers.SerializerMethodField()
    fields_changed = FieldChangeSerializer(source="fields", many=True)

    def get_owners(self, row: RowChange) -> list[str]:
        return [owner.text for owner in row.owners]


class ChangeDetailSerializer(ChangeSerializer):
    """A batch with its rows, a hundred to a page, and what undoing it would do now."""

    rows = RowChangeSerializer(many=True)
    row_count = serializers.IntegerField()


class UndoSerializer(serializers.Serializer[Any]):
    """What an undo did, or would do: how many rows, and what stays as it is and why. `batch` undoes the undo."""

    detail = serializers.CharField()
    batch = serializers.UUIDField(allow_null=True)
    row_count = serializers.IntegerField()
    conflicts = serializers.ListField(child=serializers.CharField())
    conflict_count = serializers.IntegerField()


def batches_for(view: ApiView) -> QuerySet[ChangeBatch]:
    """Everybody's, for who may see the history; else one's own."""
    if may(view.request, VIEW_ALL):
        return ChangeBatch.objects.all()
    return ChangeBatch.objects.filter(user=view.account)


class Changes(ApiView):
    required_permissions = ()
    ordering = ("-created_at", "-pk")

    @extend_schema(
        parameters=[OpenApiParameter("mine", bool, description="Only one's own.")], responses=paged(ChangeSerializer)
    )
    def get(self, request: Request) -> Response:
        """Changes, the latest first: one's own, and everybody's for who may see the history."""
        rows = batches_for(self)
        if request.query_params.get("mine", "").lower() in ("1", "true"):
            rows = rows.filter(user=self.account)
        return self.page(rows, ChangeSerializer)


class ChangeDetail(ApiView):
    required_permissions = ()

    @extend_schema(
        parameters=[OpenApiParameter("page", int, description=f"Of its rows, {ROWS_PER_PAGE} each.")],
        responses=ChangeDetailSerializer,
    )
    def get(self, request: Request, batch_id: UUID) -> Response:
        """What a change changed, row by row, in words."""
        batch = find_row(batches_for(self), batch_id, noun="change")
        asked = request.query_params.get("page", "1")
        number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 1
        rows, count = changes_of(batch, page=max(1, min(number, _LAST_PAGE)))
        body = {name: getattr(batch, name) for name in _COLUMNS}
        return Response(ChangeDetailSerializer({**body, "rows": rows, "row_count": count}).data)


_COLUMNS = (
    "id", "summary", "user_name", "source", "change_count", "created_at", "undone_at", "undoes_id", "can_undo",
)  # fmt: skip


class ChangeUndo(ApiView):
    """Whoever made a change may take it back, and whoever may take back any."""

    required_permissions = ()

    @extend_schema(responses=UndoSerializer)
    def get(self, request: Request, batch_id: UUID) -> Response:
        """What undoing it would do now; changes nothing."""
        return Response(_told(preview_undo(batch=self._find(batch_id))))

    @extend_schema(request=None, responses=UndoSerializer)
    def post(self, request: Request, batch_id: UUID) -> Response:
        """Takes it back, as a change of its own; what was changed since stays and is told. Undoing that one does it
        again."""
        report = undo_batch(batch=self._find(batch_id), user=self.account)
        self.tell_batch(report.batch)
        return Response(_told(report))

    def _find(self, batch_id: UUID) -> ChangeBatch:
        batch = ChangeBatch.objects.filter(pk=batch_id).first()
        if batch is None:
            raise NotFound("There is no such change.")
        if not may_undo(self.account, batch):
            raise PermissionDenied("That is somebody else's change.")
        return batch


def _told(report: UndoReport) -> Any:
    return UndoSerializer(
        {
            "batch": report.batch.pk if report.batch else None,
            "detail": _sentence(report),
            "row_count": report.row_count,
            "conflicts": report.conflicts,
            "conflict_count": report.conflict_count,
        }
    ).data


def _sentence(report: UndoReport) -> str:
    """What was done and the first things that stayed, for people."""
    said = report.batch.summary if report.batch else "Nothing could be undone"
    return " ".join([f"{said}.", *report.conflicts[:3]])
