"""Making jobs."""

import os
from collections.abc import Iterable
from itertools import islice
from typing import Any, Literal

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.db.models.expressions import DatabaseDefault

from library.models import Folder
from processing.models import Job, JobStatus, Priority, StageRecord
from processing.models.job import JobQuerySet
from processing.services.bell import ring_on_commit
from processing.services.keys import with_keys
from processing.services.stage_settings import stage_as_set
from processing.stages import Stage

IDLE, AUTOMATIC, MANUAL, INGEST, LOOKING = (
    Priority.IDLE, Priority.AUTOMATIC, Priority.MANUAL, Priority.INGEST, Priority.LOOKING
)  # fmt: skip
Mode = Literal["all", "missing"]
_BATCH = 2000
# Columns that `_insert` has a value of its own for in each row, or leaves to the database.
_OF_EACH = frozenset({"id", "target_id", "label"})


def submit_jobs(
    *,
    stage: str,
    target_ids: Iterable[int],
    folder_id: int | None = None,
    priority: int = AUTOMATIC,
    variant: str = "",
    params: dict[str, Any] | None = None,
    requested_by_id: int | None = None,
    even_if_running: bool = False,
    mode: Mode = "all",
    is_forced: bool = False,
) -> int:
    """Makes a waiting job for each target that has no active one of this stage and variant; returns how many.

    With `mode` "missing", targets are passed over whose result is that of their present input; a stage whose input
    isn't known counts as done once it has succeeded. `is_forced` has what follows run as well, changed or not.
    With `even_if_running`, a job that runs already runs once more when it has ended: what it works on has changed.
    Rows are made in the caller's transaction, in batches; the queue is told on commit. Raises UnknownStageError.
    """
    known = stage_as_set(stage)
    made = 0
    ids = iter(target_ids)
    while batch := list(dict.fromkeys(islice(ids, _BATCH))):
        with transaction.atomic(savepoint=False):
            same = Job.objects.active().filter(
                stage=stage, variant=variant, target_kind=known.target_kind, target_id__in=batch
            )
            passed = _current(known, batch, variant, params) if mode == "missing" else set()
            if passed:
                known.on_current(sorted(passed))
                same = same.exclude(target_id__in=passed)
            busy = _ask_again(same) if even_if_running else set(same.values_list("target_id", flat=True))
            busy |= passed
            labels = known.label_of(batch)
            one = Job(
                stage=stage,
                queue=known.queue,
                target_kind=known.target_kind,
                variant=variant,
                folder_id=folder_id,
                params=params or {},
                priority=priority,
                is_forced=is_forced,
                max_attempts=known.max_attempts,
                requested_by_id=requested_by_id,
            )
            made += _insert(one, {pk: labels[pk] for pk in batch if pk not in busy and pk in labels})
    if made:
        ring_on_commit(known.queue, made)
    return made


def _insert(one: Job, labels: dict[int, str]) -> int:
    """A row like `one` for each target with its label, in one statement; returns how many there are now.

    Ten times as fast as `bulk_create`, which sends every column of every row.
    """
    if not labels:
        return 0
    fields = [
        field
        for field in Job._meta.concrete_fields
        if field.column not in _OF_EACH and not isinstance(getattr(one, field.attname), DatabaseDefault)
    ]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    values = [field.get_db_prep_save(getattr(one, field.attname), connection) for field in fields]
    places = ", ".join(
        f"%s::{field.db_type(connection)}" if value is not None else "NULL"
        for field, value in zip(fields, values, strict=True)
    )
    with connection.cursor() as cursor:
        # Another process may have made one meanwhile: the partial unique index settles it.
        cursor.execute(
            f"INSERT INTO processing_job (target_id, label, {columns}) "
            f"SELECT each.id, each.label, {places} FROM unnest(%s::bigint[], %s::text[]) AS each(id, label) "
            "ON CONFLICT DO NOTHING",
            [*(value for value in values if value is not None), list(labels), list(labels.values())],
        )
        made: int = cursor.rowcount
    return made


def _current(stage: Stage, target_ids: list[int], variant: str, params: dict[str, Any] | None) -> set[int]:
    """Those of the targets whose result needs no making; one query."""
    records = StageRecord.objects.filter(target_kind=stage.target_kind, stage=stage.name, variant=variant)
    rows = with_keys(stage, params)
    if rows is None:
        done = records.filter(target_id__in=target_ids, status=JobStatus.COMPLETED)
        return set(done.values_list("target_id", flat=True))
    same = records.filter(target_id=OuterRef("pk"), completed_key=OuterRef("input_key"))
    return set(rows.filter(Exists(same), pk__in=target_ids).order_by().values_list("pk", flat=True))


def _ask_again(same: JobQuerySet) -> set[int]:
    """Lets those that run know; returns the targets for which nothing else needs to be made."""
    active = dict(same.values_list("target_id", "status"))
    running = [target_id for target_id, status in active.items() if status == JobStatus.RUNNING]
    if running:
        running_now = same.filter(status=JobStatus.RUNNING, target_id__in=running)
        running_now.update(is_asked_again=True)
        # Their rows are locked by now; who isn't among them has ended since the first look.
        still = running_now.values_list("target_id", flat=True)
        return {*still, *(target_id for target_id, status in active.items() if status == JobStatus.PENDING)}
    return set(active)


def submit_scan(
    *,
    folder: Folder,
    trigger: str = "manual",
    requested_by: AbstractBaseUser | None = None,
    accept_missing: bool = False,
    subpath: str = "",
) -> Job:
    """The waiting or running scan job of the folder; a new one unless there is one. `subpath` is in the stored form.

    One that waits is made to do what is asked for too: sooner, or of the part that holds both parts, which may be the
    whole folder. One that runs stays as it is: what else was asked for is lost, so look at its status.
    """
    priority = {"ingest": INGEST, "manual": MANUAL}.get(trigger, AUTOMATIC)
    params = {"trigger": trigger, "accept_missing": accept_missing, "subpath": subpath}
    scans = Job.objects.active().filter(stage="scan", target_kind="folder", target_id=folder.pk)
    while True:
        with transaction.atomic():
            submit_jobs(
                stage="scan",
                target_ids=[folder.pk],
                folder_id=folder.pk,
                priority=priority,
                params=params,
                requested_by_id=requested_by.pk if requested_by is not None else None,
            )
            # Locked, so that no worker takes it while its wishes change; one that passed over it meanwhile is told.
            job = scans.select_for_update().first()
            if job is not None:
                if job.status == JobStatus.PENDING:
                    _add_wishes(job, params, priority)
                    ring_on_commit(job.queue)
                return job
        # The one that was in the way has just ended, or the folder is gone: that raises Folder.DoesNotExist.
        Folder.objects.only("pk").get(pk=folder.pk)


def common_part(subpaths: Iterable[str]) -> str:
    """The innermost folder that holds all of these parts of a folder; "" is the folder itself, and so is none."""
    parts = list(subpaths)
    return os.path.commonpath(parts) if all(parts) and parts else ""


def _add_wishes(job: Job, params: dict[str, Any], priority: int) -> None:
    before = job.params
    job.params = {
        "trigger": params["trigger"] if priority > job.priority else before.get("trigger", params["trigger"]),
        "accept_missing": bool(before.get("accept_missing")) or params["accept_missing"],
        "subpath": common_part([params["subpath"], before.get("subpath", "")]),
    }
    if job.params != before or priority > job.priority:
        job.priority = max(job.priority, priority)
        job.save(update_fields=["params", "priority"])
