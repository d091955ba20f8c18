"""What the endpoints of imports have in common."""

from typing import Any

from rest_framework import serializers

from importers.models import ImportRun
from importers.queries.rows import report_of, tables_of
from importers.queries.runs import RunState, State
from library.api.rows import find_row

MOVE_IN = ("importers.run_imports",)


class ImportTableSerializer(serializers.Serializer[Any]):
    """A table of the source: read = created + merged + unchanged + skipped."""

    name = serializers.CharField()
    read = serializers.IntegerField()
    created = serializers.IntegerField()
    merged = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    skipped = serializers.IntegerField()
    reasons = serializers.DictField(child=serializers.IntegerField(), help_text="Rows by the reason for it.")


class ImportSerializer(serializers.Serializer[Any]):
    """A run, and where it is. `location` and secrets are never told."""

    id = serializers.IntegerField(source="run.pk")
    system = serializers.CharField(source="run.system")
    label = serializers.CharField(source="run.label", help_text="The source as people know it.")
    is_dry_run = serializers.BooleanField(source="run.is_dry_run")
    state = serializers.ChoiceField([(one.value, one.value) for one in State])
    owner = serializers.CharField(source="run.owner.username", default=None, allow_null=True)
    error = serializers.CharField(source="run.error")
    done = serializers.IntegerField(source="job.progress_done", default=0)
    total = serializers.IntegerField(source="job.progress_total", default=0)
    job = serializers.IntegerField(source="job.pk", default=None, allow_null=True)
    is_verified = serializers.BooleanField(source="run.is_verified", allow_null=True)
    created_at = serializers.DateTimeField(source="run.created_at")
    started_at = serializers.DateTimeField(source="run.started_at", allow_null=True)
    finished_at = serializers.DateTimeField(source="run.finished_at", allow_null=True)


class ImportDetailSerializer(ImportSerializer):
    """A run with what it was asked, its tables, and its report as `import_from --json` prints it."""

    path_map = serializers.ListField(child=serializers.ListField(child=serializers.CharField()))
    user_map = serializers.DictField(child=serializers.CharField())
    decisions = serializers.DictField()
    tables = ImportTableSerializer(many=True)
    report = serializers.DictField()


def detail_of(state: RunState) -> dict[str, Any]:
    """The body of an ImportDetailSerializer."""
    options = {name: state.run.options.get(name, empty) for name, empty in _OPTIONS.items()}
    facts = {"tables": ImportTableSerializer(tables_of(state.run), many=True).data, "report": report_of(state.run)}
    return {**ImportSerializer(state).data, **options, **facts}


_OPTIONS: dict[str, Any] = {"path_map": [], "user_map": {}, "decisions": {}}


def find_run(run_id: int) -> ImportRun:
    """Raises NotFound."""
    run: ImportRun = find_row(ImportRun.objects.select_related("owner"), run_id, noun="import")
    return run
