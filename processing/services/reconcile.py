"""Putting right what a crash left: rows without a worker, queues without a message."""

import logging
import os
import socket
from dataclasses import dataclass
from datetime import timedelta

import django_rq
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from redis import RedisError

from library.models import Folder, LibrarySettings
from processing.exceptions import UnknownStageError
from processing.models import Job, JobStatus, ProcessingSettings, WorkerProcess
from processing.services import claim
from processing.services.bell import ring, slots
from processing.services.submit import submit_scan
from processing.stages import get_stage

logger = logging.getLogger(__name__)

_DIED = (
    "The worker died while working on it, {attempts} times. If it happens with this file only, the file is the cause."
)
# A row that a worker has just claimed is not looked at: its process may be younger than our list of processes.
_SILENT_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What one pass did."""

    released: int
    given_up: int
    rung: int


def reconcile() -> Reconciled:
    """One pass: releases rows of dead workers, rings for waiting rows that Redis doesn't know of, forgets the dead."""
    released, given_up = release_dead()
    _forget_dead_workers()
    return Reconciled(released, given_up, ring_for_waiting())


def release_dead() -> tuple[int, int]:
    """Running rows whose lease ran out, or whose process on this machine is gone; (released, given up)."""
    now = timezone.now()
    host = socket.gethostname()
    running = Job.objects.filter(status=JobStatus.RUNNING)
    released = given_up = 0
    for job in running.only("worker", "attempts", "max_attempts", "lease_expires_at", "stage", "target_id", "status"):
        expired = job.lease_expires_at is not None and job.lease_expires_at < now
        if expired or _is_dead_here(job.worker, host):
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
    sentence = _DIED.format(attempts=job.attempts)
    if job.attempts < job.max_attempts:
        logger.warning("Job %s (%s): its worker %s died; it runs again.", job.pk, job.stage, job.worker)
        return claim.retry_later(job, delay_seconds=0, error=sentence, error_class="WorkerDied") and _ring(job)
    with transaction.atomic():
        if claim.fail(job, error=sentence, error_class="WorkerDied"):
            try:
                get_stage(job.stage).on_failed(job.target_id, sentence)
            except UnknownStageError:
                logger.warning("Job %s: no stage %s to tell.", job.pk, job.stage)
    return False


def _ring(job: Job) -> bool:
    ring(Job.objects.values_list("queue", flat=True).get(pk=job.pk))
    return True


def _is_dead_here(worker: str, host: str) -> bool:
    """Whether the worker "host:pid" ran on this machine and no process has its number."""
    name, _, pid = worker.rpartition(":")
    if name != host or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _forget_dead_workers() -> None:
    WorkerProcess.objects.filter(heartbeat_at__lt=timezone.now() - timedelta(seconds=_SILENT_SECONDS)).delete()
    host = socket.gethostname()
    for row in WorkerProcess.objects.filter(host=host):
        if _is_dead_here(row.name, host):
            row.delete()


def ring_for_waiting() -> int:
    """Rings for each queue that has due rows and no message; returns how many rings. Without Redis it logs."""
    rung = 0
    for queue in settings.QUEUES:
        waiting = Job.objects.due().filter(queue=queue)[: slots(queue)].count()
        try:
            missing = waiting if waiting and not django_rq.get_queue(queue).count else 0
        except RedisError as error:
            logger.warning("Redis can't be asked about %s: %s", queue, error)
            return rung
        for _ in range(missing):
            ring(queue)
        rung += missing
    return rung


def purge_history() -> int:
    """Removes ended jobs older than the settings say; returns how many."""
    days = ProcessingSettings.load().job_history_days
    ended = Job.objects.exclude(status__in=(JobStatus.PENDING, JobStatus.RUNNING))
    return ended.filter(finished_at__lt=timezone.now() - timedelta(days=days)).delete()[0]


def submit_due_scans() -> int:
    """Scans for active folders that were not looked at for as long as the settings say; returns how many."""
    minutes = LibrarySettings.load().scan_interval_minutes
    if not minutes:
        return 0
    before = timezone.now() - timedelta(minutes=minutes)
    # A folder that can't be read has no last scan: its last attempt counts.
    recent = Job.objects.filter(stage="scan", created_at__gte=before).values("target_id")
    due = Folder.objects.active().exclude(last_scanned_at__gte=before).exclude(pk__in=recent)
    for folder in due:
        submit_scan(folder=folder, trigger="scheduled")
    return len(due)
