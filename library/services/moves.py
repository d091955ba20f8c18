"""Recognising content that has left its old place."""

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from library.hashing import content_hash, oshash
from library.models import Folder, VideoFile
from library.services.availability import is_available
from library.services.looking import Look
from library.services.walk import mtime_ns

_COLUMNS = ("folder", "relative_path", "size_bytes", "mtime_ns", "oshash", "content_hash", "missing_since")
# What tells whether a place can be looked at, and what it was called.
_FOLDER_COLUMNS = tuple(f"folder__{name}" for name in ("path", "is_mount_point", "sentinel", "device", "removed_at"))


@dataclass(slots=True)
class _Lost:
    """Rows of one content: those whose file has left its place, and missing ones whose place may hold it again."""

    left: list[VideoFile] = field(default_factory=list)
    back: dict[str, VideoFile] = field(default_factory=dict)


def find_origins(looks: Sequence[Look], folder: Folder) -> dict[str, VideoFile]:
    """For files whose content is known from a place where it no longer is: the row of it, by the new path.

    A row is given once; of several lost copies the one of the same path, then of the same name, then of the same
    folder is the likeliest. A file that could never be read is known by size and name: where exactly one such is gone
    from its place, it is the one. Two queries; looks at the old places on disk, so it is called outside transactions.
    """
    readable = [look for look in looks if look.oshash and look.found.size_bytes]
    places = _OldPlaces()
    lost_by_content = _find_lost({look.content for look in readable}, folder, places)
    origins = {}
    for look in readable:
        lost = lost_by_content.get(look.content)
        if lost and (origin := _take_likeliest(lost, look, folder)):
            origins[look.path] = origin
    return origins | _find_unread([look for look in readable if look.path not in origins], places)


def _find_unread(looks: Sequence[Look], places: "_OldPlaces") -> dict[str, VideoFile]:
    """Rows without an oshash whose size and name one of the looks has, by its path."""
    by_name: dict[tuple[int, str], list[str]] = {}
    for look in looks:
        by_name.setdefault((look.found.size_bytes, os.path.basename(look.path)), []).append(look.path)
    rows = VideoFile.objects.filter(size_bytes__in={size for size, _ in by_name}, oshash="").select_related("folder")
    gone: dict[tuple[int, str], list[VideoFile]] = {}
    for row in rows.only(*_COLUMNS, *_FOLDER_COLUMNS) if by_name else ():
        key = row.size_bytes, os.path.basename(row.relative_path)
        if key in by_name and places.are_empty(row):
            gone.setdefault(key, []).append(row)
    return {by_name[key][0]: found[0] for key, found in gone.items() if len(found) == len(by_name[key]) == 1}


def _find_lost(
    contents: Collection[tuple[int, str]], folder: Folder, places: "_OldPlaces"
) -> dict[tuple[int, str], _Lost]:
    if not contents:
        return {}
    sizes, digests = {size for size, _ in contents}, {digest for _, digest in contents}
    rows = VideoFile.objects.filter(size_bytes__in=sizes, oshash__in=digests).select_related("folder")
    found: dict[tuple[int, str], _Lost] = {}
    for row in rows.only(*_COLUMNS, *_FOLDER_COLUMNS).order_by("pk"):
        content = (row.size_bytes, row.oshash)
        if content not in contents:
            continue
        if places.are_left(row):
            found.setdefault(content, _Lost()).left.append(row)
        elif row.missing_since is not None and row.folder_id == folder.pk:
            found.setdefault(content, _Lost()).back[row.relative_path] = row
    return found


def _take_likeliest(lost: _Lost, look: Look, folder: Folder) -> VideoFile | None:
    digest = look.content_hash or _content_hash_if_needed(lost, look)
    row = lost.back.get(look.path)
    if row is not None and _agree(row, digest):
        return lost.back.pop(look.path)
    name = os.path.basename(look.path)
    best = max(
        (row for row in lost.left if _agree(row, digest)),
        key=lambda row: (
            row.relative_path == look.path,
            os.path.basename(row.relative_path) == name,
            row.folder_id == folder.pk,
        ),
        default=None,
    )
    if best is not None:
        lost.left.remove(best)
    return best


def _content_hash_if_needed(lost: _Lost, look: Look) -> str:
    """Where lost content was once told from another of its size and oshash, the found file is read whole too."""
    if not any(row.content_hash for row in (*lost.left, *lost.back.values())):
        return ""
    try:
        return content_hash(look.found.fs_path)
    except OSError:
        return ""


def _agree(row: VideoFile, digest: str) -> bool:
    return not row.content_hash or row.content_hash == digest


class _OldPlaces:
    """Whether content is still where it was last seen. Looks at each folder once."""

    def __init__(self) -> None:
        self._available: dict[int, bool] = {}

    def are_left(self, row: VideoFile) -> bool:
        """Whether the row's place can be looked at, and nothing is there, or something else.

        What lay in a folder that was removed from the library has left it, wherever it is found now.
        """
        if row.folder.removed_at is not None:
            return True
        return self._can_be_looked_at(row) and _is_left(row)

    def are_empty(self, row: VideoFile) -> bool:
        """Whether the row's place can be looked at, and nothing is there."""
        return self._can_be_looked_at(row) and not os.path.lexists(row.fs_path)

    def _can_be_looked_at(self, row: VideoFile) -> bool:
        if row.folder_id not in self._available:
            self._available[row.folder_id] = is_available(row.folder)
        return self._available[row.folder_id]


def _is_left(row: VideoFile) -> bool:
    path = row.fs_path
    try:
        status = os.stat(path)
        if (status.st_size, mtime_ns(status)) == (row.size_bytes, row.mtime_ns):
            return False
        return status.st_size != row.size_bytes or oshash(path) != row.oshash or _has_other_content(row, path)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False


def _has_other_content(row: VideoFile, path: str) -> bool:
    return row.content_hash != "" and content_hash(path) != row.content_hash
