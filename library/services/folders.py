"""Finding, adding and removing folders of the library."""

import os
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Count, Sum
from django.utils import timezone

from library.exceptions import FolderOverlapError, FolderUnavailableError
from library.models import Folder, Video, VideoFile
from library.models.video import VideoQuerySet
from library.paths import display_path, encode_path
from library.services.availability import check_folder_readable
from library.services.changes import change_batch
from library.services.disks import remove_marker, write_marker
from library.services.trash import trash
from library.services.turns import one_at_a_time
from library.services.videos import mark_missing

# PostgreSQL's advisory lock for "a folder is being added", so that two can't add overlapping ones at once.
_LOCK = 7_303
_NAME_CHARACTERS = Folder._meta.get_field("name").max_length
_BATCH = 5000


@dataclass(frozen=True, slots=True)
class FolderTarget:
    """A place to scan: a folder of the library and the part of it that is meant ("" for all, else "a/b" as stored)."""

    folder: Folder
    subpath: str


def root_of(path: str) -> str:
    """The absolute path with exactly one slash at its beginning and none at its end."""
    # POSIX lets two leading slashes mean something else, and abspath keeps them; Linux doesn't care.
    return "/" + os.path.abspath(path).strip("/")


def _part_of(path: str, root: str) -> str | None:
    """What leads from `root` to `path` ("" when they are the same); None when `path` lies elsewhere."""
    if path == root:
        return ""
    prefix = root.rstrip("/") + "/"
    return path[len(prefix) :] if path.startswith(prefix) else None


def containing_folder(path: str) -> tuple[Folder, str] | None:
    """The innermost folder of the library that is `path` or holds it, and the part of it that `path` is.

    Links are resolved first: a folder reached by two names is one.
    """
    real = os.path.realpath(path)
    held = [
        (folder, part)
        for folder in Folder.objects.in_library()
        if (part := _part_of(real, os.path.realpath(folder.fs_path))) is not None
        or (part := _part_of(path, folder.fs_path)) is not None
    ]
    return min(held, key=lambda pair: len(pair[1]), default=None)


def register_folder(*, path: str, name: str = "", user: Any = None) -> Folder:
    """The library's folder for `path` (as `os` gives it), made if it is new. The first one is the default folder.

    One that was removed comes back as it was; its next scan finds its files again. Raises FolderUnavailableError when
    it can't be listed, FolderOverlapError when a watched folder holds it. A folder that holds watched ones is fine:
    its scans leave them out.
    """
    root = root_of(path)
    check_folder_readable(root)
    with change_batch(summary=f"Added the folder {display_path(encode_path(root))}", user=user):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        held = containing_folder(root)
        if held is None:
            return _add(root, name)
    holder, part = held
    if part:
        raise FolderOverlapError(
            f"{display_path(encode_path(root))} lies in the folder {holder.shown_path}, which the library has already."
        )
    return holder


def _add(root: str, name: str) -> Folder:
    stored = encode_path(root)
    is_first = not Folder.objects.in_library().filter(is_default=True).exists()
    removed = Folder.objects.filter(path=stored).order_by("-removed_at", "-pk").first()
    if removed is not None:
        removed.removed_at, removed.is_active, removed.is_default = None, True, is_first
        removed.name = name[:_NAME_CHARACTERS] or removed.name
        removed.save(update_fields=["removed_at", "is_active", "is_default", "name"])
        return removed
    shown_name = (name or display_path(os.path.basename(stored)) or "/")[:_NAME_CHARACTERS]
    return Folder.objects.create(
        name=shown_name, path=stored, is_mount_point=os.path.ismount(root), is_default=is_first
    )


