"""Deleting for good what lies in the trash: rows, pictures, and the files on disk where that is wanted and safe."""

import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.files.storage import default_storage
from django.db import transaction

from library.exceptions import LibraryError
from library.models import IgnoredFile, LibrarySettings, Tag, User, Video, VideoFile
from library.models.audit import AuditKind
from library.models.file import FileState
from library.services.audit import record
from library.services.availability import is_available
from library.services.changes import change_batch
from library.services.deleting import NotDeletedError, delete_file
from library.services.trash import Trashable, due_before, on_trashed, register_trashable, trashable, trashables
from library.services.videos import copy_facts, lock_files

_BATCH = 200
_NAMED = 20
# Characters of two names that fit into one, with a number.
_NAME_KEPT = 40
_KEPT_BY_SETTING = "The settings say that purging leaves files on the disk."
_DISK_AWAY = "Its disk was away when it was purged."
_FOLDER_REMOVED = "Its folder had been removed from the library when it was purged."
_USED_ELSEWHERE = "Another video has the same content."
_CUT_OFF = "Its deletion was cut off: purge it again, or delete it by hand."

# (ids of files whose rows are about to go) -> what to do once that is committed
BeforePurge = Callable[[Sequence[int]], Callable[[], None]]
_before_purge: list[BeforePurge] = []


def before_purge(prepare: BeforePurge) -> None:
    """`prepare(file_ids)` is called in the purge's transaction, and what it returns after the commit: to delete
    pictures that were made from the files."""
    _before_purge.append(prepare)


@dataclass(slots=True)
class _Disk:
    """Files of purged rows: those to delete, each with the row that keeps scans from importing it until it is gone."""

    files: list[tuple[VideoFile, IgnoredFile]] = field(default_factory=list)
    after: list[Callable[[], None]] = field(default_factory=list)
    covers: list[str] = field(default_factory=list)


def purge(*, kind: str, ids: Iterable[int], user: Any = None) -> int:
    """Deletes rows for good, of those that lie in the trash; returns how many. Raises KeyError for an unknown kind.

    Can't be undone. A file on disk goes too, unless the settings keep it, its disk is away, another video has the same
    content, or it lies behind a link; one that stays is remembered (IgnoredFile), so that no scan takes it for new.
    """
    known = trashable(kind)
    wanted = list(ids)
    return sum(known.purge(wanted[at : at + _BATCH], user) for at in range(0, len(wanted), _BATCH))


def purge_due(*, seconds: float = 120.0) -> int:
    """Purges what has been in the trash for longer than the settings say, for at most about that long; how many."""
    before = due_before()
    if before is None:
        return 0
    due = {kind.kind: kind.rows().filter(trashed_at__lt=before) for kind in trashables()}
    return sum(_purge_rows(kind, rows, None, time.monotonic() + seconds) for kind, rows in due.items())


def empty_trash(*, user: Any = None, seconds: float = 20.0) -> int:
    """Purges everything that lies in the trash, for at most about that long; returns how many rows."""
    until = time.monotonic() + seconds
    return sum(_purge_rows(kind.kind, kind.rows(), user, until) for kind in trashables())


def _purge_rows(kind: str, rows: Any, user: Any, until: float) -> int:
    ids = list(rows.order_by("trashed_at", "pk").values_list("pk", flat=True))
    purged = 0
    for at in range(0, len(ids), _BATCH):
        if time.monotonic() > until:
            break
        purged += purge(kind=kind, ids=ids[at : at + _BATCH], user=user)
    return purged


def purge_rows(
    model: type[Any], one: str, many: str, *, files: Sequence[str] = ()
) -> Callable[[Sequence[int], Any], int]:
    """How most kinds are purged: rows and what hangs on them go, and the uploaded files that `files` (dotted from the
    model, "logo", "pictures__image") name."""

    def run(ids: Sequence[int], user: Any) -> int:
        disk = _Disk()
        with change_batch(summary=f"Purged {many}", user=user, can_undo=False) as batch:
            rows = model._default_manager.select_for_update(of=("self",)).exclude(trashed_at=None).filter(pk__in=ids)
            names = {row.pk: str(row) for row in rows.order_by("pk")}
            for column in files:
                named = model._default_manager.filter(pk__in=names).values_list(column, flat=True)
                disk.covers += [name for name in named if name]
            model._default_manager.filter(pk__in=names).delete()
            batch.summary = f"Purged {len(names):,} {one if len(names) == 1 else many}"
            _remember(batch.summary, list(names.values()), user)
        _finish(disk)
        return len(names)

    return run


