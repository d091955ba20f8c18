"""Doing a renaming, with a journal that a crash at any moment leaves readable, and taking it back."""

import contextlib
import os
import posixpath
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from library.exceptions import RenameRefusedError
from library.models import Folder, LibrarySettings, OldPath, RenameItem, RenameRun, User, VideoFile
from library.models.renaming import RenameState, RenameStatus
from library.paths import decode_path
from library.services.background import submit_background
from library.services.renaming.plan import Rename, is_same_entry, judge
from library.services.turns import one_at_a_time

RENAME_STAGE = "rename"
_OFF = "Renaming files is switched off: allow it in the library's settings first."

Report = Callable[[int, int], None]


def begin_renaming(*, template: str, renames: Sequence[Rename], user: User | None) -> RenameRun:
    """Orders what was planned; a job does it. Raises RenameRefusedError where it is off, or nothing is left to do."""
    if not LibrarySettings.load().is_renaming_allowed:
        raise RenameRefusedError(_OFF)
    return _order([(one.file, one.new) for one in renames], template=template, user=user, undoes=None)


def undo_renaming(*, run: RenameRun, user: User | None) -> RenameRun:
    """Orders that the files of a run get their old names back: those that still lie where it put them. A renaming that
    was taken back can be done again by undoing the undoing. Raises RenameRefusedError."""
    if run.status != RenameStatus.DONE:
        raise RenameRefusedError("It hasn't ended yet.")
    if RenameRun.objects.filter(undoes=run).exists():
        raise RenameRefusedError("It was taken back already.")
    items = run.items.filter(state=RenameState.DONE).select_related("file__folder")
    wanted = [(item.file, item.old_path) for item in items if item.file.relative_path == item.new_path]
    return _order(wanted, template=run.template, user=user, undoes=run)


def _order(
    wanted: Iterable[tuple[VideoFile, str]], *, template: str, user: User | None, undoes: RenameRun | None
) -> RenameRun:
    # As it is now, not as it was when somebody looked at the plan.
    possible = [one for one in judge(wanted) if not one.problem]
    if not possible:
        raise RenameRefusedError("There is nothing left to rename: something is in the way of each file.")
    with transaction.atomic():
        run = RenameRun.objects.create(template=template, user=user, undoes=undoes)
        RenameItem.objects.bulk_create(
            [
                RenameItem(
                    run=run,
                    file=one.file,
                    old_path=one.old,
                    new_path=one.new,
                    companions=[list(pair) for pair in one.companions],
                )
                for one in possible
            ],
            batch_size=2_000,
        )
        submit_background(RENAME_STAGE, run.pk, requested_by_id=user.pk if user is not None else None)
    return run


def apply_renaming(*, run_id: int, report: Report = lambda done, total: None) -> RenameRun:
    """Renames what the run has left; called again after a crash it goes on where it was. Each file is one step of its
    own. Raises ScanInProgressError beside a scan of one of the folders."""
    run = RenameRun.objects.get(pk=run_id)
    if run.status == RenameStatus.DONE:
        return run
    items = run.items.filter(state__in=(RenameState.PLANNED, RenameState.MOVING))
    total = run.items.count()
    done = total - items.count()
    for folder in Folder.objects.filter(pk__in=items.values("file__folder")).order_by("pk"):
        # No scan may see a file at its new place before its row says so.
        with one_at_a_time(folder):
            for item in items.filter(file__folder=folder).select_related("file__folder").order_by("pk"):
                rename_one(item)
                done += 1
                report(done, total)
    counts = {state: run.items.filter(state=state).count() for state in (RenameState.DONE, RenameState.FAILED)}
    run.renamed_count, run.failed_count = counts[RenameState.DONE], counts[RenameState.FAILED]
    run.status, run.ended_at = RenameStatus.DONE, timezone.now()
    run.save(update_fields=["renamed_count", "failed_count", "status", "ended_at"])
    return run


