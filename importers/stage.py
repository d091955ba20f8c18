"""What a worker does with a run: carries it out, compares it with its source, takes it back."""

from collections.abc import Callable
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import timezone

from importers.exceptions import RunError
from importers.models import ImportRun, RunStatus
from importers.services.ordering import Action, open_again, source_options
from importers.services.running import resume_run
from importers.services.taking_back import take_back_run
from importers.services.verifying import verify_run
from library.models import User
from processing.exceptions import TargetGoneError
from processing.services.aside import told_from_aside
from processing.stages.registry import StageContext, StageResult

# (table, rows dealt with, rows it has or None)
OnProgress = Callable[[str, int, int | None], None]
# Counts from nothing: each reading of the source begins another.
Counting = Callable[[], OnProgress]


def run(context: StageContext) -> StageResult:
    """Called again after a crash it goes on behind the last chunk that was written."""
    found = ImportRun.objects.filter(pk=context.target_id).first()
    if found is None:
        raise TargetGoneError("The import was removed before it began.")
    action = Action(context.params.get("action", Action.RUN))
    # Taking back reads nothing of the source, which may be gone by then.
    total = 0 if action is Action.ROLL_BACK else _rows_in(found)
    with told_from_aside(context.report) as tell:
        return StageResult(_ACTIONS[action](found, context, partial(_counting, tell, total)))


def _carry_out(found: ImportRun, context: StageContext, count: Counting) -> dict[str, Any]:
    """Called again after a crash while it was compared it only compares."""
    if found.status != RunStatus.COMPLETED:
        resume_run(run=found, options=source_options(found), on_progress=count(), make_backup=_back_up)
    done = {"rows": sum(table["read"] for table in found.report["tables"].values())}
    return done if found.is_dry_run else done | _verify(found, context, count)


def _verify(found: ImportRun, context: StageContext, count: Counting) -> dict[str, Any]:
    result = verify_run(run=found, options=source_options(found), on_progress=count())
    return {name: result[name] for name in ("verified", "rows", "fields", "differences")}


def _take_back(found: ImportRun, context: StageContext, count: Counting) -> dict[str, Any]:
    told = count()
    done = take_back_run(
        run=found,
        is_discarding=bool(context.params.get("with_edited")),
        user=User.objects.filter(pk=context.requested_by_id or 0).first(),
        on_progress=lambda rows, total: told("", rows, total),
    )
    return {name: done[name] for name in ("restored", "deleted", "kept_count")}


def _back_up() -> str:
    """Where the backup is. By the command: how backups are made is no matter of importers. Raises RunError."""
    path = Path(str(settings.VIDEOTHEK_HOME)) / "backups" / f"before-import-{timezone.now():%Y%m%dT%H%M%SZ}.tar"
    try:
        call_command("backup", str(path), stdout=StringIO())
    except CommandError as error:
        raise RunError(f"No backup could be made, so nothing was imported: {error}") from None
    return str(path)


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
        tell(so_far, max(total or of or 0, so_far))

    return told


_ACTIONS: dict[Action, Callable[[ImportRun, StageContext, Counting], dict[str, Any]]] = {
    Action.RUN: _carry_out,
    Action.VERIFY: _verify,
    Action.ROLL_BACK: _take_back,
}