def _purge_videos(ids: Sequence[int], user: Any) -> int:
    disk = _Disk()
    with change_batch(summary="Purged videos", user=user, can_undo=False) as batch:
        videos = {v.pk: v for v in Video.objects.trashed().select_for_update().filter(pk__in=ids).order_by("pk")}
        files = list(VideoFile.objects.filter(video__in=videos).select_related("folder").order_by("pk"))
        _prepare(disk, files, going=list(videos))
        disk.covers = [video.cover.name for video in videos.values() if video.cover]
        VideoFile.objects.filter(pk__in=[file.pk for file in files]).delete()
        Video.objects.filter(pk__in=videos).delete()
        batch.summary = f"Purged {trashable('video').counted(len(videos))}"
        _remember(batch.summary, [video.title for video in videos.values()], user, files)
    _finish(disk)
    return len(videos)


def _purge_files(ids: Sequence[int], user: Any) -> int:
    disk = _Disk()
    with change_batch(summary="Purged files", user=user, can_undo=False) as batch:
        rows = VideoFile.objects.select_for_update(of=("self",)).exclude(trashed_at=None).filter(pk__in=ids)
        files = list(rows.select_related("folder").order_by("pk"))
        _prepare(disk, files, going=[file.video_id for file in files if file.video_id])
        VideoFile.objects.filter(pk__in=[file.pk for file in files]).delete()
        batch.summary = f"Purged {trashable('file').counted(len(files))}"
        _remember(batch.summary, [], user, files)
    _finish(disk)
    return len(files)


def _purge_tags(ids: Sequence[int], user: Any) -> int:
    """Children of purged tags come below what is left above; where a tag of their name lies there, theirs gets an
    addition."""
    with change_batch(summary="Purged tags", user=user, can_undo=False):
        going = dict(Tag.objects.exclude(trashed_at=None).filter(pk__in=ids).values_list("pk", "parent_id"))
        for child in Tag.objects.filter(parent__in=going).exclude(pk__in=going).select_related("parent"):
            assert child.parent is not None
            above = child.parent_id
            while above in going:
                above = going[above]
            if Tag.objects.filter(parent=above, name_key=child.name_key).exclude(pk=child.pk).exists():
                child.name = f"{child.name[:_NAME_KEPT]} ({child.parent.name[:_NAME_KEPT]}, {child.pk})"
            child.parent_id = above
            child.save(update_fields=["parent", "name"])
        return purge_rows(Tag, "tag", "tags")(ids, user)


def _prepare(disk: _Disk, files: Sequence[VideoFile], *, going: Sequence[int]) -> None:
    """Decides for each file whether it is deleted, and remembers those that may still be on disk."""
    keeps_all = LibrarySettings.load().is_trash_kept_on_disk
    used = _used_elsewhere(files, going)
    available: dict[int, bool] = {}
    ignored = []
    for file in files:
        folder = file.folder
        if folder.pk not in available:
            available[folder.pk] = is_available(folder)
        if available[folder.pk] and not os.path.lexists(file.fs_path):
            continue
        reason = _CUT_OFF
        if keeps_all:
            reason = _KEPT_BY_SETTING
        elif folder.removed_at is not None:
            reason = _FOLDER_REMOVED
        elif not available[folder.pk]:
            reason = _DISK_AWAY
        elif file.pk in used:
            reason = _USED_ELSEWHERE
        row = IgnoredFile(
            folder=folder,
            relative_path=file.relative_path,
            size_bytes=file.size_bytes,
            oshash=file.oshash,
            reason=reason,
        )
        ignored.append(row)
        if reason == _CUT_OFF:
            disk.files.append((file, row))
    for row in ignored:
        IgnoredFile.objects.filter(folder=row.folder, relative_path=row.relative_path).delete()
    IgnoredFile.objects.bulk_create(ignored)
    disk.after = [prepare([file.pk for file in files]) for prepare in _before_purge]


