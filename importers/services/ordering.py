"""Ordering runs: what a page or the API asks for becomes a row, and a worker's job that does it."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from django.db import transaction

from importers.exceptions import RunError, SourceError
from importers.models import ImportRun, RunStatus
from importers.registry import Source, SourceOptions, System, find_system
from importers.services.locking import is_import_under_way
from importers.services.proposing import MOST_PATHS
from importers.services.running import (
    cancel_run,
    checked_decisions,
    checked_users,
    create_run,
    location_of,
    open_source,
)
from importers.services.secrets import decrypt, encrypt
from library.models import User
from processing.models import Job
from processing.services.control import cancel_jobs
from processing.services.single import wait_turn
from processing.services.submit import MANUAL, submit_jobs

IMPORT_STAGE = "import"
# PostgreSQL's advisory lock of those who order an import.
_LOCK = (7_320, 1)
_BUSY = "Another import is under way ({label}). Wait for its end, or cancel it."


class Action(StrEnum):
    """What a job does with a run."""

    RUN = "run"
    VERIFY = "verify"
    ROLL_BACK = "rollback"


def prepare_run(*, system: str, location: str, secret: str = "", user: User | None = None) -> ImportRun:
    """A dry run that waits for its path map and its owner; nothing is done yet. Opens the source once, so what can't
    be read is told at once. The old key is kept encrypted, for the worker. Raises SourceError, RunError."""
    known = known_system(system)
    if known.needs_secret and not secret:
        raise SourceError(f"{known.title} keeps its secrets encrypted: its old key is needed.")
    run = create_run(
        system=system, location=location, options=SourceOptions(secret=secret), owner=user, is_dry_run=True
    )
    if secret:
        run.options["secret"] = encrypt(secret)
        run.save(update_fields=["options"])
    return run


def known_system(name: str) -> System:
    """Raises SourceError."""
    system = find_system(name)
    if system is None:
        raise SourceError(f"There is no system {name!r} to come from.")
    return system


def source_options(run: ImportRun) -> SourceOptions:
    """What the run's source is opened with."""
    secret = run.options.get("secret", "")
    return SourceOptions(secret=decrypt(secret) if secret else "", extra=run.options.get("extra", {}))


def open_again(run: ImportRun) -> Source:
    """The run's source anew. Raises SourceError."""
    return open_source(run.system, location_of(run), source_options(run))


def paths_of(run: ImportRun) -> list[str]:
    """Paths of the source, by which a map is proposed. Raises SourceError."""
    source = open_again(run)
    try:
        return source.paths()[:MOST_PATHS]
    finally:
        source.close()


def set_options(
    *,
    run: ImportRun,
    path_map: Sequence[Sequence[str]] | None = None,
    owner: User | None = None,
    user_map: Mapping[str, str] | None = None,
    decisions: Mapping[str, Mapping[str, Any]] | None = None,
) -> None:
    """Writes what was chosen; None leaves what is there. `user_map` is {theirs: name of ours}. Raises RunError for a
    run that has written already, and for accounts and rows that there aren't."""
    if not run.is_dry_run and run.status != RunStatus.WAITING:
        raise RunError("The import has begun: what it was asked can't be changed any more.")
    if path_map is not None:
        run.options["path_map"] = [[old, new] for old, new in path_map if old and new]
    if user_map is not None:
        run.options["user_map"] = checked_users(user_map)
    if decisions is not None:
        run.options["decisions"] = checked_decisions(decisions)
    if owner is not None:
        run.owner = owner
        run.options["owner"] = owner.username
    run.save(update_fields=["options", "owner"])


def order(*, run: ImportRun, action: Action = Action.RUN, user: User | None = None, **params: Any) -> Job:
    """Has a worker do it. Asked for twice it is the same job. Raises RunError while another run is under way."""
    with transaction.atomic():
        # Two that order at the same moment: the second waits here, and then sees the first one's job.
        wait_turn(_LOCK)
        other = under_way().exclude(target_id=run.pk).first()
        if other is not None:
            raise RunError(_BUSY.format(label=other.label))
        if is_import_under_way() and not jobs_of(run).active().exists():
            raise RunError(_BUSY.format(label="begun in a terminal"))
        submit_jobs(
            stage=IMPORT_STAGE,
            target_ids=[run.pk],
            priority=MANUAL,
            params={"action": action, **params},
            requested_by_id=user.pk if user is not None else None,
        )
        job: Job | None = jobs_of(run).active().order_by("-pk").first()
    if job is None:
        raise RunError("Its last job has just ended: look at the page again.")
    return job


def order_import(*, dry_run: ImportRun, user: User | None = None, **changed: Any) -> ImportRun:
    """The real run with everything that the dry one was asked, and what `changed` has of `set_options`. Raises
    RunError."""
    if not dry_run.is_dry_run or dry_run.status != RunStatus.COMPLETED:
        raise RunError("Let the dry run end first: it tells what would be done.")
    return _order_like(dry_run, is_dry_run=False, user=user, changed=changed)


def repeat_dry_run(*, dry_run: ImportRun, user: User | None = None, **changed: Any) -> ImportRun:
    """Another dry run of the same source, with other options (see `set_options`) where they are given. Raises
    RunError."""
    return _order_like(dry_run, is_dry_run=True, user=user, changed=changed)


def _order_like(model: ImportRun, *, is_dry_run: bool, user: User | None, changed: Mapping[str, Any]) -> ImportRun:
    names = ("system", "identity", "label", "location", "owner", "options")
    with transaction.atomic():
        run = ImportRun(is_dry_run=is_dry_run, **{name: getattr(model, name) for name in names})
        run.save()
        if changed:
            set_options(run=run, **changed)
        order(run=run, user=user)
    return run


def stop(*, run: ImportRun, user: User | None = None) -> bool:
    """Cancels the job that waits for it or does it; False when there is none. What was written stays, and the run can
    be resumed or taken back."""
    ids = list(jobs_of(run).active().values_list("pk", flat=True))
    # The run first: its end must not be taken for a failure.
    is_told = cancel_run(run=run)
    return bool(cancel_jobs(job_ids=ids, requested_by=user)) or is_told


def jobs_of(run: ImportRun) -> Any:
    """The jobs that were or are about the run."""
    return Job.objects.filter(stage=IMPORT_STAGE, target_kind="library", target_id=run.pk)


def under_way() -> Any:
    """Jobs of imports that wait or run."""
    return Job.objects.active().filter(stage=IMPORT_STAGE, target_kind="library").order_by("pk")


def mark_failed(run_id: int, sentence: str) -> None:
    """A run whose job was given up has failed, unless it had ended before; it can be resumed."""
    unfinished = ImportRun.objects.filter(pk=run_id, status__in=(RunStatus.WAITING, RunStatus.RUNNING))
    unfinished.update(status=RunStatus.FAILED, error=sentence)
