"""Working off folders in the foreground, beside whatever workers there are: what `manage.py ingest` does."""

import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import reduce
from operator import or_

from django.conf import settings
from django.db.models import Q, QuerySet
from django.db.models.functions import Least, Now

from library.models import VideoFile
from library.models.file import VideoFileQuerySet
from library.services import FolderTarget
from processing.models import Job, JobStatus
from processing.models.job import TargetKind
from processing.services.crew import Crew, foreground_queues
from processing.services.reconcile import release_dead
from processing.services.submit import INGEST, submit_scan
from processing.services.triggers import submit_import
from processing.services.upkeep import remake_lost_pictures

_RECONCILE_SECONDS = 5.0
_LATEST = timedelta(seconds=1)
# Looks cost the database something, the more the larger the library: at most about a fifth of the time is spent so.
_SHORTEST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS, _PAUSE_FACTOR = 0.05, 2.0, 4.0


def files_of(targets: Sequence[FolderTarget]) -> VideoFileQuerySet:
    """The files below the targets that are there."""
    places = [
        Q(folder=target.folder) & (Q(relative_path__startswith=f"{target.subpath}/") if target.subpath else Q())
        for target in targets
    ]
    return VideoFile.objects.present().filter(reduce(or_, places))


def process_folders(targets: Sequence[FolderTarget], *, on_tick: Callable[[int, int, bool], None]) -> list[str]:
    """Scans the targets and works until every file has ended; returns the sentences of scans that failed.

    Jobs that other workers hold are waited for. `on_tick(ended, known, is_scanning)` is called again and again: files
    that have ended, files known so far, whether a scan still adds to them. On KeyboardInterrupt what is in hand goes
    back to the queue.
    """
    crew = Crew([target.folder.pk for target in targets], settings.MEDIA_WORKERS, foreground_queues())
    try:
        scans = [_own_scan(target, crew, on_tick) for target in targets]
        _work_off(targets, scans, crew, on_tick)
    finally:
        crew.dismiss()
    failed = Job.objects.filter(pk__in=scans).exclude(status=JobStatus.COMPLETED)
    return [job.error or f"The scan of {job.label} was cancelled." for job in failed]


def _work_off(
    targets: Sequence[FolderTarget], scans: Sequence[int], crew: Crew, on_tick: Callable[[int, int, bool], None]
) -> None:
    is_resumed = False
    reconciled_at = 0.0
    waiting = 0
    while True:
        began = time.monotonic()
        crew.fill(is_busy=waiting > 0)
        is_scanning = Job.objects.active().filter(pk__in=scans).exists()
        if not is_scanning and not is_resumed:
            _resume_left(targets)
            is_resumed = True
            reconciled_at = 0.0
        if began - reconciled_at > _RECONCILE_SECONDS:
            release_dead()
            _hasten(targets)
            reconciled_at = began
        waiting = _waiting(targets)
        known = files_of(targets).count()
        on_tick(known - waiting, known, is_scanning)
        if not is_scanning and not waiting:
            return
        cost = time.monotonic() - began
        time.sleep(min(max(_PAUSE_FACTOR * cost, _SHORTEST_PAUSE_SECONDS), _LONGEST_PAUSE_SECONDS))


def _own_scan(target: FolderTarget, crew: Crew, on_tick: Callable[[int, int, bool], None]) -> int:
    """Submits a scan of the target; one that is under way already is waited for, since it may have passed new files."""
    while True:
        job = submit_scan(folder=target.folder, trigger="ingest", subpath=target.subpath)
        if job.status == JobStatus.PENDING:
            # A retry that waits for its time is wanted now.
            Job.objects.filter(pk=job.pk, status=JobStatus.PENDING).update(due_at=Least("due_at", Now()))
            return job.pk
        while Job.objects.active().filter(pk=job.pk).exists():
            crew.fill(is_busy=False)
            release_dead()
            on_tick(0, 0, True)
            time.sleep(_SHORTEST_PAUSE_SECONDS)


def _active() -> "QuerySet[Job]":
    """Jobs on files that this command could do itself."""
    return Job.objects.active().filter(target_kind=TargetKind.FILE, queue__in=foreground_queues())


def _waiting(targets: Sequence[FolderTarget]) -> int:
    """Files below the targets that some job still works on or waits for."""
    return files_of(targets).filter(pk__in=_active().values("target_id")).count()


def _hasten(targets: Sequence[FolderTarget]) -> None:
    """What waits for a later attempt, for its turn after other folders, or under a folder that a file has left."""
    for target in targets:
        files = files_of([target])
        slow = Q(priority__lt=INGEST) | Q(due_at__gt=Now() + _LATEST) | Q(folder=None) | ~Q(folder=target.folder)
        waiting = _active().filter(slow, status=JobStatus.PENDING, target_id__in=files.values("pk"))
        waiting.update(priority=INGEST, due_at=Least("due_at", Now() + _LATEST), folder=target.folder)


def _resume_left(targets: Sequence[FolderTarget]) -> None:
    """Begins again files that are neither done nor worked on (their jobs were cancelled), and lost pictures."""
    remake_lost_pictures(files=files_of(targets), priority=INGEST)
    for target in targets:
        left = files_of([target]).unfinished().exclude(pk__in=_active().values("target_id"))
        ids = list(left.values_list("pk", flat=True))
        submit_import(file_ids=ids, folder_id=target.folder.pk, priority=INGEST, even_if_running=False)
