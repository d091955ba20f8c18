"""Telling the library that a folder, or a part of one, lies elsewhere now. Files are never touched."""

import os
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import F, QuerySet

from library.exceptions import FolderOverlapError, FolderUnavailableError
from library.hashing import oshash
from library.models import ChangeBatch, Folder, VideoFile
from library.paths import decode_path, display_path, encode_path
from library.services.availability import check_folder_readable, remember_disk
from library.services.changes import change_batch
from library.services.folders import containing_folder, register_folder, root_of
from library.services.turns import one_at_a_time

_SAMPLE = 200
# Below this share of the sample the new place isn't the folder.
LEAST_PERCENT = 80
_NAMED = 5


@dataclass(frozen=True, slots=True)
class RelocationPlan:
    """What a relocation would do. `subpath` is the part that lies elsewhere ("" for the whole folder, stored form).

    `sampled` files were looked for at the new place by size and oshash, `matching` were there; `absent` names some that
    were not. `target` is the folder of the library that the part would belong to; None when one would be made.
    """

    folder: Folder
    subpath: str
    new_path: str
    files: int
    sampled: int
    matching: int
    absent: tuple[str, ...]
    target: Folder | None

    @property
    def shown_old(self) -> str:
        return display_path("/".join(filter(None, (self.folder.path.rstrip("/"), self.subpath))))

    @property
    def shown_new(self) -> str:
        return display_path(encode_path(self.new_path))

    @property
    def problem(self) -> str:
        """Why it isn't done, in a sentence; empty when nothing is in the way."""
        if not self.files:
            return f"The library knows no file in {self.shown_old}."
        if 100 * self.matching < LEAST_PERCENT * self.sampled:
            return (
                f"Of {self.sampled:,} files that were looked for only {self.matching:,} lie in {self.shown_new} with "
                "the same size and content: this is another folder, or a part of them was left behind."
            )
        return ""


@dataclass(frozen=True, slots=True)
class Relocated:
    """What was done: files that lie elsewhere now, those that stayed as another file is known in their new place, and
    the batch by which the relocation of a whole folder can be undone."""

    folder: Folder
    moved: int
    stayed: int
    batch: ChangeBatch


def plan_relocation(*, folder: Folder, new_path: str, subpath: str = "") -> RelocationPlan:
    """Looks at the new place. Reads up to 200 files there, writes nothing.

    Raises FolderUnavailableError when it can't be listed, FolderOverlapError when it lies in another folder of the
    library and the whole folder was meant.
    """
    root = root_of(new_path)
    check_folder_readable(root)
    held = containing_folder(root)
    if not subpath and held is not None and held[0].pk != folder.pk:
        raise FolderOverlapError(
            f"{display_path(encode_path(root))} lies in the folder {held[0].shown_path}, which the library has "
            "already: scan that one, and it takes up the files by their content."
        )
    if not subpath and root == folder.fs_path:
        raise FolderUnavailableError(f"{folder.name} lies there already.")
    files = _files_in(folder, subpath)
    # Those that were there at the last scan first; by their oshash they come from anywhere in the folder.
    ordered = files.order_by(F("missing_since").asc(nulls_first=True), "oshash", "pk")
    sample = list(ordered.values_list("relative_path", "size_bytes", "oshash")[:_SAMPLE])
    skipped = len(subpath) + 1 if subpath else 0
    absent = [path for path, size, digest in sample if not _is_at(root, path[skipped:], size, digest)]
    return RelocationPlan(
        folder=folder,
        subpath=subpath,
        new_path=root,
        files=files.count(),
        sampled=len(sample),
        matching=len(sample) - len(absent),
        absent=tuple(display_path(path) for path in absent[:_NAMED]),
        target=(held[0] if held is not None else None) if subpath else folder,
    )


def relocate(*, folder: Folder, new_path: str, subpath: str = "", user: Any = None) -> Relocated:
    """Rewrites where the files lie, in one statement, and keeps their old paths. The next scan sees to the rest.

    A part goes to the folder of the library that holds the new place, or to a new one. Raises what `plan_relocation`
    does, FolderUnavailableError when that has a problem, ScanInProgressError while the folder is scanned.
    """
    plan = plan_relocation(folder=folder, new_path=new_path, subpath=subpath)
    if plan.problem:
        raise FolderUnavailableError(plan.problem)
    with one_at_a_time(folder), change_batch(summary=f"Moved {folder.name} to {plan.shown_new}", user=user) as batch:
        _keep_old_paths(folder, subpath)
        if subpath:
            moved, target = _move_part(plan, user)
            return Relocated(target, moved, plan.files - moved, batch)
        folder.path, folder.device = encode_path(plan.new_path), ""
        folder.save(update_fields=["path", "device"])
        remember_disk(folder)
    return Relocated(folder, plan.files, 0, batch)


def _files_in(folder: Folder, subpath: str) -> QuerySet[VideoFile]:
    files = VideoFile.objects.filter(folder=folder)
    return files.filter(relative_path__startswith=subpath + "/") if subpath else files


def _is_at(root: str, stored: str, size_bytes: int, digest: str) -> bool:
    path = os.path.join(root, decode_path(stored))
    try:
        return os.stat(path).st_size == size_bytes and (not digest or oshash(path) == digest)
    except OSError:
        return False


def _keep_old_paths(folder: Folder, subpath: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO library_oldpath (file_id, path, left_at) SELECT id, %s || relative_path, now() "
            "FROM library_videofile WHERE folder_id = %s AND starts_with(relative_path, %s) ON CONFLICT DO NOTHING",
            [folder.path.rstrip("/") + "/", folder.pk, subpath + "/" if subpath else ""],
        )


def _move_part(plan: RelocationPlan, user: Any) -> tuple[int, Folder]:
    target = plan.target or register_folder(path=plan.new_path, user=user)
    held = containing_folder(plan.new_path)
    part = encode_path(held[1]) if held is not None else ""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE library_videofile AS file SET folder_id = %(target)s, "
            "relative_path = %(part)s || substr(relative_path, %(skipped)s) "
            "WHERE folder_id = %(folder)s AND starts_with(relative_path, %(subpath)s) AND (missing_since IS NOT NULL "
            "OR NOT EXISTS (SELECT 1 FROM library_videofile AS other WHERE other.folder_id = %(target)s "
            "AND other.missing_since IS NULL AND md5(other.relative_path) = "
            "md5(%(part)s || substr(file.relative_path, %(skipped)s))))",
            {
                "target": target.pk,
                "part": part + "/" if part else "",
                "skipped": len(plan.subpath) + 2,
                "folder": plan.folder.pk,
                "subpath": plan.subpath + "/",
            },
        )
        return cursor.rowcount, target
