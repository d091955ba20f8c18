"""What a person does to jobs: run again, cancel, hurry."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models.functions import Now

from library.models import VideoFile
from processing.models import Job, JobStatus, Priority
from processing.models.job import TargetKind
from processing.services.bell import ring_on_commit
from processing.services.letters import reopen_letters
from processing.services.records import record_cancelled
from processing.services.submit import LOOKING, MANUAL, Mode, submit_jobs
from processing.services.waiting import mark_waiting

_ENDED_BADLY = (JobStatus.FAILED, JobStatus.TIMED_OUT, JobStatus.CANCELLED)


def rerun_files(
    *,
    file_ids: Iterable[int],
    stage: str = "probe",
    requested_by: AbstractBaseUser | None = None,
    priority: int = MANUAL,
    params: dict[str, Any] | None = None,
    mode: Mode = "all",
) -> int:
    """Submits the stage again for files that are there; returns how many. Those that wait or run already don't count.

    With `mode` "all" what follows runs again too; "missing" passes over files that have the result of their present
    content. A failed file that is read, or whose pictures are made, counts as waiting again, so that its page says so
    at once.
    """
    requested_by_id = requested_by.pk if requested_by is not None else None
    submitted = 0
    with transaction.atomic():
        files = VideoFile.objects.present().filter(pk__in=list(file_ids)).values_list("folder_id", "pk")
        by_folder: dict[int, list[int]] = {}
        for folder_id, file_id in files.order_by("folder_id", "pk"):
            by_folder.setdefault(folder_id, []).append(file_id)
        for folder_id, ids in by_folder.items():
            submitted += submit_jobs(
                stage=stage,
                target_ids=ids,
                folder_id=folder_id,
                priority=priority,
                params=params,
                requested_by_id=requested_by_id,
                mode=mode,
                is_forced=mode == "all",
            )
            mark_waiting(stage, ids)
    return submitted


def retry_jobs(*, job_ids: Iterable[int], requested_by: AbstractBaseUser | None = None) -> int:
    """Submits anew what failed, timed out or was cancelled; the old rows stay as history. Returns how many.

    A failed file counts as waiting again, as with `rerun_files`.
    """
    submitted = 0
    with transaction.atomic():
        for job in Job.objects.filter(pk__in=list(job_ids), status__in=_ENDED_BADLY).order_by("pk"):
            submitted += submit_jobs(
                stage=job.stage,
                target_ids=[job.target_id],
                folder_id=job.folder_id,
                priority=MANUAL,
                variant=job.variant,
                params=job.params,
                requested_by_id=requested_by.pk if requested_by is not None else None,
                is_forced=job.is_forced,
            )
            if job.target_kind == TargetKind.FILE:
                mark_waiting(job.stage, [job.target_id])
    return submitted


def cancel_jobs(*, job_ids: Iterable[int], requested_by: AbstractBaseUser | None = None) -> int:
    """Takes waiting and running jobs out; returns how many.

    A running one loses its hold at once: its worker stops it, child processes and all, at its next report or lease
    renewal (within 2 s), and nothing that it writes to the job afterwards counts.
    """
    who = f" by {requested_by.get_username()}" if requested_by is not None else ""
    wanted = list(job_ids)
    with transaction.atomic():
        active = Job.objects.active().filter(pk__in=wanted).select_for_update(of=("self",)).order_by("pk")
        ids = list(active.values_list("pk", flat=True))
        cancelled = Job.objects.filter(pk__in=ids).update(
            status=JobStatus.CANCELLED,
            finished_at=Now(),
            lease_expires_at=None,
            error_class="Cancelled",
            error=f"Cancelled{who}.",
        )
        if ids:
            record_cancelled(ids)
            reopen_letters(ids)
    return cancelled


def reprioritise_jobs(*, job_ids: Iterable[int], priority: int) -> int:
    """Gives waiting and running jobs another priority; returns how many have a new one. What follows them has it too.

    A waiting one that was put off until a later attempt is not hastened.
    """
    if priority not in Priority.values:
        raise ValueError(f"There is no priority {priority}.")
    changed = Job.objects.active().filter(pk__in=list(job_ids)).exclude(priority=priority)
    queues = set(changed.order_by().values_list("queue", flat=True))
    count = changed.update(priority=priority)
    for queue in queues:
        ring_on_commit(queue)
    return count


def look_at_files(*, file_ids: Iterable[int]) -> int:
    """Somebody is looking at these files: what waits about them goes first; returns how many jobs. One statement."""
    waiting = Job.objects.filter(
        status=JobStatus.PENDING, target_kind=TargetKind.FILE, target_id__in=list(file_ids), priority__lt=LOOKING
    )
    return waiting.update(priority=LOOKING)
