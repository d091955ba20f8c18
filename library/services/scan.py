"""Scanning a folder: what is new, changed, moved, back, missing."""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

from django.db import connection, transaction
from django.utils import timezone

from library.exceptions import FolderUnavailableError, ScanInProgressError
from library.models import Folder, LibrarySettings, ScanLog, VideoFile
from library.models.scan_log import ScanStatus
from library.services.folders import check_folder_readable
from library.services.intake import Intake, Known
from library.services.settling import is_fresh, part_settled
from library.services.videos import promote_present_files
from library.services.walk import FoundFile, Walk

BATCH = 500
_SAVE_SECONDS = 2.0
_Item = TypeVar("_Item")
# First key of PostgreSQL's advisory locks for scans; the folder's id is the second.
_LOCK_CLASS = 7_301


@dataclass(slots=True)
class _Scan:
    folder: Folder
    subpath: str
    log: ScanLog
    intake: Intake
    on_progress: Callable[[int], None]
    known: dict[str, Known] = field(default_factory=dict)


def scan_folder(
    *,
    folder: Folder,
    trigger: str = "manual",
    subpath: str = "",
    accept_missing: bool = False,
    on_found: Callable[[list[int]], None] = lambda ids: None,
    on_progress: Callable[[int], None] = lambda seen: None,
) -> ScanLog:
    """Looks at every video below the folder (or its `subpath`, stored form) and writes what changed.

    `on_found` gets ids of files to probe, batch by batch, inside the transaction that wrote them; `on_progress` the
    number of files seen. An unchanged file costs one stat and nothing in the database. Files are marked missing last,
    after moves are known, and not at all when the folder seems unmounted (unless `accept_missing`).

    Raises FolderUnavailableError (with a failed ScanLog) or ScanInProgressError (without one).
    """
    with _one_scan_at_a_time(folder):
        ScanLog.objects.filter(folder=folder, status=ScanStatus.RUNNING).update(
            status=ScanStatus.FAILED, finished_at=timezone.now(), error="The scan was cut off; a later one took over."
        )
        log = ScanLog.objects.create(folder=folder, trigger=trigger, started_at=timezone.now())
        scan = _Scan(folder, subpath, log, Intake(folder=folder, log=log, on_found=on_found), on_progress)
        try:
            _check_available(folder, subpath)
            _run(scan, accept_missing=accept_missing)
        except BaseException as error:
            log.status, log.finished_at = ScanStatus.FAILED, timezone.now()
            log.error = str(error) if isinstance(error, FolderUnavailableError) else "The scan was cut off."
            log.save()
            raise
        return log


@contextmanager
def _one_scan_at_a_time(folder: Folder) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [_LOCK_CLASS, folder.pk])
        if not cursor.fetchone()[0]:
            raise ScanInProgressError(f"{folder.name} is being scanned already; wait for that scan to end.")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_LOCK_CLASS, folder.pk])


def _check_available(folder: Folder, subpath: str) -> None:
    root = folder.fs_path
    check_folder_readable(root)
    is_mount = os.path.ismount(root)
    if folder.is_mount_point and not is_mount:
        raise FolderUnavailableError(
            f"The disk of {folder.shown_path} is not mounted: mount it and scan again. Nothing was marked missing."
        )
    if is_mount and not folder.is_mount_point:
        folder.is_mount_point = True
        folder.save(update_fields=["is_mount_point"])
    if subpath:
        check_folder_readable(os.path.join(root, subpath))


