"""Taking the files of a scan into the database, a batch at a time."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from library.models import Folder, OldPath, ScanLog, VideoFile
from library.models.file import FileState
from library.services.looking import Look, look_at_all
from library.services.moves import find_origins
from library.services.videos import lock_files, promote_present_files
from library.services.walk import FoundFile

# Stands for the time of last change of a known file that can't be read any more: every scan looks at it again.
_LOOK_AGAIN = -1
_COLUMNS = (
    "folder", "relative_path", "size_bytes", "mtime_ns", "oshash", "content_hash", "missing_since", "state", "error",
)  # fmt: skip


@dataclass(slots=True)
class Known:
    """What the database knows of a path, and whether this scan has met it."""

    pk: int
    size_bytes: int
    mtime_ns: int
    missing_since: datetime | None
    is_unhashed: bool
    is_seen: bool = False

    def is_same_file(self, found: FoundFile) -> bool:
        """Same size and time of last change."""
        return (self.size_bytes, self.mtime_ns) == (found.size_bytes, found.mtime_ns)

    def is_unchanged(self, found: FoundFile) -> bool:
        """Nothing to do: the file is as it was, was not missing, and could be read."""
        return self.is_same_file(found) and self.missing_since is None and not self.is_unhashed


@dataclass(slots=True)
class Intake:
    """Writes files that are new, changed, moved or back, counts them in the log and tells `on_found` what to probe.

    Content that left its old place keeps its row, wherever it is now. A file in whose place it lies now is gone, unless
    it turns up elsewhere. Other content at the path of a file that was there is that file, edited; at the path of one
    that was missing it is a new file, and the missing one stays missing.
    """

    folder: Folder
    log: ScanLog
    on_found: Callable[[list[int]], None]
    moved: set[int] = field(default_factory=set)
    _displaced: set[int] = field(default_factory=set)

    def take(
        self, batch: Sequence[FoundFile], known: Mapping[str, Known], *, put_off_edits: bool = False
    ) -> list[FoundFile]:
        """One transaction for the batch; files are opened before it begins. A file that vanished is left out.

        A file that looks edited may have been replaced, its content being in another batch. So the caller takes paths
        that are not in `known` first, then those that are, putting off edits, which are returned, and these at last.
        """
        looks = look_at_all(batch)
        here = self._rows_at(looks, known)
        strangers = [look for look in looks if not _is_same(here.get(look.path), look)]
        origins = find_origins(strangers, self.folder)
        put_off = {
            look.path: look.found
            for look in strangers
            if put_off_edits and look.path in here and look.path not in origins
        }
        looks = [look for look in looks if look.path not in put_off]
        if looks:
            self._take(looks, here, origins)
        return list(put_off.values())

    def _take(self, looks: list[Look], here: Mapping[str, VideoFile], origins: Mapping[str, VideoFile]) -> None:
        with transaction.atomic():
            ids = [row.pk for row in (*here.values(), *origins.values())]
            lock_files(ids)
            locked = _rows(ids)
            still = _still_placed(origins, locked)
            places = {path: _absolute(origins[path]) for path in still}
            to_probe = self._write(looks, _still_placed(here, locked), still)
            self._keep_old_paths(still, places)
            if to_probe:
                self.on_found(to_probe)

    def _rows_at(self, looks: Iterable[Look], known: Mapping[str, Known]) -> dict[str, VideoFile]:
        """The rows of paths that the database knows, by path; not of those that this scan found elsewhere."""
        ids = {look.path: known[look.path].pk for look in looks if look.path in known}
        rows = _rows([pk for pk in ids.values() if pk not in self.moved])
        return {path: rows[pk] for path, pk in ids.items() if pk in rows}

    def _write(self, looks: list[Look], here: dict[str, VideoFile], origins: dict[str, VideoFile]) -> list[int]:
        """Writes the batch and returns the ids of what to probe. The rows are locked."""
        gone_from_here = {row.pk for row in origins.values()}
        taken = {row.pk for path, row in here.items() if path in origins and row.missing_since is None}
        # Before the others are written: only one present file can be at a path.
        VideoFile.objects.filter(pk__in=taken).update(missing_since=timezone.now())
        known, new, before = [], [], {}
        for look in looks:
            row = origins.get(look.path) or _of_same_path(here.get(look.path), look)
            if row is None or (look.path not in origins and row.pk in gone_from_here):
                new.append(self._new(look))
                continue
            before[row.pk] = _values(row)
            if look.path in origins:
                self._move(row, look)
            else:
                self._keep(row, look)
            known.append(row)
        # Only what differs, in rows and in columns: each column of each row is a branch of the statement.
        changes = {
            row.pk: _changes(before[row.pk], row) | ({"missing_since"} if row.pk in taken else set()) for row in known
        }
        written = [row for row in known if changes[row.pk]]
        if written:
            VideoFile.objects.bulk_update(written, sorted(set().union(*changes.values())), batch_size=500)
        VideoFile.objects.bulk_create(new, batch_size=500)
        displaced = taken - {row.pk for row in known}
        self._displaced |= displaced
        self.log.files_missing += len(displaced)
        promote_present_files(file_ids=[*displaced, *(pk for pk, values in before.items() if values["missing_since"])])
        return [row.pk for row in (*known, *new) if row.state in (FileState.NEW, FileState.PROBED)]

    def _keep_old_paths(self, moved: Mapping[str, VideoFile], places: Mapping[str, str]) -> None:
        """Remembers where the files were. One statement."""
        now = timezone.now()
        left = [
            OldPath(file_id=row.pk, path=places[path], left_at=now)
            for path, row in moved.items()
            if places[path] != absolute_path(self.folder.path, path)
        ]
        if left:
            OldPath.objects.bulk_create(left, ignore_conflicts=True, batch_size=500)

    def _new(self, look: Look) -> VideoFile:
        file = VideoFile(folder=self.folder, relative_path=look.path)
        if look.error:
            self.log.files_unreadable += 1
        else:
            self.log.files_new += 1
        _apply(file, look, is_same_content=False)
        return file

    def _move(self, file: VideoFile, look: Look) -> None:
        if (file.folder_id, file.relative_path) == (self.folder.pk, look.path):
            self.log.files_returned += 1
        else:
            self.log.files_moved += 1
        self.moved.add(file.pk)
        if file.pk in self._displaced:
            self._displaced.remove(file.pk)
            self.log.files_missing -= 1
        file.folder, file.relative_path = self.folder, look.path
        _apply(file, look, is_same_content=True)

    def _keep(self, file: VideoFile, look: Look) -> None:
        is_same_content = _is_same(file, look)
        if look.error:
            self.log.files_unreadable += 1
        elif file.missing_since is not None:
            self.log.files_returned += 1
        elif is_same_content:
            self.log.files_unchanged += 1
        elif not file.oshash:
            self.log.files_new += 1
        else:
            self.log.files_changed += 1
        _apply(file, look, is_same_content=is_same_content)


def absolute_path(folder_path: str, relative_path: str) -> str:
    """The stored form of a file's whole path."""
    return f"{folder_path.rstrip('/')}/{relative_path}"


