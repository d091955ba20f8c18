"""What a worker does with a run: carries it out, compares it with its source, takes it back."""

from collections.abc import Callable
from typing import Any

from importers.models import ImportRun
from importers.services.ordering import Action, open_again, source_options
from importers.services.running import resume_run
from processing.exceptions import TargetGoneError
from processing.services.aside import told_from_aside
from processing.stages.registry import StageContext, StageResult

# (table, rows dealt with, rows it has or None)
OnProgress = Callable[[str, int, int | None], None]


def run(context: StageContext) -> StageResult:
    """Called again after a crash it goes on behind the last chunk that was written."""
    found = ImportRun.objects.filter(pk=context.target_id).first()
    if found is None:
        raise TargetGoneError("The import was removed before it began.")
    total = _rows_in(found)
    with told_from_aside(context.report) as tell:
        told = _counting(tell, total)
        return StageResult(_ACTIONS[Action(context.params.get("action", Action.RUN))](found, context, told))


def _carry_out(found: ImportRun, context: StageContext, told: OnProgress) -> dict[str, Any]:
    done = resume_run(run=found, options=source_options(found), on_progress=told)
    return {"rows": sum(table["read"] for table in done.report["tables"].values())}


def _rows_in(found: ImportRun) -> int:
    """How many rows the source has, as far as it knows at once."""
    source = open_again(found)
    try:
        return sum(table.rows or 0 for table in source.tables())
    finally:
        source.close()


def _counting(tell: Callable[[int, int], None], total: int) -> OnProgress:
    """The tables' progress as one number. A table that is read again for rows that waited isn't counted twice."""
    done: dict[str, int] = {}

    def told(table: str, rows: int, of: int | None) -> None:
        done[table] = max(rows, done.get(table, 0))
        so_far = sum(done.values())
        tell(so_far, max(total, so_far))

    return told


_ACTIONS: dict[Action, Callable[[ImportRun, StageContext, OnProgress], dict[str, Any]]] = {Action.RUN: _carry_out}
