"""Taking the files of a scan into the database, a batch at a time."""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from django.db import transaction

from library.hashing import oshash
from library.models import Folder, ScanLog, VideoFile
from library.models.file import FileState
from library.services.folders import is_available
from library.services.walk import FoundFile

_UNREADABLE = (
    "This file may not be read ({reason}): give the user that runs Videothek read permission, then scan again."
)
_HASHING_THREADS = 4


@dataclass(slots=True)
class Known:
    """What the database knows of a path, and whether this scan has met it."""

    pk: int
    size_bytes: int
    mtime_ns: int
    is_missing: bool
    is_unhashed: bool
    state: str
    is_seen: bool = False

    def is_same_file(self, found: FoundFile) -> bool:
        """Same size and time of last change."""
        return (self.size_bytes, self.mtime_ns) == (found.size_bytes, found.mtime_ns)

    def is_unchanged(self, found: FoundFile) -> bool:
        """Nothing to do: the file is as it was, was not missing, and could be read."""
        return self.is_same_file(found) and not self.is_missing and not self.is_unhashed


@dataclass(slots=True)
class Intake:
    """Writes files that are new, changed, moved or back, counts them in the log and tells `on_found` what to probe."""

    folder: Folder
    log: ScanLog
    on_found: Callable[[list[int]], None]
    moved_from: set[str] = field(default_factory=set)
    _available: dict[int, bool] = field(default_factory=dict)

    def take(self, batch: list[FoundFile], known: dict[str, Known]) -> None:
        """One transaction for the batch; files are hashed before it begins. A file that vanished is left out."""
        if not batch:
            return
        with ThreadPoolExecutor(_HASHING_THREADS) as pool:
            hashed = list(zip(batch, pool.map(_hash, batch), strict=True))
        hashed = [(found, digest) for found, digest in hashed if digest is not None]
        with transaction.atomic():
            to_probe = self._update_known(
                [(f, d, known[f.relative_path]) for f, d in hashed if f.relative_path in known]
            )
            new = [(found, digest) for found, digest in hashed if found.relative_path not in known]
            moved = self._match_moves(new, known)
            to_probe += self._write_moved(moved)
            to_probe += self._insert([(f, d) for f, d in new if f.relative_path not in moved])
            if to_probe:
                self.on_found(to_probe)

    def _update_known(self, rows: Iterable[tuple[FoundFile, "_Digest", Known]]) -> list[int]:
        """Files whose path was known: read again, touched, back or replaced."""
        files = {row.pk: row for row in VideoFile.objects.filter(pk__in=[known.pk for _, _, known in rows])}
        to_probe = []
        for found, digest, known in rows:
            file = files[known.pk]
            same_content = bool(digest.oshash) and (file.size_bytes, file.oshash) == (found.size_bytes, digest.oshash)
            if digest.error:
                self.log.files_unreadable += 1
            elif known.is_missing:
                self.log.files_returned += 1
            elif same_content:
                self.log.files_unchanged += 1
            else:
                self.log.files_changed += 1
            _apply(file, found, digest, same_content=same_content)
            if file.state != FileState.READY and not digest.error and not (same_content and not known.is_missing):
                to_probe.append(file.pk)
        VideoFile.objects.bulk_update(files.values(), _SCANNED_COLUMNS, batch_size=500)
        return to_probe

    def _match_moves(self, new: list[tuple[FoundFile, "_Digest"]], known: dict[str, Known]) -> dict[str, tuple]:
        """New paths whose content is that of a file that is gone from its old path, by new path."""
        sizes = {found.size_bytes for found, digest in new if digest.oshash and found.size_bytes}
        digests = {digest.oshash for _, digest in new if digest.oshash}
        rows = VideoFile.objects.filter(size_bytes__in=sizes, oshash__in=digests).select_related("folder")
        by_content: dict[tuple[int, str], list[VideoFile]] = {}
        for row in rows:
            if self._is_gone(row):
                by_content.setdefault((row.size_bytes, row.oshash), []).append(row)
        moved = {}
        for found, digest in new:
            candidates = by_content.get((found.size_bytes, digest.oshash), [])
            if candidates:
                # Of several lost copies the one of the same name, then of the same folder, is the likeliest.
                name = os.path.basename(found.relative_path)
                best = max(candidates, key=lambda row: (_name(row) == name, row.folder_id == self.folder.pk))
                candidates.remove(best)
                moved[found.relative_path] = (best, found, digest)
        return moved

    def _is_gone(self, file: VideoFile) -> bool:
        """Whether the file's old place can be looked at and is empty."""
        if file.folder_id not in self._available:
            self._available[file.folder_id] = is_available(file.folder)
        return self._available[file.folder_id] and not os.path.lexists(file.fs_path)

    def _write_moved(self, moved: dict[str, tuple]) -> list[int]:
        to_probe = []
        for path, (file, found, digest) in moved.items():
            if file.folder_id == self.folder.pk:
                self.moved_from.add(file.relative_path)
            file.folder, file.relative_path = self.folder, path
            _apply(file, found, digest, same_content=True)
            self.log.files_moved += 1
            if file.state in (FileState.NEW, FileState.PROBED):
                to_probe.append(file.pk)
        VideoFile.objects.bulk_update([row[0] for row in moved.values()], _SCANNED_COLUMNS, batch_size=500)
        return to_probe

    def _insert(self, new: list[tuple[FoundFile, "_Digest"]]) -> list[int]:
        files = []
        for found, digest in new:
            file = VideoFile(folder=self.folder, relative_path=found.relative_path)
            _apply(file, found, digest, same_content=False)
            files.append(file)
            if digest.error:
                self.log.files_unreadable += 1
            else:
                self.log.files_new += 1
        VideoFile.objects.bulk_create(files, batch_size=500)
        return [file.pk for file in files if file.state == FileState.NEW]


@dataclass(frozen=True, slots=True)
class _Digest:
    oshash: str
    error: str = ""


_SCANNED_COLUMNS = [
    "folder", "relative_path", "size_bytes", "mtime_ns", "oshash", "content_hash", "missing_since", "state", "error",
]  # fmt: skip


def _hash(found: FoundFile) -> _Digest | None:
    """The file's oshash, or why there is none; None when it has vanished since it was listed."""
    try:
        return _Digest(oshash(found.fs_path))
    except FileNotFoundError:
        return None
    except OSError as error:
        return _Digest("", _UNREADABLE.format(reason=(error.strerror or str(error)).lower()))


def _apply(file: VideoFile, found: FoundFile, digest: _Digest, *, same_content: bool) -> None:
    """Sets what a scan knows of a file. New content begins anew; content that is back keeps how far it had come."""
    file.size_bytes, file.mtime_ns, file.missing_since = found.size_bytes, found.mtime_ns, None
    file.oshash = digest.oshash
    if digest.error:
        file.state, file.error = FileState.FAILED, digest.error
    elif not same_content:
        file.content_hash = ""
        file.state, file.error = FileState.NEW, ""


def _name(file: VideoFile) -> str:
    return os.path.basename(file.relative_path)
