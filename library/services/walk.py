"""Listing the videos below a folder. Reads the file system, knows no database."""

import errno
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from library.media_types import is_video_name
from library.paths import encode_path

# Made by NAS systems, file managers and operating systems; what lies there is a copy, a thumbnail or rubbish.
_JUNK_FOLDERS = frozenset(
    {"@eadir", "#recycle", "#snapshot", "$recycle.bin", "lost+found", "system volume information", "__macosx"}
)
# What the database's 64 bits hold, the year 2262; a damaged file system has dates beyond it.
_LATEST_NS = 2**63 - 1


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A video that is there now. `relative_path` is in the stored form, `fs_path` absolute for `os` functions.

    Size and time are 0 for one whose folder lists it and lets nobody look at it.
    """

    relative_path: str
    fs_path: str
    size_bytes: int
    mtime_ns: int


def mtime_ns(status: os.stat_result) -> int:
    """Time of last change in nanoseconds, as it is stored and compared."""
    return max(-_LATEST_NS, min(status.st_mtime_ns, _LATEST_NS))


@dataclass(slots=True)
class Walk:
    """All videos below `root` (or its `start`, as `os` gives it), folder by folder in the order of their names.

    Hidden files, junk folders, the folders in `leave_out` (absolute) and the paths that `is_excluded` (stored form,
    relative) is true for are passed over; nothing below an excluded folder is listed. Links to folders outside are
    followed once each, however they loop; a link to what is listed anyway, here or by the scan of a folder in
    `leave_out`, is passed over. What could not be listed stands in `unreadable` afterwards (stored form, relative,
    "" for the root): nothing below it is known.
    """

    root: str
    start: str = ""
    leave_out: frozenset[str] = frozenset()
    is_excluded: Callable[[str], bool] | None = None
    unreadable: list[str] = field(default_factory=list)

    def __iter__(self) -> Iterator[FoundFile]:
        places = _Places.of(self.root, self.leave_out)
        first = os.path.join(self.root, self.start) if self.start else self.root
        visited: set[tuple[int, int]] = set()
        pending = [first]
        while pending:
            folder = pending.pop()
            try:
                status = os.stat(folder)
                if (status.st_dev, status.st_ino) in visited:
                    continue
                visited.add((status.st_dev, status.st_ino))
                with os.scandir(folder) as listing:
                    entries = sorted(listing, key=lambda entry: entry.name)
            except (FileNotFoundError, NotADirectoryError):
                # Gone since its own folder was listed; the first one has to be there.
                if folder == first:
                    self.unreadable.append(self._relative(folder))
                continue
            except OSError:
                self.unreadable.append(self._relative(folder))
                continue
            folders = []
            for entry in entries:
                if _is_hidden(entry.name) or (_is_link(entry) and places.list_target(entry.path)):
                    continue
                if _is_folder(entry):
                    if self._is_wanted(entry):
                        folders.append(entry.path)
                elif is_video_name(entry.name) and (found := self._look(entry)) and not self._excludes(entry.path):
                    yield found
            pending.extend(reversed(folders))

    def _is_wanted(self, folder: os.DirEntry[str]) -> bool:
        return not _is_junk(folder.name) and folder.path not in self.leave_out and not self._excludes(folder.path)

    def _excludes(self, path: str) -> bool:
        return self.is_excluded is not None and self.is_excluded(self._relative(path))

    def _relative(self, path: str) -> str:
        return encode_path(path[len(self.root.rstrip("/")) + 1 :])

    def _look(self, entry: os.DirEntry[str]) -> FoundFile | None:
        """The file behind an entry; None when it has vanished or isn't a regular file, a broken link for one."""
        try:
            if not entry.is_file():
                return None
            status = entry.stat()
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
                return None
            return FoundFile(self._relative(entry.path), entry.path, 0, 0)
        return FoundFile(self._relative(entry.path), entry.path, status.st_size, mtime_ns(status))


def listing_digests(
    root: str, *, leave_out: frozenset[str] = frozenset(), is_excluded: Callable[[str], bool] | None = None
) -> dict[str, int]:
    """A digest of the names in each folder below `root`, by its path (stored form, relative, "" for the root).

    Made for looking again and again: one listing per folder and no look at any file, so it tells what came, went and
    was renamed, not what was written to. Doesn't follow links. Hidden and junk folders, those in `leave_out` and
    excluded ones are passed over; one that can't be listed is left out. Raises OSError when the root can't be listed.
    """
    walk = Walk(root, leave_out=leave_out, is_excluded=is_excluded)
    digests: dict[str, int] = {}
    pending = [root]
    while pending:
        folder = pending.pop()
        names = []
        try:
            with os.scandir(folder) as listing:
                for entry in listing:
                    if _is_hidden(entry.name):
                        continue
                    is_folder = not _is_link(entry) and _is_folder(entry)
                    if is_folder and walk._is_wanted(entry):
                        pending.append(entry.path)
                    if is_folder or is_video_name(entry.name):
                        names.append(entry.name)
        except OSError:
            if folder == root:
                raise
            continue
        digests[walk._relative(folder)] = hash(tuple(sorted(names)))
    return digests


@dataclass(frozen=True, slots=True)
class _Places:
    """Where the root and the left-out folders really are, links resolved, each with a slash at its end."""

    root: str
    all: tuple[str, ...]

    @classmethod
    def of(cls, root: str, leave_out: frozenset[str]) -> "_Places":
        return cls(_real(root), tuple(map(_real, {root, *leave_out})))

    def list_target(self, link: str) -> bool:
        """Whether what a link leads to is listed without it, or holds the root and so leads in a circle."""
        target = _real(link)
        if self.root.startswith(target):
            return True
        holder = max((place for place in self.all if target.startswith(place)), key=len, default="")
        if not holder or target == holder:
            return bool(holder)
        *folders, name = target[len(holder) : -1].split("/")
        if _is_hidden(name) or any(_is_hidden(part) or _is_junk(part) for part in folders):
            return False
        return not _is_junk(name) if os.path.isdir(target) else is_video_name(name)


def _real(path: str) -> str:
    return os.path.realpath(path).rstrip("/") + "/"


def _is_hidden(name: str) -> bool:
    return name.startswith(".")


def _is_junk(name: str) -> bool:
    return name.lower() in _JUNK_FOLDERS


def _is_link(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_symlink()
    except OSError:
        return False


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False
