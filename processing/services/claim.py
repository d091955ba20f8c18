"""A worker's hold on a job: claim, renew, finish, give back. Every write counts its rows, so a lost hold is noticed."""

import os
import socket
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from processing.models import Job, JobStatus
from processing.models.job import JobQuerySet

LEASE_SECONDS = 30.0
_FREE = {"worker": "", "lease_expires_at": None}


def worker_name(pid: int | None = None) -> str:
    """ "host:pid" of this process, or of another one on this machine."""
    return f"{socket.gethostname()}:{os.getpid() if pid is None else pid}"


def claim_next(*, queue: str, worker: str, folder_id: int | None = None) -> Job | None:
    """Takes the best waiting job of the queue: highest priority, then longest due; None when there is none.

    Rows that other workers are just taking are passed over (SKIP LOCKED), so claims never wait for each other.
    """
    waiting: JobQuerySet = Job.objects.due().filter(queue=queue)
    if folder_id is not None:
        waiting = waiting.filter(folder=folder_id)
    with transaction.atomic():
        job = waiting.select_for_update(skip_locked=True).order_by(F("priority").desc(), "due_at", "id").first()
        if job is None:
            return None
        now = timezone.now()
        job.status, job.worker, job.attempts = JobStatus.RUNNING, worker, job.attempts + 1
        job.started_at, job.finished_at = now, None
        job.lease_expires_at = now + timedelta(seconds=LEASE_SECONDS)
        job.progress_done = job.progress_total = 0
        job.save(
            update_fields=[
                "status", "worker", "attempts", "started_at", "finished_at", "lease_expires_at", "progress_done",
                "progress_total",
            ]
        )  # fmt: skip
        return job


def held(job: Job) -> "QuerySet[Job]":
    """The row, if this attempt still holds it: `.update()` on it returns 0 once another took over."""
    return Job.objects.filter(pk=job.pk, status=JobStatus.RUNNING, worker=job.worker, attempts=job.attempts)


def renew(job: Job) -> bool:
    """Pushes the end of the lease; False when the hold is lost (cancelled, or taken for dead)."""
    return bool(held(job).update(lease_expires_at=timezone.now() + timedelta(seconds=LEASE_SECONDS)))


def report_progress(job: Job, done: int, total: int) -> bool:
    """Shows how far the job is; False when the hold is lost."""
    return bool(held(job).update(progress_done=done, progress_total=total))


def complete(job: Job, facts: dict[str, Any]) -> bool:
    """Ends the job well; False when the hold is lost, and then nothing is written."""
    ended = {
        "status": JobStatus.COMPLETED,
        "finished_at": timezone.now(),
        "result": facts,
        "error": "",
        "error_class": "",
    }
    return bool(held(job).update(**ended, **_FREE))


def give_back(job: Job) -> bool:
    """Puts the job back as if it had not been begun: the worker is told to stop."""
    return bool(held(job).update(status=JobStatus.PENDING, attempts=F("attempts") - 1, started_at=None, **_FREE))


def retry_later(job: Job, *, delay_seconds: float, error: str, error_class: str) -> bool:
    """Lets the job wait for its next attempt."""
    due = timezone.now() + timedelta(seconds=delay_seconds)
    return bool(held(job).update(status=JobStatus.PENDING, due_at=due, error=error, error_class=error_class, **_FREE))


def fail(job: Job, *, error: str, error_class: str, status: str = JobStatus.FAILED) -> bool:
    """Ends the job badly; False when the hold is lost."""
    return bool(
        held(job).update(status=status, finished_at=timezone.now(), error=error, error_class=error_class, **_FREE)
    )
