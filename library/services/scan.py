"""Scanning a folder: what is new, changed, moved, back, missing."""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone

from library.exceptions import FolderUnavailableError, LibraryError, ScanInProgressError
from library.models import Folder, LibrarySettings, ScanLog, VideoFile
from library.models.scan_log import ScanStatus
from library.paths import decode_path, display_path
from library.services.folders import check_folder_readable
from library.services.intake import Intake, Known
from library.services.settling import is_fresh, part_settled
from library.services.videos import mark_missing
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
    after moves are known, and not at all when the folder seems unmounted (unless `accept_missing`). Subfolders that
    can't be listed are named in the log's `error`; what is known of their files stays.

    Raises FolderUnavailableError (with a failed ScanLog) or ScanInProgressError (without one).
    """
    with _one_scan_at_a_time(folder):
        ScanLog.objects.filter(folder=folder, status=ScanStatus.RUNNING).update(
            status=ScanStatus.FAILED, finished_at=timezone.now(), error="The scan was cut off; a later one took over."
        )
        log = ScanLog.objects.create(folder=folder, trigger=trigger, started_at=timezone.now())
        scan = _Scan(folder, subpath, log, Intake(folder=folder, log=log, on_found=on_found), on_progress)
        try:
            _check_available(folder, subpath, accept_missing=accept_missing)
            _run(scan, accept_missing=accept_missing)
        except BaseException as error:
            # Without the database the log stays as it is, and the next scan closes it.
            with suppress(DatabaseError, InterfaceError):
                _close(log, ScanStatus.FAILED, _sentence(error))
            raise
        return log


def _sentence(error: BaseException) -> str:
    if isinstance(error, LibraryError):
        return str(error)
    if isinstance(error, Exception):
        return f"The scan stopped because something unforeseen went wrong ({type(error).__name__}: {error})."
    return "The scan was cut off."


def _close(log: ScanLog, status: ScanStatus, error: str) -> None:
    log.status, log.finished_at, log.error = status, timezone.now(), error
    _save(log)


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


def _check_available(folder: Folder, subpath: str, *, accept_missing: bool) -> None:
    root = folder.fs_path
    check_folder_readable(root)
    is_mount = os.path.ismount(root)
    if folder.is_mount_point and not is_mount and not accept_missing:
        raise FolderUnavailableError(
            f"The disk of {folder.shown_path} is not mounted: mount it and scan again. Nothing was marked missing. If "
            "the folder has no disk of its own any more, scan and accept missing files."
        )
    if is_mount != folder.is_mount_point:
        folder.is_mount_point = is_mount
        folder.save(update_fields=["is_mount_point"])
    if subpath:
        check_folder_readable(os.path.join(root, decode_path(subpath)))


def _run(scan: _Scan, *, accept_missing: bool) -> None:
    scan.known = _load_known(scan.folder, scan.subpath)
    others = Folder.objects.exclude(pk=scan.folder.pk)
    walk = Walk(scan.folder.fs_path, decode_path(scan.subpath), frozenset(other.fs_path for other in others))
    fresh: list[FoundFile] = []
    other_than_known: list[FoundFile] = []
    looked_at = 0.0
    for batch in _batched(walk, BATCH):
        sorted_out = _sort_out(scan, batch, time.time())
        _take(scan, sorted_out.new)
        other_than_known += sorted_out.other_than_known
        fresh += sorted_out.fresh
        if sorted_out.fresh:
            looked_at = time.monotonic()
    settled = _settle(scan, fresh, looked_at)
    _take(scan, [found for found in settled if found.relative_path not in scan.known])
    # Last, for only now is it known whether what had been in their places lies somewhere else.
    other_than_known += [found for found in settled if found.relative_path in scan.known]
    edited = _take(scan, other_than_known, put_off_edits=len(other_than_known) > BATCH)
    _take(scan, edited)
    _mark_missing(scan, walk, accept_missing=accept_missing)
    _close(scan.log, ScanStatus.COMPLETED, _unlisted(walk))
    if not scan.subpath:
        scan.folder.last_scanned_at = scan.log.finished_at
        scan.folder.save(update_fields=["last_scanned_at"])


def _load_known(folder: Folder, subpath: str) -> dict[str, Known]:
    """Every file of the folder that the database knows, by its path."""
    files = VideoFile.objects.filter(folder=folder)
    if subpath:
        files = files.filter(relative_path__startswith=subpath + "/")
    columns = ("relative_path", "pk", "size_bytes", "mtime_ns", "missing_since", "oshash")
    known: dict[str, Known] = {}
    for path, pk, size, mtime, missing, digest in files.values_list(*columns).iterator(chunk_size=5000):
        # Of several that were last seen at the same path, the one that is there or was there last.
        other = known.get(path)
        if other is None or (other.missing_since and (missing is None or missing > other.missing_since)):
            known[path] = Known(pk, size, mtime, missing, digest == "")
    return known


def _batched(items: Iterable[_Item], size: int) -> Iterator[list[_Item]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


@dataclass(frozen=True, slots=True)
class _SortedOut:
    """What a batch has for the database. `fresh` files may still be in someone's hands."""

    new: list[FoundFile] = field(default_factory=list)
    other_than_known: list[FoundFile] = field(default_factory=list)
    fresh: list[FoundFile] = field(default_factory=list)


