"""Videos none of whose files can be found: where they were, and looking for them."""

import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Prefetch, QuerySet

from library.hashing import content_hash, oshash
from library.models import Video, VideoFile
from library.paths import decode_path, encode_path
from library.services.availability import check_folder_readable
from library.services.folders import FolderTarget, containing_folder, root_of
from library.services.walk import Walk


def missing_videos() -> QuerySet[Video]:
    """Videos that are missing and not in the trash, the latest first, each with `last_files`: its files, the one that
    was played first, with folders. Two queries for any number of rows."""
    files = VideoFile.objects.filter(trashed_at=None).select_related("folder").order_by("-is_primary", "pk")
    missing = Video.objects.in_library().missing().order_by("-missing_since", "-pk")
    return missing.prefetch_related(Prefetch("files", files, to_attr="last_files"))


def last_places(*, video_ids: Iterable[int]) -> list[FolderTarget]:
    """What to scan to look again for these videos: for each folder the part that holds their last places.

    Folders that are inactive or were removed are left out.
    """
    files = (
        VideoFile.objects.missing().filter(video__in=list(video_ids)).select_related("folder").order_by("folder", "pk")
    )
    parts: dict[int, list[str]] = {}
    folders = {}
    for file in files.filter(folder__removed_at=None, folder__is_active=True):
        folders[file.folder_id] = file.folder
        parts.setdefault(file.folder_id, []).append(os.path.dirname(file.relative_path))
    return [FolderTarget(folders[pk], _nearest(folders[pk].fs_path, found)) for pk, found in parts.items()]


def _nearest(root: str, parts: Sequence[str]) -> str:
    """The innermost folder that holds all of the parts and is there."""
    part = os.path.commonpath(parts) if all(parts) else ""
    while part and not os.path.isdir(os.path.join(root, decode_path(part))):
        part = os.path.dirname(part)
    return part


@dataclass(frozen=True, slots=True)
class Located:
    """What a look for missing files found: `places` by the file's id, absolute as `os` gives them.

    `target` is what to scan so that they are taken up; None when the place lies in no folder of the library.
    """

    places: dict[int, str]
    looked_at: int
    is_cut_short: bool
    target: FolderTarget | None


def locate(*, video_ids: Iterable[int], path: str, seconds: float = 20.0) -> Located:
    """Looks below `path` (as `os` gives it) for the missing files of the videos, by content. Writes nothing.

    Opens only files whose size agrees; looks for at most about `seconds`. Raises FolderUnavailableError.
    """
    root = root_of(path)
    check_folder_readable(root)
    wanted: dict[tuple[int, str], list[VideoFile]] = {}
    for file in VideoFile.objects.missing().filter(video__in=list(video_ids)).order_by("pk"):
        wanted.setdefault((file.size_bytes, file.oshash), []).append(file)
    sizes = {size for size, _ in wanted}
    places: dict[int, str] = {}
    looked_at, until = 0, time.monotonic() + seconds
    for found in Walk(root):
        looked_at += 1
        if found.size_bytes in sizes:
            for file in wanted.get((found.size_bytes, _oshash_of(found.fs_path)), []):
                if file.pk not in places and _is_content(file, found.fs_path):
                    places[file.pk] = found.fs_path
        if len(places) == sum(map(len, wanted.values())) or time.monotonic() > until:
            break
    held = containing_folder(root)
    target = FolderTarget(held[0], encode_path(held[1])) if held is not None else None
    return Located(places, looked_at, time.monotonic() > until, target)


def _oshash_of(path: str) -> str:
    try:
        return oshash(path)
    except OSError:
        return ""


def _is_content(file: VideoFile, path: str) -> bool:
    if not file.content_hash:
        return True
    try:
        return content_hash(path) == file.content_hash
    except OSError:
        return False
