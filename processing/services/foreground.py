"""Working off folders in the foreground, beside whatever workers there are: what `manage.py ingest` does."""

import ctypes
import logging
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from multiprocessing.context import ForkProcess
from operator import or_
from types import FrameType

from django.conf import settings
from django.db import connections
from django.db.models import Q, QuerySet

from library.models import VideoFile
from library.models.file import VideoFileQuerySet
from library.services import FolderTarget
from processing.models import Job, JobStatus
from processing.models.job import TargetKind
from processing.services.claim import claim_next, worker_name
from processing.services.reconcile import release_dead, release_worker
from processing.services.run import WorkerStopping, run_job
from processing.services.submit import INGEST, submit_jobs, submit_scan

logger = logging.getLogger(__name__)

_LOOK_SECONDS = 0.2
_RECONCILE_SECONDS = 5.0
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Tick:
    """How far it is: files that have ended, files known so far, whether a scan still adds to them."""

    ended: int
    known: int
    is_scanning: bool


@dataclass(slots=True)
class _Crew:
    """Child processes that take jobs of the folders until they are told to stop."""

    folder_ids: list[int]
    size: int
    members: list[ForkProcess] = field(default_factory=list)

    def fill(self) -> None:
        """Replaces who has died; what a dead one held waits again at once."""
        for member in [one for one in self.members if not one.is_alive()]:
            logger.warning(
                "A worker process of this command died (exit status %s); another takes over.", member.exitcode
            )
            self.members.remove(member)
            release_worker(worker_name(member.pid))
        while len(self.members) < self.size:
            # A forked child must not share its parent's open database connection.
            connections.close_all()
            member = multiprocessing.get_context("fork").Process(target=_work, args=(self.folder_ids, os.getpid()))
            member.start()
            self.members.append(member)

    def dismiss(self) -> None:
        """Tells all to put back what they hold; who doesn't within five seconds is killed."""
        for member in self.members:
            member.terminate()
        for member in self.members:
            member.join(5)
            if member.is_alive():
                member.kill()
                member.join()
            release_worker(worker_name(member.pid))


def files_of(targets: Sequence[FolderTarget]) -> VideoFileQuerySet:
    """The files below the targets that are there."""
    places = [
        Q(folder=target.folder) & (Q(relative_path__startswith=f"{target.subpath}/") if target.subpath else Q())
        for target in targets
    ]
    return VideoFile.objects.present().filter(reduce(or_, places))


def process_folders(targets: Sequence[FolderTarget], *, on_tick: Callable[[Tick], None]) -> list[str]:
    """Scans the targets and works until every file has ended; returns the sentences of scans that failed.

    Jobs that other workers hold are waited for. `on_tick` is called about five times a second. On KeyboardInterrupt
    what is in hand goes back to the queue.
    """
    scans = [_own_scan(target, on_tick) for target in targets]
    crew = _Crew([target.folder.pk for target in targets], settings.MEDIA_WORKERS)
    is_resumed = False
    reconciled_at = time.monotonic()
    try:
        while True:
            crew.fill()
            is_scanning = Job.objects.active().filter(pk__in=scans).exists()
            if not is_scanning and not is_resumed:
                _resume_left(targets)
                is_resumed = True
            waiting = _waiting(targets)
            known = files_of(targets).count()
            on_tick(Tick(known - waiting, known, is_scanning))
            if not is_scanning and not waiting:
                break
            if time.monotonic() - reconciled_at > _RECONCILE_SECONDS:
                release_dead()
                reconciled_at = time.monotonic()
            time.sleep(_LOOK_SECONDS)
    finally:
        crew.dismiss()
    failed = Job.objects.filter(pk__in=scans).exclude(status=JobStatus.COMPLETED)
    return [job.error or f"The scan of {job.label} was cancelled." for job in failed]


def _own_scan(target: FolderTarget, on_tick: Callable[[Tick], None]) -> int:
    """Submits a scan of the target; one that is under way already is waited for, since it may have passed new files."""
    while True:
        job = submit_scan(folder=target.folder, trigger="ingest", subpath=target.subpath)
        if job.status == JobStatus.PENDING and job.params.get("subpath") == target.subpath:
            Job.objects.filter(folder=target.folder, status=JobStatus.PENDING).update(priority=INGEST)
            return job.pk
        while Job.objects.active().filter(pk=job.pk).exists():
            release_dead()
            on_tick(Tick(0, 0, True))
            time.sleep(_LOOK_SECONDS)


def _active(targets: Sequence[FolderTarget]) -> "QuerySet[Job]":
    folders = [target.folder for target in targets]
    return Job.objects.active().filter(folder__in=folders, target_kind=TargetKind.FILE)


def _waiting(targets: Sequence[FolderTarget]) -> int:
    """Files below the targets that some job still works on or waits for."""
    return files_of(targets).filter(pk__in=_active(targets).values("target_id")).count()


def _resume_left(targets: Sequence[FolderTarget]) -> None:
    """Files that are neither done nor worked on (their jobs were cancelled once) are begun again."""
    left = files_of(targets).unfinished().exclude(pk__in=_active(targets).values("target_id"))
    for folder_id in {target.folder.pk for target in targets}:
        ids = list(left.filter(folder=folder_id).values_list("pk", flat=True))
        submit_jobs(stage="probe", target_ids=ids, folder_id=folder_id, priority=INGEST)


def _work(folder_ids: list[int], parent: int) -> None:
    """A child's life: takes the best job of the folders, again and again, until SIGTERM or its parent's death."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        return
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _stop)
    try:
        while True:
            jobs = (
                claim_next(queue=queue, worker=worker_name(), folder_id=folder_id)
                for queue in ("scan", "media")
                for folder_id in folder_ids
            )
            job = next((job for job in jobs if job is not None), None)
            if job is None:
                time.sleep(_LOOK_SECONDS)
            else:
                run_job(job)
    except WorkerStopping:
        connections.close_all()


def _stop(signum: int, frame: FrameType | None) -> None:
    raise WorkerStopping
