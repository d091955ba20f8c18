"""Scanning a folder: what is new, changed, moved, back, missing."""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

from django.db import DatabaseError, InterfaceError
from django.utils import timezone

from library.exceptions import FolderUnavailableError, LibraryError
from library.models import Folder, IgnoredFile, LibrarySettings, ScanLog, VideoFile
from library.models.scan_log import ScanStatus, ScanTrigger
from library.paths import decode_path, display_path
from library.services import breaker
from library.services.availability import (
    check_available,
    check_folder_readable,
    emptied_sentence,
    remember_disk,
)
from library.services.exclusions import exclusion_of
from library.services.intake import Intake, Known
from library.services.looking import look_at_all
from library.services.settling import is_fresh, part_settled
from library.services.turns import one_at_a_time
from library.services.videos import mark_missing
from library.services.walk import FoundFile, Walk

BATCH = 500
_SAVE_SECONDS = 2.0
_Item = TypeVar("_Item")


@dataclass(slots=True)
class _Scan:
    folder: Folder
    subpath: str
    log: ScanLog
    intake: Intake
    on_progress: Callable[[int], None]
    is_excluded: Callable[[str], bool] | None
    known: dict[str, Known] = field(default_factory=dict)
    # (size, oshash) of purged files that are still on disk, by path
    ignored: dict[str, tuple[int, str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


_preparations: list[Callable[[], None]] = []


def before_scan(prepare: Callable[[], None]) -> None:
    """Has `prepare` called at the beginning of every scan, in its process; once is enough."""
    if prepare not in _preparations:
        _preparations.append(prepare)


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
    after moves are known, and not at all when the folder's disk seems away or too many would be (unless
    `accept_missing`): then the scan ends as held, and asks. What the folder's patterns exclude counts as missing.
    Subfolders that can't be listed are named in the log's `error`; what is known of their files stays. A scan of a
    noticed change looks at the folder above when its part is gone.

    Raises FolderUnavailableError (with a failed ScanLog) or ScanInProgressError (without one).
    """
    with one_at_a_time(folder):
        folder.refresh_from_db()
        for prepare in _preparations:
            prepare()
        if trigger == ScanTrigger.WATCHED:
            subpath = _nearest(folder, subpath)
        ScanLog.objects.filter(folder=folder, status=ScanStatus.RUNNING).update(
            status=ScanStatus.FAILED, finished_at=timezone.now(), error="The scan was cut off; a later one took over."
        )
        log = ScanLog.objects.create(folder=folder, trigger=trigger, subpath=subpath, started_at=timezone.now())
        intake = Intake(folder=folder, log=log, on_found=on_found)
        scan = _Scan(folder, subpath, log, intake, on_progress, exclusion_of(folder.exclude_globs))
        try:
            _check_place(folder, subpath, accept_missing=accept_missing)
            _run(scan, accept_missing=accept_missing)
        except BaseException as error:
            # Without the database the log stays as it is, and the next scan closes it.
            with suppress(DatabaseError, InterfaceError):
                _close(log, ScanStatus.FAILED, _sentence(error))
            raise
        return log


def _nearest(folder: Folder, subpath: str) -> str:
    """The part itself, or the nearest folder above it that is there."""
    while subpath and not os.path.isdir(os.path.join(folder.fs_path, decode_path(subpath))):
        subpath = subpath.rpartition("/")[0]
    return subpath


def _sentence(error: BaseException) -> str:
    if isinstance(error, LibraryError):
        return str(error)
    if isinstance(error, Exception):
        return f"The scan stopped because something unforeseen went wrong ({type(error).__name__}: {error})."
    return "The scan was cut off."


def _close(log: ScanLog, status: ScanStatus, error: str) -> None:
    log.status, log.finished_at, log.error = status, timezone.now(), error
    _save(log)


def _check_place(folder: Folder, subpath: str, *, accept_missing: bool) -> None:
    if folder.removed_at is not None:
        raise FolderUnavailableError(f"{folder.name} was removed from the library: add it again first.")
    check_available(folder, accept_change=accept_missing)
    if subpath:
        check_folder_readable(os.path.join(folder.fs_path, decode_path(subpath)))


def _run(scan: _Scan, *, accept_missing: bool) -> None:
    scan.known = _load_known(scan.folder, scan.subpath)
    scan.ignored = _load_ignored(scan.folder)
    others = Folder.objects.in_library().exclude(pk=scan.folder.pk)
    leave_out = frozenset(other.fs_path for other in others)
    walk = Walk(scan.folder.fs_path, decode_path(scan.subpath), leave_out, scan.is_excluded)
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
    status = _judge_missing(scan, walk, accept_missing=accept_missing)
    scan.notes += [_unlisted(walk)]
    _close(scan.log, status, " ".join(filter(None, scan.notes)))
    breaker.close_older(scan.log)
    if not scan.subpath:
        if status == ScanStatus.COMPLETED:
            remember_disk(scan.folder)
        scan.folder.last_scanned_at = scan.log.finished_at
        scan.folder.save(update_fields=["last_scanned_at"])


def _load_ignored(folder: Folder) -> dict[str, tuple[int, str]]:
    rows = IgnoredFile.objects.filter(folder=folder).values_list("relative_path", "size_bytes", "oshash")
    return {path: (size, digest) for path, size, digest in rows}


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
        elif _is_ignored(scan, found):
            scan.log.files_ignored += 1
            continue
        if is_fresh(found, now) and not (known and known.is_same_file(found)):
            rest.fresh.append(found)
        else:
            (rest.other_than_known if known else rest.new).append(found)
    scan.on_progress(_count_seen(scan.log))
    return rest


def _is_ignored(scan: _Scan, found: FoundFile) -> bool:
    """Whether the file is one that was purged from the library and stays on the disk. Opens it if its size agrees."""
    size, digest = scan.ignored.get(found.relative_path, (-1, ""))
    if size != found.size_bytes:
        return False
    return not digest or any(look.oshash in (digest, "") for look in look_at_all([found]))


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


def _judge_missing(scan: _Scan, walk: Walk, *, accept_missing: bool) -> ScanStatus:
    """Marks what was known and not seen, unless that can't be judged or a person has to; how the scan ends."""
    if "" in walk.unreadable:
        raise FolderUnavailableError(f"The folder {scan.folder.shown_path} vanished during the scan.")
    blind = tuple(path + "/" for path in walk.unreadable)
    gone: list[int] = []
    excluded: list[int] = []
    for path, known in scan.known.items():
        if known.is_seen or known.missing_since is not None or known.pk in scan.intake.moved or path.startswith(blind):
            continue
        (excluded if scan.is_excluded is not None and scan.is_excluded(path) else gone).append(known.pk)
    if not gone and not excluded:
        return ScanStatus.COMPLETED
    # Its disk may have been unplugged during the scan.
    _check_place(scan.folder, "", accept_missing=accept_missing)
    _mark(scan, excluded)
    if excluded:
        files = "1 file is" if len(excluded) == 1 else f"{len(excluded):,} files are"
        scan.notes.append(f"{files} left out by the folder's patterns now and counted as missing; their history stays.")
    if not gone or accept_missing:
        _mark(scan, gone)
        return ScanStatus.COMPLETED
    if not (_count_seen(scan.log) or scan.log.files_ignored or excluded or scan.subpath):
        raise FolderUnavailableError(emptied_sentence(scan.folder, len(gone)))
    verdict = breaker.judge(scan.log, gone_count=len(gone), excluded_count=len(excluded))
    if verdict is None:
        _mark(scan, gone)
        return ScanStatus.COMPLETED
    scan.log.files_held = len(gone)
    scan.notes.append(verdict.sentence)
    return verdict.status


def _mark(scan: _Scan, file_ids: list[int]) -> None:
    for part in _batched(file_ids, 5000):
        scan.log.files_missing += mark_missing(folder_id=scan.folder.pk, file_ids=part)


def _unlisted(walk: Walk) -> str:
    """A sentence about the subfolders that could not be listed; empty when all could."""
    if not walk.unreadable:
        return ""
    names = ", ".join(display_path(path) for path in walk.unreadable[:3])
    more = f" and {len(walk.unreadable) - 3} more" if len(walk.unreadable) > 3 else ""
    return f"Could not be listed: {names}{more}. Check their permissions and disk; what is known of their files stays."