def _run(scan: _Scan, *, accept_missing: bool) -> None:
    scan.known = _load_known(scan.folder, scan.subpath)
    others = Folder.objects.exclude(pk=scan.folder.pk)
    walk = Walk(scan.folder.fs_path, scan.subpath, frozenset(other.fs_path for other in others))
    fresh: list[FoundFile] = []
    looked_at = time.monotonic()
    saved_at = looked_at
    for batch in _batched(walk, BATCH):
        fresh += _take(scan, batch, time.time())
        # By the clock, not by the batch: a rescan of any size writes a handful of times.
        if time.monotonic() - saved_at > _SAVE_SECONDS:
            saved_at = time.monotonic()
            _save(scan)
    _take_fresh(scan, fresh, looked_at)
    _mark_missing(scan, walk, accept_missing=accept_missing)
    scan.log.status, scan.log.finished_at = ScanStatus.COMPLETED, timezone.now()
    scan.log.save()
    scan.folder.last_scanned_at = scan.log.finished_at
    scan.folder.save(update_fields=["last_scanned_at"])


def _load_known(folder: Folder, subpath: str) -> dict[str, Known]:
    """Every file of the folder that the database knows, by its path."""
    files = VideoFile.objects.filter(folder=folder)
    if subpath:
        files = files.filter(relative_path__startswith=subpath + "/")
    columns = ("relative_path", "pk", "size_bytes", "mtime_ns", "missing_since", "oshash", "state")
    rows = files.values_list(*columns).iterator(chunk_size=5000)
    return {
        path: Known(pk, size, mtime, missing is not None, digest == "", state)
        for path, pk, size, mtime, missing, digest, state in rows
    }


def _batched(items: Iterable[_Item], size: int) -> Iterator[list[_Item]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def _take(scan: _Scan, batch: list[FoundFile], now: float) -> list[FoundFile]:
    """Sorts a batch into known and new; returns the ones that may still be in someone's hands."""
    fresh, settled = [], []
    for found in batch:
        known = scan.known.get(found.relative_path)
        if known is not None:
            known.is_seen = True
            if known.is_unchanged(found):
                scan.log.files_unchanged += 1
                continue
        (fresh if is_fresh(found, now) and not (known and known.is_same_file(found)) else settled).append(found)
    scan.intake.take(settled, scan.known)
    return fresh


def _take_fresh(scan: _Scan, fresh: list[FoundFile], looked_at: float) -> None:
    settle_seconds = LibrarySettings.load().settle_seconds
    settled, busy = part_settled(fresh, looked_at=looked_at, settle_seconds=settle_seconds)
    scan.log.files_busy += busy
    for part in _batched(settled, BATCH):
        scan.intake.take(part, scan.known)
        _save(scan)


def _save(scan: _Scan) -> None:
    """Writes the counters so far: the page shows them while the scan runs."""
    log = scan.log
    log.files_seen = (
        log.files_new + log.files_changed + log.files_moved + log.files_returned
        + log.files_unchanged + log.files_busy + log.files_unreadable
    )  # fmt: skip
    log.save()
    scan.on_progress(log.files_seen)


def _mark_missing(scan: _Scan, walk: Walk, *, accept_missing: bool) -> None:
    """Marks what was known and not seen, unless that can't be judged."""
    _save(scan)
    blind = tuple(path + "/" for path in walk.unreadable if path)
    if "" in walk.unreadable:
        raise FolderUnavailableError(f"The folder {scan.folder.shown_path} vanished during the scan.")
    scan.log.files_unreadable += len(walk.unreadable)
    gone = [
        known.pk
        for path, known in scan.known.items()
        if not (known.is_seen or known.is_missing) and path not in scan.intake.moved_from and not path.startswith(blind)
    ]
    if gone and not scan.log.files_seen and not scan.subpath and not accept_missing:
        raise FolderUnavailableError(
            f"{scan.folder.shown_path} holds no video any more, but the library knows {len(gone)} there. Is its disk "
            "mounted? Nothing was marked missing. If you emptied it, scan and accept missing files."
        )
    now = timezone.now()
    for part in _batched(gone, 5000):
        with transaction.atomic():
            scan.log.files_missing += VideoFile.objects.filter(pk__in=part).update(missing_since=now)
            promote_present_files(file_ids=part)
