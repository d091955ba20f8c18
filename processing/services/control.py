"""What a person does to jobs: run again, cancel."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models.functions import Now

from library.models import VideoFile
from library.models.file import FileState
from processing.models import Job, JobStatus
from processing.models.job import TargetKind
from processing.services.submit import MANUAL, submit_jobs

_ENDED_BADLY = (JobStatus.FAILED, JobStatus.TIMED_OUT, JobStatus.CANCELLED)


def rerun_files(
    *,
    file_ids: Iterable[int],
    stage: str = "probe",
    requested_by: AbstractBaseUser | None = None,
    priority: int = MANUAL,
    params: dict[str, Any] | None = None,
) -> int:
    """Submits the stage again for files that are there; returns how many. Those that wait or run already don't count.

    A failed file that is read, or whose pictures are made, counts as waiting again, so that its page says so at once.
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
            )
            _mark_waiting(stage, ids)
    return submitted


def _mark_waiting(stage: str, file_ids: list[int]) -> None:
    if stage not in ("probe", "frames"):
        # Whether a file plays doesn't hang on the others.
        return
    state = FileState.NEW if stage == "probe" else FileState.PROBED
    VideoFile.objects.filter(pk__in=file_ids, state=FileState.FAILED).update(state=state, error="")


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
            )
            if job.target_kind == TargetKind.FILE:
                _mark_waiting(job.stage, [job.target_id])
    return submitted


def cancel_jobs(*, job_ids: Iterable[int], requested_by: AbstractBaseUser | None = None) -> int:
    """Takes waiting and running jobs out; returns how many.

    A running one loses its hold at once: its worker stops at its next report or lease renewal (within 7 s), and
    nothing that it writes to the job afterwards counts.
    """
    who = f" by {requested_by.get_username()}" if requested_by is not None else ""
    return (
        Job.objects.active()
        .filter(pk__in=list(job_ids))
        .update(
            status=JobStatus.CANCELLED,
            finished_at=Now(),
            lease_expires_at=None,
            error_class="Cancelled",
            error=f"Cancelled{who}.",
        )
    )