def _used_elsewhere(files: Sequence[VideoFile], going: Sequence[int]) -> set[int]:
    """Those of the files whose content a video has that stays in the library."""
    sizes, digests = {file.size_bytes for file in files}, {file.oshash for file in files if file.oshash}
    others = VideoFile.objects.filter(size_bytes__in=sizes, oshash__in=digests, trashed_at=None)
    others = others.filter(video__isnull=False, video__trashed_at=None).exclude(video__in=going)
    contents: dict[tuple[int, str], set[str]] = {}
    for size, digest, whole in others.values_list("size_bytes", "oshash", "content_hash"):
        contents.setdefault((size, digest), set()).add(whole)
    used = set()
    for file in files:
        wholes = contents.get((file.size_bytes, file.oshash))
        if wholes is not None and (not file.content_hash or "" in wholes or file.content_hash in wholes):
            used.add(file.pk)
    return used


def _remember(summary: str, names: list[str], user: Any, files: Sequence[VideoFile] = ()) -> None:
    """The audit's event; nothing when nothing was purged."""
    if not names and not files:
        return
    detail: dict[str, Any] = {"names": names[:_NAMED], "count": len(names) or len(files)}
    if files:
        paths = [f"{file.folder.shown_path}/{file.shown_path}" for file in files]
        detail |= {"files": paths[:_NAMED], "file_count": len(paths)}
    record(kind=AuditKind.PURGE, user=user if isinstance(user, User) else None, subject=summary, detail=detail)


def _finish(disk: _Disk) -> None:
    """After the commit: pictures and files go. What is cut off here is still remembered, and never imported again."""
    for run in disk.after:
        run()
    for name in disk.covers:
        default_storage.delete(name)
    for file, row in disk.files:
        try:
            delete_file(
                root=file.folder.fs_path,
                path=os.path.relpath(file.fs_path, file.folder.fs_path),
                size_bytes=file.size_bytes,
                changed_ns=file.mtime_ns,
                digest=file.oshash,
            )
        except NotDeletedError as error:
            IgnoredFile.objects.filter(pk=row.pk).update(reason=str(error)[:200])
        else:
            IgnoredFile.objects.filter(pk=row.pk).delete()


def import_again(*, ids: Iterable[int]) -> list[IgnoredFile]:
    """Lets the next scan take the files for new; returns what was forgotten, with folders."""
    with transaction.atomic():
        rows = list(IgnoredFile.objects.filter(pk__in=list(ids)).select_related("folder"))
        IgnoredFile.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return rows


def _check_files(ids: Sequence[int]) -> None:
    """A video keeps one file that isn't in the trash."""
    going = VideoFile.objects.filter(pk__in=ids).exclude(video=None)
    staying = VideoFile.objects.filter(trashed_at=None).exclude(pk__in=ids).values("video")
    last = going.exclude(video__in=staying).select_related("video").first()
    if last is not None and last.video is not None:
        raise LibraryError(f"{last.shown_name} is the only file of {last.video.title}: put the video into the trash.")


def _play_another(ids: Sequence[int]) -> None:
    """Another file takes the place of a trashed one that is played, a present and finished one first."""
    lock_files(ids)
    for file in VideoFile.objects.filter(pk__in=ids, is_primary=True).exclude(video=None).order_by("pk"):
        others = VideoFile.objects.filter(video=file.video_id, trashed_at=None)
        heirs = [
            others.filter(missing_since=None, state__in=(FileState.READY, FileState.PROBED)).order_by("-state", "pk"),
            others.order_by("missing_since", "pk"),
        ]
        heir = next((found for rows in heirs if (found := rows.first())), None)
        if heir is not None:
            VideoFile.objects.filter(pk=file.pk).update(is_primary=False)
            VideoFile.objects.filter(pk=heir.pk).update(is_primary=True)
            copy_facts(heir)


register_trashable(Trashable("video", Video, "video", "videos", _purge_videos, order=10))
register_trashable(Trashable("file", VideoFile, "file", "files", _purge_files, order=20, check=_check_files))
register_trashable(Trashable("tag", Tag, "tag", "tags", _purge_tags, order=30))
on_trashed("file", _play_another)