def rename_one(item: RenameItem) -> None:
    """One file and its companions. May be called again after a crash between any two of its steps:

    the journal says "moving" and which file it is (its inode) before the disk is touched; the row follows the disk. A
    file that lies at its new place with that inode was moved; one that still lies at the old one is moved now.
    """
    root = item.file.folder.fs_path
    old, new = os.path.join(root, decode_path(item.old_path)), os.path.join(root, decode_path(item.new_path))
    # After a crash, an empty file at the new place is the one that took the name.
    is_resumed = item.state == RenameState.MOVING
    if not is_resumed:
        try:
            status = os.lstat(old)
        except OSError:
            return _fail(item, "The file isn't there now.")
        if (status.st_size, status.st_mtime_ns) != (item.file.size_bytes, item.file.mtime_ns):
            return _fail(item, "The file has changed since the last scan.")
        item.state, item.inode = RenameState.MOVING, _signed(status.st_ino)
        item.save(update_fields=["state", "inode"])
    try:
        if not _was_moved(item, old, new):
            move(old, new, is_resumed=is_resumed)
    except FileExistsError:
        return _fail(item, "Something lies there already; nothing is ever overwritten.")
    except OSError as error:
        return _fail(item, f"It can't be renamed: {error.strerror or error}.")
    # Before the row: once that says "done" nobody comes here again.
    _move_companions(item, root, is_resumed)
    with transaction.atomic():
        file = item.file
        OldPath.objects.bulk_create(
            [OldPath(file=file, path=posixpath.join(file.folder.path, item.old_path), left_at=timezone.now())],
            ignore_conflicts=True,
        )
        VideoFile.objects.filter(pk=file.pk).update(relative_path=item.new_path)
        item.state = RenameState.DONE
        item.save(update_fields=["state"])
    _remove_empty(os.path.dirname(old), root)
    return None


def _signed(inode: int) -> int:
    """As PostgreSQL's bigint holds it."""
    return inode - 2**64 if inode >= 2**63 else inode


def _was_moved(item: RenameItem, old: str, new: str) -> bool:
    try:
        there = os.lstat(new)
    except OSError:
        return False
    if _signed(there.st_ino) != item.inode:
        return False
    # Of names that differ in case only the old one finds the file, too: what the folder lists counts.
    return not os.path.lexists(old) or os.path.basename(new) in os.listdir(os.path.dirname(new))


def move(old: str, new: str, *, is_resumed: bool = False) -> None:
    """Renames without ever overwriting: the new name is taken by an empty file that nobody else can have made, which
    the renaming replaces. Raises FileExistsError. `is_resumed`: an empty file there was made by the try before."""
    Path(os.path.dirname(new)).mkdir(parents=True, exist_ok=True)
    if is_same_entry(old, new):
        # The file system doesn't tell case: it is its own obstacle.
        Path(old).rename(new)
    else:
        _take_name(new, is_resumed)
        try:
            Path(old).replace(new)
        except OSError:
            Path(new).unlink()
            raise
    for folder in {os.path.dirname(old), os.path.dirname(new)}:
        _flush(folder)


def _take_name(new: str, is_resumed: bool) -> None:
    """An empty file at `new`."""
    try:
        os.close(os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        status = os.lstat(new)
        if not is_resumed or status.st_size or status.st_mode & 0o170777 != 0o100600:
            raise


def _flush(folder: str) -> None:
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _move_companions(item: RenameItem, root: str, is_resumed: bool) -> None:
    """As far as they can: a subtitle that stays behind is no reason to leave the film behind, too."""
    for old_name, new_name in item.companions:
        old, new = os.path.join(root, decode_path(old_name)), os.path.join(root, decode_path(new_name))
        with contextlib.suppress(OSError):
            if os.path.lexists(old):
                move(old, new, is_resumed=is_resumed)


def _remove_empty(folder: str, root: str) -> None:
    """Folders that the renaming left empty go, up to the library's own."""
    while folder.startswith(root.rstrip("/") + "/"):
        try:
            Path(folder).rmdir()
        except OSError:
            return
        folder = os.path.dirname(folder)


def _fail(item: RenameItem, error: str) -> None:
    item.state, item.error = RenameState.FAILED, error[:500]
    item.save(update_fields=["state", "error"])
