"""Recognising content that has left its old place."""

import os
from collections.abc import Sequence

from library.hashing import content_hash, oshash
from library.models import Folder, VideoFile
from library.services.folders import is_available
from library.services.looking import Look
from library.services.walk import mtime_ns

_COLUMNS = ("folder", "relative_path", "size_bytes", "mtime_ns", "oshash", "content_hash", "missing_since")


def find_origins(looks: Sequence[Look], folder: Folder) -> dict[str, VideoFile]:
    """For files whose content is known from a place where it no longer is: the row of it, by the new path.

    A row is given once; of several lost copies the one of the same path, then of the same name, then of the same
    folder is the likeliest. One query; looks at the old places on disk, so it is called outside transactions.
    """
    wanted = {look.content for look in looks if look.oshash and look.found.size_bytes}
    if not wanted:
        return {}
    sizes, digests = {size for size, _ in wanted}, {digest for _, digest in wanted}
    rows = VideoFile.objects.filter(size_bytes__in=sizes, oshash__in=digests).select_related("folder")
    by_content: dict[tuple[int, str], list[VideoFile]] = {}
    for row in rows.only(*_COLUMNS, "folder__path", "folder__is_mount_point").order_by("pk"):
        if (row.size_bytes, row.oshash) in wanted:
            by_content.setdefault((row.size_bytes, row.oshash), []).append(row)
    places = _OldPlaces()
    origins = {}
    for look in looks:
        candidates = by_content.get(look.content, [])
        fitting = [row for row in candidates if _is_at(row, look, folder) or places.are_left(row)]
        fitting = [row for row in fitting if _may_be(row, look)]
        if fitting:
            best = max(fitting, key=lambda row: _likelihood(row, look, folder))
            candidates.remove(best)
            origins[look.path] = best
    return origins


def _is_at(row: VideoFile, look: Look, folder: Folder) -> bool:
    return row.folder_id == folder.pk and row.relative_path == look.path


def _likelihood(row: VideoFile, look: Look, folder: Folder) -> tuple[bool, bool, bool]:
    has_name = os.path.basename(row.relative_path) == os.path.basename(look.path)
    return _is_at(row, look, folder), has_name, row.folder_id == folder.pk


def _may_be(row: VideoFile, look: Look) -> bool:
    """Where the lost content was once told from another of its size and oshash, the found file is read whole too."""
    try:
        return not row.content_hash or content_hash(look.found.fs_path) == row.content_hash
    except OSError:
        return False


class _OldPlaces:
    """Whether content is still where it was last seen. Looks at each folder and file once."""

    def __init__(self) -> None:
        self._available: dict[int, bool] = {}
        self._left: dict[int, bool] = {}

    def are_left(self, row: VideoFile) -> bool:
        """Whether the row's place can be looked at, and nothing is there, or something else."""
        if row.folder_id not in self._available:
            self._available[row.folder_id] = is_available(row.folder)
        if not self._available[row.folder_id]:
            return False
        if row.pk not in self._left:
            self._left[row.pk] = _is_left(row)
        return self._left[row.pk]


def _is_left(row: VideoFile) -> bool:
    path = row.fs_path
    try:
        status = os.stat(path)
        if (status.st_size, mtime_ns(status)) == (row.size_bytes, row.mtime_ns):
            return False
        return status.st_size != row.size_bytes or oshash(path) != row.oshash
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
