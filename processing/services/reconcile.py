"""Putting right what a crash left: rows without a worker, queues without a message."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from redis import RedisError

from library.models import Folder, LibrarySettings
from processing.models import Job, JobStatus, ProcessingSettings, WorkerProcess
from processing.models.job import TargetKind
from processing.services import claim, ending, gates
from processing.services.bell import ring, rq_queue, slots
from processing.services.children import end_orphans
from processing.services.demand import forget_old_demand
from processing.services.scratch import remove_abandoned
from processing.services.submit import submit_scan

logger = logging.getLogger(__name__)

_DIED = "The worker died while working on it ({attempts} of {max_attempts} attempts)."
_DIED_AT_LAST = f"{_DIED} If it happens with this one only, the file itself is the cause."
# A worker that was not heard of for so long is not listed any more.
_SILENT_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What one pass did."""

    released: int
    given_up: int
    rung: int
    orphans: int = 0


def reconcile() -> Reconciled:
    """One pass: releases rows of dead workers, rings for waiting rows that Redis doesn't know of, and
    forgets the dead with the programs and the temporary folders that they left."""
    # First: a program of a dead worker must not write beside the one that is started in its place.
    orphans = end_orphans()
    released, given_up = release_dead()
    _forget_dead_workers()
    forget_old_demand()
    remove_abandoned()
    return Reconciled(released, given_up, ring_for_waiting(), orphans)


def release_dead() -> tuple[int, int]:
    """Running rows whose lease ran out, or whose process on this machine is gone; (released, given up)."""
    running = Job.objects.filter(status=JobStatus.RUNNING)
    expired = set(running.filter(lease_expires_at__lt=Now()).values_list("pk", flat=True))
    released = given_up = 0
    for job in running:
        if job.pk in expired or claim.is_dead_here(job.worker):
            if release(job):
                released += 1
            else:
                given_up += 1
    return released, given_up


def release_worker(worker: str) -> int:
    """Releases what one process held, known to be dead; returns how many rows wait again."""
    return sum(release(job) for job in Job.objects.filter(status=JobStatus.RUNNING, worker=worker))


def release(job: Job) -> bool:
    """Lets a dead worker's job wait for its next attempt; False when it had its last one (it failed), or was faster."""
    numbers = {"attempts": job.attempts, "max_attempts": job.max_attempts}
    if job.attempts >= job.max_attempts:
        ending.give_up(job, error=_DIED_AT_LAST.format(**numbers), error_class="WorkerDied")
        return False
    if not claim.retry_later(job, delay_seconds=0, error=_DIED.format(**numbers), error_class="WorkerDied"):
        return False
    logger.warning("Job %s (%s): its worker %s died; it runs again.", job.pk, job.stage, job.worker)
    ring(job.queue)
    return True


def _forget_dead_workers() -> None:
    WorkerProcess.objects.filter(heartbeat_at__lt=Now() - timedelta(seconds=_SILENT_SECONDS)).delete()
    for row in WorkerProcess.objects.all():
        if claim.is_dead_here(row.name):
            row.delete()


def ring_for_waiting() -> int:
    """Rings for each queue that has due rows that may be begun, and no message; returns how many rings. Without Redis
    it logs."""
    rung = 0
    for queue in settings.QUEUES:
        waiting = _waiting(queue)
        try:
            missing = waiting if waiting and not rq_queue(queue).count else 0
        except RedisError as error:
            logger.warning("Redis can't be asked about %s: %s", queue, error)
            return rung
        if missing:
            ring(queue, missing)
        rung += missing
    return rung


def _waiting(queue: str) -> int:
    """Due rows that may be begun, at most one for each worker."""
    due = Job.objects.due().filter(queue=queue)
    count = due[: slots(queue)].count()
    if not count:
        return 0
    gate = gates.look(queue)
    if gate.why_closed:
        return 0
    return count if gate.stages is None else due.filter(stage__in=gate.stages)[: slots(queue)].count()


def purge_history() -> int:
    """Removes ended jobs older than the settings say; returns how many."""
    days = ProcessingSettings.load().job_history_days
    ended = Job.objects.exclude(status__in=(JobStatus.PENDING, JobStatus.RUNNING))
    return ended.filter(finished_at__lt=Now() - timedelta(days=days)).delete()[0]


def submit_due_scans() -> int:
    """Scans for active folders that were not looked at for as long as they or the settings say; returns how many.

    An interval of 0, or a folder that is not scanned by itself, is never due.
    """
    usual = LibrarySettings.load().scan_interval_minutes
    submitted = 0
    for folder in Folder.objects.active().filter(is_auto_scanned=True).order_by("pk"):
        minutes = usual if folder.scan_interval_minutes is None else folder.scan_interval_minutes
        if minutes and _is_due(folder, timezone.now() - timedelta(minutes=minutes)):
            submit_scan(folder=folder, trigger="scheduled")
            submitted += 1
    return submitted


def _is_due(folder: Folder, before: datetime) -> bool:
    if folder.last_scanned_at is not None and folder.last_scanned_at >= before:
        return False
    # A folder that can't be read has no last scan: its last attempt counts. Of a part of it none does.
    attempts = Job.objects.filter(stage="scan", target_kind=TargetKind.FOLDER, target_id=folder.pk)
    whole = Q(params__subpath="") | Q(params__subpath__isnull=True)
    return not attempts.filter(whole, created_at__gte=before).exists()
