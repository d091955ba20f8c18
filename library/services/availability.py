"""Whether a folder's disk is there, and the same one as before. Nothing is judged missing while it isn't."""

import os
from collections.abc import Iterable

from library.exceptions import FolderUnavailableError
from library.models import Folder, VideoFile
from library.paths import decode_path, display_path, encode_path
from library.services.disks import MARKER_NAME, device_of, is_network_path, read_marker, write_marker

_SAMPLE = 24
_KEPT = "Nothing was marked missing."


def check_folder_readable(path: str) -> None:
    """Raises FolderUnavailableError unless `path` (as `os` gives it) is a folder whose names can be listed."""
    shown = display_path(encode_path(path))
    try:
        with os.scandir(path):
            return
    except FileNotFoundError:
        raise FolderUnavailableError(f"There is no folder {shown}: check the path, or mount its disk.") from None
    except NotADirectoryError:
        raise FolderUnavailableError(f"{shown} is a file: name the folder it lies in.") from None
    except PermissionError:
        raise FolderUnavailableError(f"The folder {shown} may not be read: give this user read permission.") from None
    except OSError as error:
        raise FolderUnavailableError(f"The folder {shown} can't be read: {error.strerror}.") from None


def is_available(folder: Folder) -> bool:
    """Whether the folder is there on the disk of its last scan; that a file isn't in it means something then.

    Asks the database nothing: `folder` needs path, is_mount_point, sentinel and device.
    """
    root = folder.fs_path
    if folder.is_elsewhere or not os.path.isdir(root) or (folder.is_mount_point and not os.path.ismount(root)):
        return False
    if folder.sentinel:
        return _marker_of(root) == folder.sentinel
    return not _is_other_device(folder)


def check_available(folder: Folder, *, accept_change: bool) -> None:
    """Raises FolderUnavailableError with its own sentence for each way in which the folder's disk isn't there.

    With `accept_change` only a folder that can't be read is refused: the owner says that what is there now is it. That
    is remembered at once, as is the same collection on a new disk: moves are seen only where places can be judged.
    """
    root, shown = folder.fs_path, folder.shown_path
    if folder.is_elsewhere:
        raise FolderUnavailableError(
            f"This machine sees {shown} at {display_path(encode_path(root))} (VIDEOTHEK_PATH_MAP), so it can't tell "
            f"what is missing: scan on the machine that the folder was added on. {_KEPT}"
        )
    check_folder_readable(root)
    if accept_change:
        remember_disk(folder)
        return
    if folder.is_mount_point and not os.path.ismount(root):
        raise FolderUnavailableError(
            f"The disk of {shown} is not mounted: mount it and scan again. {_KEPT} If the folder has no disk of its "
            "own any more, scan and accept missing files."
        )
    if folder.sentinel:
        _check_marker(folder)
    elif _is_other_device(folder):
        _check_device(folder)
    if os.path.ismount(root) and not folder.is_mount_point:
        # At once, so that it counts when the disk goes while it is being scanned.
        folder.is_mount_point = True
        folder.save(update_fields=["is_mount_point"])


def _check_device(folder: Folder) -> None:
    root, shown = folder.fs_path, folder.shown_path
    if not _holds_known_files(folder):
        raise FolderUnavailableError(
            f"{shown} lies on another disk than at its last scan ({folder.device} then, {device_of(root)} now), and "
            f"what the library knows there isn't on it: mount the right one and scan again. {_KEPT} If the folder "
            "begins anew on this disk, scan and accept missing files."
        )
    remember_disk(folder)


def _check_marker(folder: Folder) -> None:
    root, shown = folder.fs_path, folder.shown_path
    marker = _marker_of(root)
    if marker == folder.sentinel:
        return
    if marker:
        raise FolderUnavailableError(
            f"The marker file {MARKER_NAME} in {shown} is that of another folder, so another disk is mounted there: "
            f"mount the right one and scan again. {_KEPT}"
        )
    raise FolderUnavailableError(
        f"The marker file {MARKER_NAME} is not in {shown}, so its disk counts as away: mount it and scan again. "
        f"{_KEPT} If somebody deleted the file, scan and accept missing files: that makes it again."
    )


def _marker_of(root: str) -> str | None:
    try:
        return read_marker(root)
    except OSError:
        return None


def _is_other_device(folder: Folder) -> bool:
    """False where the system tells nothing: then nothing can be said."""
    if not folder.device:
        return False
    now = device_of(folder.fs_path)
    return bool(now) and now != folder.device


def _holds_known_files(folder: Folder) -> bool:
    """Whether most of a sample of the folder's files lie there as they are known: the collection on a new disk."""
    sample = VideoFile.objects.present().filter(folder=folder).order_by("oshash", "pk")
    return agrees(folder.fs_path, sample.values_list("relative_path", "size_bytes")[:_SAMPLE])


def agrees(root: str, files: Iterable[tuple[str, int]]) -> bool:
    """Whether at least half of the files (stored path, size) lie below `root`, or there are none to look for."""
    found = total = 0
    for path, size in files:
        total += 1
        found += _size_at(os.path.join(root, decode_path(path))) == size
    return 2 * found >= total


def _size_at(path: str) -> int | None:
    try:
        return os.stat(path).st_size
    except OSError:
        return None


def emptied_sentence(folder: Folder, known: int) -> str:
    """What to say of a folder that lists nothing although `known` files were there."""
    files = "1 file" if known == 1 else f"{known:,} files"
    if is_network_path(folder.fs_path):
        return (
            f"The network share of {folder.shown_path} holds no video any more, but the library knows {files} there: "
            f"its server may be away, or shares another folder. {_KEPT} If you emptied it, scan and accept missing "
            "files."
        )
    return (
        f"{folder.shown_path} holds no video any more, but the library knows {files} there. Is its disk mounted? "
        f"{_KEPT} If you emptied it, scan and accept missing files."
    )


def remember_disk(folder: Folder) -> None:
    """Notes on which disk the folder lies, after a scan that may be believed. Writes only what changed."""
    root = folder.fs_path
    now = {"is_mount_point": os.path.ismount(root), "device": device_of(root) or folder.device}
    if folder.sentinel and _marker_of(root) != folder.sentinel:
        now["sentinel"] = _new_marker(root)
    changed = {name: value for name, value in now.items() if getattr(folder, name) != value}
    for name, value in changed.items():
        setattr(folder, name, value)
    if changed:
        folder.save(update_fields=list(changed))


def _new_marker(root: str) -> str:
    try:
        return write_marker(root)
    except OSError:
        return ""