def _absolute(row: VideoFile) -> str:
    return absolute_path(row.folder.path, row.relative_path)


def _rows(ids: Sequence[int]) -> dict[int, VideoFile]:
    return VideoFile.objects.only(*_COLUMNS).in_bulk(ids) if ids else {}


def _values(row: VideoFile) -> dict[str, Any]:
    return {name: getattr(row, "folder_id" if name == "folder" else name) for name in _COLUMNS}


def _changes(before: dict[str, Any], row: VideoFile) -> set[str]:
    return {name for name, value in _values(row).items() if value != before[name]}


def _still_placed(rows: Mapping[str, VideoFile], locked: Mapping[int, VideoFile]) -> dict[str, VideoFile]:
    """The locked rows, less those that a scan of another folder has found elsewhere since they were first read."""
    return {
        path: locked[row.pk]
        for path, row in rows.items()
        if row.pk in locked and _place_and_content(row) == _place_and_content(locked[row.pk])
    }


def _place_and_content(row: VideoFile) -> tuple[Any, ...]:
    return row.folder_id, row.relative_path, row.size_bytes, row.oshash


def _is_same(row: VideoFile | None, look: Look) -> bool:
    """Whether the content is the row's; taken for it as long as it can't be read."""
    if row is None or look.error:
        return row is not None
    is_same = bool(row.oshash) and (row.size_bytes, row.oshash) == look.content
    return is_same and (not (row.content_hash and look.content_hash) or row.content_hash == look.content_hash)


def _of_same_path(row: VideoFile | None, look: Look) -> VideoFile | None:
    """The row if its file is the one that was found at its path: it was there, or is back."""
    if row is None or row.missing_since is None or not row.oshash or _is_same(row, look):
        return row
    return None


def _apply(file: VideoFile, look: Look, *, is_same_content: bool) -> None:
    """Sets what a scan knows of a file. New content begins anew; known content keeps how far it had come.

    What failed is tried again: it may have failed because it was not there.
    """
    file.missing_since = None
    if look.error:
        file.state, file.error = FileState.FAILED, look.error
    if look.error and file.oshash:
        file.mtime_ns = _LOOK_AGAIN
        return
    file.size_bytes, file.mtime_ns, file.oshash = look.found.size_bytes, look.found.mtime_ns, look.oshash
    if look.content_hash or not is_same_content:
        file.content_hash = look.content_hash
    if not look.error and (not is_same_content or file.state == FileState.FAILED):
        file.state, file.error = FileState.NEW, ""