def _sort_out(scan: _Scan, batch: Iterable[FoundFile], now: float) -> _SortedOut:
    """Marks and counts what is unchanged; returns the rest."""
    rest = _SortedOut()
    for found in batch:
        known = scan.known.get(found.relative_path)
        if known is not None:
            known.is_seen = True
            if known.is_unchanged(found):
                scan.log.files_unchanged += 1
                continue
        if is_fresh(found, now) and not (known and known.is_same_file(found)):
            rest.fresh.append(found)
        else:
            (rest.other_than_known if known else rest.new).append(found)
    scan.on_progress(_count_seen(scan.log))
    return rest


def _settle(scan: _Scan, fresh: list[FoundFile], looked_at: float) -> list[FoundFile]:
    """Those of the fresh files that are done; the others are counted and wait for the next scan."""
    settle_seconds = LibrarySettings.load().settle_seconds
    settled, busy = part_settled(fresh, looked_at=looked_at, settle_seconds=settle_seconds)
    scan.log.files_busy += busy
    return settled


def _take(scan: _Scan, files: list[FoundFile], *, put_off_edits: bool = False) -> list[FoundFile]:
    """Takes the files batch by batch; returns those that were put off."""
    put_off: list[FoundFile] = []
    for part in _batched(files, BATCH):
        put_off += scan.intake.take(part, scan.known, put_off_edits=put_off_edits)
        # The page shows the counters while the scan runs.
        _save(scan.log)
        scan.on_progress(scan.log.files_seen)
    return put_off


def _count_seen(log: ScanLog) -> int:
    return (
        log.files_new + log.files_changed + log.files_moved + log.files_returned
        + log.files_unchanged + log.files_busy + log.files_unreadable
    )  # fmt: skip


def _save(log: ScanLog) -> None:
    log.files_seen = _count_seen(log)
    log.save()


def _mark_missing(scan: _Scan, walk: Walk, *, accept_missing: bool) -> None:
    """Marks what was known and not seen, unless that can't be judged."""
    if "" in walk.unreadable:
        raise FolderUnavailableError(f"The folder {scan.folder.shown_path} vanished during the scan.")
    blind = tuple(path + "/" for path in walk.unreadable)
    gone = [
        known.pk
        for path, known in scan.known.items()
        if not known.is_seen
        and known.missing_since is None
        and known.pk not in scan.intake.moved
        and not path.startswith(blind)
    ]
    if not gone:
        return
    # Its disk may have been unplugged during the scan.
    _check_available(scan.folder, "", accept_missing=accept_missing)
    if not (_count_seen(scan.log) or scan.subpath or accept_missing):
        raise FolderUnavailableError(
            f"{scan.folder.shown_path} holds no video any more, but the library knows {len(gone)} there. Is its disk "
            "mounted? Nothing was marked missing. If you emptied it, scan and accept missing files."
        )
    for part in _batched(gone, 5000):
        scan.log.files_missing += mark_missing(folder_id=scan.folder.pk, file_ids=part)


def _unlisted(walk: Walk) -> str:
    """A sentence about the subfolders that could not be listed; empty when all could."""
    if not walk.unreadable:
        return ""
    names = ", ".join(display_path(path) for path in walk.unreadable[:3])
    more = f" and {len(walk.unreadable) - 3} more" if len(walk.unreadable) > 3 else ""
    return f"Could not be listed: {names}{more}. Check their permissions and disk; what is known of their files stays."
