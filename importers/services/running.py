"""Runs: begun, carried out, resumed. How the engine works stands in docs/moving-in/design.md."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from django.db import DatabaseError, InterfaceError, transaction
from django.utils import timezone

from importers.exceptions import ImportersError, RunError
from importers.kinds import find_kind, kinds
from importers.models import ImportedRow, ImportRun, PlannedRow, RunStatus
from importers.registry import Source, SourceOptions, find_system, systems
from importers.services.counting import make_report, tallies_of
from importers.services.finishing import Unfilled, conflicts_of, count_dangling, fill_waiting, waiting_chunks
from importers.services.locking import one_import_at_a_time
from importers.services.planning import Spool
from importers.services.refs import Refs
from importers.services.secrets import decrypt, encrypt, is_encrypted
from importers.services.tables import CancelledError, Move
from library.models import User
from library.models.change import ChangeSource
from library.services.changes import close_batch, continue_batch, open_batch
from library.services.statistics import analyze_tables

# (table, rows dealt with, rows it has or None)
OnProgress = Callable[[str, int, int | None], None]
_RESUMABLE = (RunStatus.WAITING, RunStatus.RUNNING, RunStatus.FAILED, RunStatus.CANCELLED)


class _TakenBack(Exception):
    """Ends the transaction of a dry run."""


def create_run(
    *,
    system: str,
    location: str,
    options: SourceOptions | None = None,
    owner: User | None = None,
    path_map: Sequence[tuple[str, str]] = (),
    user_map: Mapping[str, str] | None = None,
    decisions: Mapping[str, Mapping[str, int | str]] | None = None,
    is_dry_run: bool = False,
) -> ImportRun:
    """A run that waits to be carried out. Opens the source to see what it is.

    `owner` is who gets what belongs to the only user of a source; by default the first owner. `user_map` {theirs: ours}
    are names of users. Raises SourceError, and RunError for what can't be meant.
    """
    options = options or SourceOptions()
    owner = owner or User.owners().order_by("pk").first()
    if owner is None:
        raise RunError("There is no owner yet: start Videothek once, or name who is to own what comes (--owner).")
    asked = {
        "path_map": [list(pair) for pair in path_map],
        "user_map": checked_users(user_map or {}),
        "owner": owner.username,
        "decisions": checked_decisions(decisions or {}),
        "extra": dict(options.extra),
    }
    source = open_source(system, location, options)
    try:
        return ImportRun.objects.create(
            system=source.system,
            identity=source.identity[:200],
            label=source.label[:500],
            location=encrypt(location),
            owner=owner,
            is_dry_run=is_dry_run,
            options=asked,
        )
    finally:
        source.close()


def start_run(
    *, on_progress: OnProgress | None = None, make_backup: Callable[[], str] | None = None, **asked: Any
) -> ImportRun:
    """Creates a run (see `create_run`) and carries it out (see `resume_run`)."""
    run = create_run(**asked)
    return resume_run(run=run, options=asked.get("options"), on_progress=on_progress, make_backup=make_backup)


def resume_run(
    *,
    run: ImportRun,
    options: SourceOptions | None = None,
    on_progress: OnProgress | None = None,
    make_backup: Callable[[], str] | None = None,
) -> ImportRun:
    """Carries a run out, from where it was interrupted. A dry run begins anew.

    `options` brings the source's secret again: it isn't stored. What a killed process wrote is whole, chunk by chunk.
    `make_backup` is called before anything is written, once for a run that isn't dry, and returns where the backup is.
    Raises RunError beside another import and for a run that has ended, SourceError, CancelledError.
    """
    with one_import_at_a_time():
        _claim(run)
        began = time.monotonic() - run.report.get("seconds", 0.0)
        try:
            options = options or SourceOptions(extra=run.options.get("extra", {}))
            source = open_source(run.system, location_of(run), options)
            try:
                _back_up(run, make_backup)
                _carry_out(run, source, began, on_progress)
            finally:
                source.close()
        except BaseException as error:
            # Without the database the run stays as it is; it can be resumed all the same.
            with suppress(DatabaseError, InterfaceError):
                _fail(run, error)
            raise
    return run


def open_source(system: str, location: str, options: SourceOptions) -> Source:
    """Raises RunError for a system that there isn't, SourceError for a source that can't be read as its data."""
    found = find_system(system)
    if found is None:
        raise RunError(f"There is no importer for {system}; there are {', '.join(one.name for one in systems())}.")
    return found.open(location, options)


def location_of(run: ImportRun) -> str:
    """Where the source lies, with its password. Raises SecretError."""
    return decrypt(run.location) if is_encrypted(run.location) else run.location


def cancel_run(*, run: ImportRun) -> bool:
    """Ends a run at the next chunk; False when it has ended. It can be resumed."""
    rows = ImportRun.objects.filter(pk=run.pk, status__in=(RunStatus.WAITING, RunStatus.RUNNING))
    return bool(rows.update(status=RunStatus.CANCELLED, finished_at=timezone.now()))


def _claim(run: ImportRun) -> None:
    started = run.started_at or timezone.now()
    rows = ImportRun.objects.filter(pk=run.pk, status__in=_RESUMABLE)
    if not rows.update(status=RunStatus.RUNNING, started_at=started, finished_at=None, error=""):
        raise RunError(f"Import {run.pk} has ended; start another.")
    run.refresh_from_db()


def _back_up(run: ImportRun, make_backup: Callable[[], str] | None) -> None:
    if make_backup is not None and not run.is_dry_run and not run.backup_path:
        run.backup_path = make_backup()
        run.save(update_fields=["backup_path"])


def _carry_out(run: ImportRun, source: Source, began: float, on_progress: OnProgress | None) -> None:
    if source.identity[:200] != run.identity:
        raise RunError(f"{source.label} is not the installation that import {run.pk} was begun with.")
    mark = run.source_mark or source.mark()
    ImportRun.objects.filter(pk=run.pk).update(source_mark=mark[:500])
    if run.is_dry_run:
        _rehearse(run, source, mark, began, on_progress)
        return
    if run.batch is None:
        with transaction.atomic():
            run.batch = open_batch(
                summary=f"Imported from {run.label}", user=run.owner, source=ChangeSource.IMPORT, can_undo=False
            )
            ImportRun.objects.filter(pk=run.pk).update(batch=run.batch)
    move = _move(run, source, None, on_progress)
    unfilled = _write_all(move)
    conflicts, conflict_count = conflicts_of(run)
    with transaction.atomic():
        if run.batch is not None:
            close_batch(run.batch)
        report = make_report(
            run,
            move.tallies,
            seconds=time.monotonic() - began,
            unfilled=unfilled,
            conflicts=conflicts,
            conflict_count=conflict_count,
            is_source_changed=source.mark() != mark,
        )
        _complete(run, report)


def _rehearse(run: ImportRun, source: Source, mark: str, began: float, on_progress: OnProgress | None) -> None:
    """The same, in one transaction that is taken back; its lines are kept."""
    spool = Spool()
    unfilled: Unfilled = {}
    PlannedRow.objects.filter(run=run).delete()
    run.progress = {}
    try:
        with suppress(_TakenBack), transaction.atomic():
            run.batch = open_batch(summary="Rehearsed an import", user=run.owner, source=ChangeSource.IMPORT)
            move = _move(run, source, spool, on_progress)
            unfilled = _write_all(move)
            raise _TakenBack
        run.batch = None
        report = make_report(
            run,
            move.tallies,
            seconds=time.monotonic() - began,
            unfilled=unfilled,
            conflicts=spool.conflicts,
            conflict_count=spool.conflict_count,
            is_source_changed=source.mark() != mark,
        )
        with transaction.atomic():
            spool.keep(run)
            _complete(run, report)
    finally:
        spool.close()


def _move(run: ImportRun, source: Source, spool: Spool | None, on_progress: OnProgress | None) -> Move:
    if run.batch is None:
        raise RunError(f"The history of import {run.pk} was deleted; start another.")
    tables = source.tables()
    return Move(run, source, Refs(run), run.batch, tables, tallies_of(run, tables), spool, on_progress)


def _write_all(move: Move) -> Unfilled:
    for table in move.tables:
        move.read_table(table)
    unfilled: Unfilled = {}
    for rows in waiting_chunks(move.run):
        with continue_batch(move.batch):
            fill_waiting(move.run, move.refs, rows, unfilled)
    count_dangling(move.run, unfilled)
    _analyze(move.run)
    return unfilled


def _analyze(run: ImportRun) -> None:
    """The tables that were written to: PostgreSQL itself notices up to a minute later."""
    written = set(ImportedRow.objects.filter(seen_run=run).order_by().values_list("kind", flat=True).distinct())
    models = dict.fromkeys(find_kind(kind.name).model for kind in kinds() if kind.name in written)
    analyze_tables([ImportedRow, *models])


def _complete(run: ImportRun, report: dict[str, Any]) -> None:
    """The progress too: that of a dry run was taken back with each chunk, and says in what order tables were read."""
    run.refresh_from_db(fields=["batch"])
    run.report, run.status, run.finished_at = report, RunStatus.COMPLETED, timezone.now()
    run.save(update_fields=["report", "progress", "status", "finished_at"])


def _fail(run: ImportRun, error: BaseException) -> None:
    """What a person can do about it, as they read it; a cancelled run stays cancelled."""
    is_known = isinstance(error, ImportersError)
    said = str(error) if is_known else f"Something unforeseen went wrong ({type(error).__name__}). Resume it."
    if isinstance(error, KeyboardInterrupt):
        said = "It was interrupted. Resume it."
    rows = ImportRun.objects.filter(pk=run.pk, status=RunStatus.RUNNING)
    if isinstance(error, CancelledError):
        rows.update(status=RunStatus.CANCELLED, finished_at=timezone.now())
    else:
        rows.update(status=RunStatus.FAILED, error=said, finished_at=timezone.now())


def checked_users(user_map: Mapping[str, str]) -> dict[str, str]:
    found = {}
    for theirs, ours in user_map.items():
        user = User.objects.filter(username__iexact=ours).first()
        if user is None:
            raise RunError(f"There is no user named {ours} here, whom {theirs} is to become.")
        found[theirs] = user.username
    return found


def checked_decisions(decisions: Mapping[str, Mapping[str, int | str]]) -> dict[str, dict[str, int | str]]:
    known = {kind.name for kind in kinds()}
    for name, answers in decisions.items():
        if name not in known:
            raise RunError(f"There is nothing of the kind {name} to be decided.")
        keys = [int(answer) for answer in answers.values() if answer != "new"]
        missing = set(keys) - set(find_kind(name).read(keys, ()))
        if missing:
            raise RunError(f"{name} {min(missing)} isn't there (any more); decide anew.")
    return {name: dict(answers) for name, answers in decisions.items()}
