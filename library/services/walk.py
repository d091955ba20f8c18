"""Listing the videos below a folder. Reads the file system, knows no database."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field

from library.media_types import is_video_name
from library.paths import encode_path

# Made by NAS systems, file managers and operating systems; what lies there is a copy, a thumbnail or rubbish.
_JUNK_FOLDERS = frozenset(
    {"@eadir", "#recycle", "#snapshot", "$recycle.bin", "lost+found", "system volume information", "__macosx"}
)


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A video that is there now. `relative_path` is in the stored form, `fs_path` absolute for `os` functions."""

    relative_path: str
    fs_path: str
    size_bytes: int
    mtime_ns: int


@dataclass(slots=True)
class Walk:
    """All videos below `root`, folder by folder in the order of their names.

    Hidden files, junk folders and the folders in `leave_out` (absolute) are passed over. Links to folders are followed
    once each, however they loop; a link to a video inside the root is passed over, for the video itself is listed.
    What could not be listed stands in `unreadable` afterwards (stored form, relative): nothing below it is known.
    """

    root: str
    start: str = ""
    leave_out: frozenset[str] = frozenset()
    unreadable: list[str] = field(default_factory=list)

    def __iter__(self) -> Iterator[FoundFile]:
        visited: set[tuple[int, int]] = set()
        real_root = os.path.realpath(self.root).rstrip("/") + "/"
        pending = [os.path.join(self.root, self.start) if self.start else self.root]
        while pending:
            folder = pending.pop()
            try:
                status = os.stat(folder)
                if (status.st_dev, status.st_ino) in visited:
                    continue
                visited.add((status.st_dev, status.st_ino))
                with os.scandir(folder) as listing:
                    entries = sorted(listing, key=lambda entry: entry.name)
            except OSError:
                self.unreadable.append(self._relative(folder))
                continue
            folders = []
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if _is_folder(entry):
                    if entry.name.lower() not in _JUNK_FOLDERS and entry.path not in self.leave_out:
                        folders.append(entry.path)
                elif is_video_name(entry.name) and (found := self._look(entry, real_root)):
                    yield found
            pending.extend(reversed(folders))

    def _relative(self, path: str) -> str:
        return encode_path(path[len(self.root.rstrip("/")) + 1 :])

    def _look(self, entry: os.DirEntry[str], real_root: str) -> FoundFile | None:
        """The file behind an entry; None when it has vanished, isn't a regular file, or is a link into the root."""
        try:
            if entry.is_symlink() and os.path.realpath(entry.path).startswith(real_root):
                return None
            if not entry.is_file():
                return None
            status = entry.stat()
        except OSError:
            return None
        return FoundFile(self._relative(entry.path), entry.path, status.st_size, status.st_mtime_ns)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False
