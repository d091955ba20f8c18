"""A worker's hold on a job: claim, renew, finish, give back. Every write counts its rows, so a lost hold is noticed.

All times are the database's: the clocks of worker machines may disagree.
"""

import functools
import hashlib
import os
import socket
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
from django.conf import settings
from django.db import transaction
from django.db.models import F, FloatField, Func, QuerySet
from django.db.models.functions import Now

from processing.models import Job, JobStatus
from processing.services.gates import pass_gate
from processing.services.submit import submit_jobs

LEASE_SECONDS = 30.0
_LEASE = timedelta(seconds=LEASE_SECONDS)
_FREE: dict[str, Any] = {"worker": "", "lease_expires_at": None}
_TAKEN = Func(Now() - F("started_at"), template="EXTRACT(EPOCH FROM %(expressions)s)", output_field=FloatField())

# One statement. The rows that other workers are just taking are passed over.
_CLAIM = """
UPDATE processing_job
SET status = 'running', worker = %(worker)s, attempts = attempts + 1, started_at = statement_timestamp(),
    finished_at = NULL, duration_seconds = NULL, lease_expires_at = statement_timestamp() + %(lease)s,
    progress_done = 0, progress_total = 0, is_asked_again = FALSE
WHERE id = (
    {best}
)
RETURNING *
"""
_BEST = """
    SELECT id FROM processing_job
    WHERE status = 'pending' AND {rows} AND due_at <= statement_timestamp()
    ORDER BY priority DESC, due_at, id
    LIMIT 1
    FOR UPDATE SKIP LOCKED
"""
# The best row of each stage that may be begun, then the best of these: however many rows of other stages wait before
# them, none is looked at.
_BEST_OF_STAGES = f"""
    SELECT best.id FROM unnest(%(stages)s::text[]) AS allowed(stage) CROSS JOIN LATERAL (
        {
    _BEST.format(rows="queue = %(queue)s AND stage = allowed.stage").replace("SELECT id", "SELECT id, priority, due_at")
}
    ) AS best
    ORDER BY best.priority DESC, best.due_at, best.id
    LIMIT 1
"""
_OF_ONE_QUEUE = _CLAIM.format(best=_BEST.format(rows="queue = %(queue)s"))
_OF_STAGES = _CLAIM.format(best=_BEST_OF_STAGES)
_OF_FOLDERS = _CLAIM.format(best=_BEST.format(rows="queue = ANY(%(queues)s) AND folder_id = ANY(%(folders)s)"))


@functools.cache
def machine() -> str:
    """This machine's name in the names of workers: the host's, and a few digits of what tells process numbers apart.

    Two containers may share a host name but not their processes, and after a boot the numbers begin anew.
    """
    boot = Path("/proc/sys/kernel/random/boot_id")
    space = Path("/proc/self/ns/pid")
    facts = (boot.read_text() if boot.exists() else "") + (str(space.readlink()) if space.exists() else "")
    return f"{socket.gethostname()}-{hashlib.blake2b(facts.encode(), digest_size=3).hexdigest()}"


def worker_name(pid: int | None = None) -> str:
    """ "machine:pid" of this process, or of another one on this machine."""
    return f"{machine()}:{os.getpid() if pid is None else pid}"


def is_dead_here(worker: str) -> bool:
    """Whether the worker "machine:pid" ran on this machine and its process has ended, reaped by its parent or not."""
    name, _, pid = worker.rpartition(":")
    if name != machine() or not pid.isdigit():
        return False
    try:
        return bool(psutil.Process(int(pid)).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True
    except psutil.AccessDenied:
        return False


def claim_next(*, queue: str, worker: str) -> Job | None:
    """Takes the best waiting job of the queue: highest priority, then longest due; None when there is none, or none
    that may be begun (pauses, quiet hours, limits, somebody watching).

    Rows that other workers are just taking are passed over (SKIP LOCKED), so claims never wait for each other, except
    where a limit has to be counted.
    """
    with transaction.atomic():
        gate = pass_gate(queue, settings.QUEUES.index(queue))
        if gate.why_closed:
            return None
        if gate.stages is None:
            return _claim(_OF_ONE_QUEUE, {"queue": queue, "worker": worker})
        return _claim(_OF_STAGES, {"queue": queue, "worker": worker, "stages": list(gate.stages)})


def claim_in_folders(*, queues: Sequence[str], folder_ids: Sequence[int], worker: str) -> Job | None:
    """From several queues and only jobs of these folders. A person waits for them: no gate holds them up."""
    return _claim(_OF_FOLDERS, {"queues": list(queues), "folders": list(folder_ids), "worker": worker})


def _claim(statement: str, values: dict[str, Any]) -> Job | None:
    return next(iter(Job.objects.raw(statement, values | {"lease": _LEASE})), None)


def held(job: Job) -> "QuerySet[Job]":
    """The row, if this attempt still holds it: `.update()` on it returns 0 once another took over."""
    return Job.objects.filter(pk=job.pk, status=JobStatus.RUNNING, worker=job.worker, attempts=job.attempts)


def renew(job: Job) -> bool:
    """Pushes the end of the lease; False when the hold is lost (cancelled, or taken for dead)."""
    return bool(held(job).update(lease_expires_at=Now() + _LEASE))


def report_progress(job: Job, done: int, total: int) -> bool:
    """Shows how far the job is; False when the hold is lost."""
    return bool(held(job).update(progress_done=done, progress_total=total))


def finish(job: Job, *, status: JobStatus, error: str = "", error_class: str = "", **columns: Any) -> bool:
    """Ends the job; False when the hold is lost, and then nothing is written.

    If its input changed while it ran, a new job of the same kind waits in its place. Called in a transaction.
    """
    ended = {"status": status, "finished_at": Now(), "duration_seconds": _TAKEN, "error": error} | columns
    ended |= {"error_class": error_class, **_FREE}
    if held(job).filter(is_asked_again=False).update(**ended):
        return True
    if not held(job).update(**ended):
        return False
    submit_jobs(
        stage=job.stage,
        target_ids=[job.target_id],
        folder_id=job.folder_id,
        priority=job.priority,
        variant=job.variant,
        params=job.params,
        requested_by_id=job.requested_by_id,
        is_forced=job.is_forced,
    )
    return True


def give_back(job: Job) -> bool:
    """Puts the job back as if it had not been begun: the worker is told to stop."""
    return bool(held(job).update(status=JobStatus.PENDING, attempts=F("attempts") - 1, started_at=None, **_FREE))


def retry_later(job: Job, *, delay_seconds: float, error: str, error_class: str) -> bool:
    """Lets the job wait for its next attempt."""
    due = Now() + timedelta(seconds=delay_seconds)
    waiting = {"status": JobStatus.PENDING, "due_at": due, "duration_seconds": _TAKEN, **_FREE}
    return bool(held(job).update(error=error, error_class=error_class, **waiting))
