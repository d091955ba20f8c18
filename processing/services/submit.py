"""Making jobs."""

from collections.abc import Iterable
from itertools import islice
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from library.models import Folder
from processing.models import Job
from processing.services.bell import ring_on_commit, slots
from processing.stages import get_stage

AUTOMATIC, MANUAL, INGEST = 0, 1, 2
_BATCH = 1000


def submit_jobs(
    *,
    stage: str,
    target_ids: Iterable[int],
    folder_id: int | None = None,
    priority: int = AUTOMATIC,
    variant: str = "",
    params: dict[str, Any] | None = None,
    requested_by_id: int | None = None,
) -> int:
    """Makes a waiting job for each target that has no active one of this stage and variant; returns how many.

    Rows are made in the caller's transaction, in batches; the queue is told on commit. Raises UnknownStageError.
    """
    known = get_stage(stage)
    made = 0
    ids = iter(target_ids)
    while batch := list(islice(ids, _BATCH)):
        with transaction.atomic():
            active = Job.objects.active().filter(
                stage=stage, variant=variant, target_kind=known.target_kind, target_id__in=batch
            )
            busy = set(active.values_list("target_id", flat=True))
            labels = known.label_of(batch)
            jobs = [
                Job(
                    stage=stage,
                    queue=known.queue,
                    target_kind=known.target_kind,
                    target_id=target_id,
                    variant=variant,
                    folder_id=folder_id,
                    label=labels.get(target_id, ""),
                    params=params or {},
                    priority=priority,
                    max_attempts=known.max_attempts,
                    requested_by_id=requested_by_id,
                )
                for target_id in dict.fromkeys(batch)
                if target_id not in busy and target_id in labels
            ]
            # Another process may have made one meanwhile: the partial unique index settles it.
            Job.objects.bulk_create(jobs, ignore_conflicts=True)
            made += len(jobs)
    if made:
        for _ in range(min(made, slots(known.queue))):
            ring_on_commit(known.queue)
    return made


def submit_scan(
    *,
    folder: Folder,
    trigger: str = "manual",
    requested_by: AbstractBaseUser | None = None,
    accept_missing: bool = False,
    subpath: str = "",
) -> Job:
    """The waiting or running scan job of the folder; a new one unless there is one. `subpath` is in the stored form."""
    priority = {"ingest": INGEST, "manual": MANUAL}.get(trigger, AUTOMATIC)
    params = {"trigger": trigger, "accept_missing": accept_missing, "subpath": subpath}
    with transaction.atomic():
        submit_jobs(
            stage="scan",
            target_ids=[folder.pk],
            folder_id=folder.pk,
            priority=priority,
            params=params,
            requested_by_id=requested_by.pk if requested_by is not None else None,
        )
        return Job.objects.active().get(stage="scan", target_kind="folder", target_id=folder.pk)