def find_or_register_folder(*, path: str) -> list[FolderTarget]:
    """What to scan so that everything below `path` is seen; registers `path` when no folder of the library holds it.

    Active folders of the library that lie below `path` follow, since the scan of the outer one leaves them out.
    """
    root = root_of(path)
    check_folder_readable(root)
    held = containing_folder(root)
    if held is not None and held[1]:
        first = FolderTarget(held[0], encode_path(held[1]))
    else:
        first = FolderTarget(register_folder(path=root), "")
    real = os.path.realpath(root)
    inner = [
        folder
        for folder in Folder.objects.active().exclude(pk=first.folder.pk)
        if _part_of(folder.fs_path, root) or _part_of(os.path.realpath(folder.fs_path), real)
    ]
    return [first, *(FolderTarget(folder, "") for folder in inner)]


def make_default(*, folder: Folder, user: Any = None) -> None:
    """Uploads and conversions go to this folder from now on; there is always exactly one."""
    with change_batch(summary=f"Made {folder.name} the default folder", user=user):
        Folder.objects.filter(is_default=True).exclude(pk=folder.pk).update(is_default=False)
        Folder.objects.in_library().filter(pk=folder.pk, is_default=False).update(is_default=True)
    folder.is_default = True


def use_marker(*, folder: Folder, is_wanted: bool) -> None:
    """Makes the folder's marker file, or removes it. Raises FolderUnavailableError when it can't be written."""
    if is_wanted == bool(folder.sentinel):
        return
    if is_wanted:
        try:
            folder.sentinel = write_marker(folder.fs_path)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise FolderUnavailableError(
                f"No marker file can be written into {folder.shown_path} ({reason}): give this user the right to, or "
                "do without it."
            ) from None
    else:
        remove_marker(folder.fs_path, folder.sentinel)
        folder.sentinel = ""
    folder.save(update_fields=["sentinel"])


@dataclass(frozen=True, slots=True)
class FolderFigures:
    """What a folder holds: `videos` have a file in it, `only_here` no file in another folder of the library."""

    files: int
    present: int
    videos: int
    only_here: int
    size_bytes: int


def _videos_only_in(folder: Folder) -> VideoQuerySet:
    here = VideoFile.objects.filter(folder=folder, video__isnull=False).values("video")
    elsewhere = VideoFile.objects.filter(video__isnull=False, folder__removed_at=None).exclude(folder=folder)
    return Video.objects.in_library().filter(pk__in=here).exclude(pk__in=elsewhere.values("video"))


def figures_of(folder: Folder) -> FolderFigures:
    """What removing the folder would concern; four queries, whatever it holds."""
    files = VideoFile.objects.filter(folder=folder)
    present = files.present().aggregate(files=Count("pk"), size_bytes=Sum("size_bytes", default=0))
    return FolderFigures(
        files=files.count(),
        present=present["files"],
        videos=Video.objects.in_library().filter(pk__in=files.values("video")).count(),
        only_here=_videos_only_in(folder).count(),
        size_bytes=int(present["size_bytes"]),
    )


def remove_folder(*, folder: Folder, user: Any = None, trash_videos: bool = False) -> int:
    """Takes the folder out of the library; its files stay on the disk. Returns how many files are missing for it.

    Everything known about its videos is kept: they are missing, or go to the trash when told so, those with files in
    other folders not. Another folder becomes the default one. One batch. Raises ScanInProgressError.
    """
    with one_at_a_time(folder), change_batch(summary=f"Removed the folder {folder.name}", user=user):
        was_default = Folder.objects.filter(pk=folder.pk, is_default=True).exists()
        Folder.objects.filter(pk=folder.pk).update(removed_at=timezone.now(), is_default=False)
        if was_default and (heir := Folder.objects.in_library().order_by("-is_active", "pk").first()):
            Folder.objects.filter(pk=heir.pk).update(is_default=True)
        if trash_videos:
            only_here = _videos_only_in(folder).order_by("pk").values_list("pk", flat=True)
            trash(kind="video", ids=list(only_here), user=user)
        ids = list(VideoFile.objects.present().filter(folder=folder).order_by("pk").values_list("pk", flat=True))
        marked = sum(
            mark_missing(folder_id=folder.pk, file_ids=ids[at : at + _BATCH]) for at in range(0, len(ids), _BATCH)
        )
    folder.refresh_from_db()
    return marked
