"""The rows of a run: its diff, the names that are in question, and what taking it back would do."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from importers.api.shared import MOVE_IN, find_run
from importers.models import Outcome
from importers.queries.rows import as_line, asked_names, candidates_of, rows_of
from importers.queries.taking_back import plan_take_back
from library.api.base import ApiView
from library.api.pages import Pages, paged


class ImportRowsQuerySerializer(serializers.Serializer[Any]):
    """Which rows: of a table, with an outcome, with a reason, by part of the title or the key."""

    table = serializers.CharField(max_length=100, required=False, default="")
    outcome = serializers.ChoiceField(Outcome.choices, required=False, default="")
    reason = serializers.CharField(max_length=40, required=False, default="")
    q = serializers.CharField(max_length=200, required=False, default="")


class ImportRowSerializer(serializers.Serializer[Any]):
    """A source row, and what becomes or became of it: `changes` {field: [before, after]}."""

    id = serializers.IntegerField()
    table = serializers.CharField()
    key = serializers.CharField()
    part = serializers.CharField()
    kind = serializers.CharField(help_text="App and model of ours; empty when nothing is written.")
    object_id = serializers.IntegerField(allow_null=True)
    outcome = serializers.ChoiceField(Outcome.choices)
    reason = serializers.CharField()
    title = serializers.CharField()
    how = serializers.CharField(help_text="Why it was taken for the row of ours that it joins.")
    confidence = serializers.FloatField(allow_null=True)
    conflicts = serializers.ListField(child=serializers.DictField())
    changes = serializers.DictField(child=serializers.ListField(child=serializers.JSONField()))


class ImportRows(ApiView):
    """`/api/v1/imports/<id>/rows/`: row by row."""

    required_permissions = MOVE_IN
    ordering = ("pk",)

    @extend_schema(parameters=[ImportRowsQuerySerializer], responses=paged(ImportRowSerializer))
    def get(self, request: Request, run_id: int) -> Response:
        """In the order of reading: what a dry run would write, or what an import wrote."""
        rows = rows_of(find_run(run_id), **self.query(ImportRowsQuerySerializer))
        pages = Pages()
        found = pages.paginate_queryset(rows, request, view=self) or ()
        return pages.get_paginated_response([{"id": row.pk, **as_line(row)} for row in found])


class ImportNameSerializer(serializers.Serializer[Any]):
    """A name of the source that some of ours have, too. `decision` is an id of ours, "new", or null: not decided."""

    kind = serializers.CharField()
    key = serializers.CharField()
    title = serializers.CharField()
    how = serializers.CharField()
    candidates = serializers.ListField(child=serializers.IntegerField())
    decision = serializers.JSONField(allow_null=True)


class ImportNames(ApiView):
    """`/api/v1/imports/<id>/names/`: is it the same? The answers go into the order to import, as `decisions`."""

    required_permissions = MOVE_IN
    ordering = ("kind", "title", "pk")

    @extend_schema(responses=paged(ImportNameSerializer))
    def get(self, request: Request, run_id: int) -> Response:
        """Of a dry run: whom its people, studios and tags would join, or might."""
        run = find_run(run_id)
        decided = run.options.get("decisions", {})
        pages = Pages()
        found = pages.paginate_queryset(asked_names(run), request, view=self) or ()
        lines = [
            {
                **{name: getattr(row, name) for name in ("kind", "key", "title", "how")},
                "candidates": candidates_of(row),
                "decision": decided.get(row.kind, {}).get(row.key),
            }
            for row in found
        ]
        return pages.get_paginated_response(lines)


class ImportEditedSerializer(serializers.Serializer[Any]):
    """A row that was edited here after the import: a field that differs, or what the change was called."""

    title = serializers.CharField()
    kind = serializers.CharField()
    object_id = serializers.IntegerField(allow_null=True)
    is_deleted = serializers.BooleanField()
    what = serializers.CharField()


class ImportTakeBackSerializer(serializers.Serializer[Any]):
    """What taking it back would do: `created` rows go, `merged` ones get back what they said. The edited ones, the
    first of them listed, stay unless the order says otherwise."""

    created = serializers.IntegerField()
    merged = serializers.IntegerField()
    edited_count = serializers.IntegerField()
    edited = ImportEditedSerializer(many=True)


class ImportTakeBack(ApiView):
    """`/api/v1/imports/<id>/take-back/`: the plan; the order does it."""

    required_permissions = MOVE_IN

    @extend_schema(responses=ImportTakeBackSerializer)
    def get(self, request: Request, run_id: int) -> Response:
        """Compares each row that the import wrote with what it is now. Changes nothing."""
        run = find_run(run_id)
        if run.is_dry_run:
            raise ValidationError({"detail": "A dry run wrote nothing."})
        return Response(ImportTakeBackSerializer(plan_take_back(run)).data)
