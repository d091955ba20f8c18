"""Adding folders to the library."""

import os
from dataclasses import dataclass

from django.db import transaction

from library.exceptions import FolderOverlapError, FolderUnavailableError
from library.models import Folder
from library.paths import decode_path, display_path, encode_path


@dataclass(frozen=True, slots=True)
class FolderTarget:
    """A place to scan: a folder of the library and the part of it that is meant ("" for all, else "a/b" as stored)."""

    folder: Folder
    subpath: str


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


def _root_of(path: str) -> str:
    return os.path.abspath(path).rstrip("/") or "/"


def _containing_folder(path: str) -> Folder | None:
    """The innermost folder of the library that is `path` or holds it."""
    best: Folder | None = None
    for folder in Folder.objects.all():
        root = folder.fs_path
        inside = path == root or path.startswith(root.rstrip("/") + "/")
        if inside and (best is None or len(folder.fs_path) > len(best.fs_path)):
            best = folder
    return best


def register_folder(*, path: str, name: str = "") -> Folder:
    """The library's folder for `path` (as `os` gives it), made if it is new.

    Raises FolderUnavailableError when it can't be listed, FolderOverlapError when a watched folder holds it. A folder
    that holds watched ones is fine: its scans leave them out.
    """
    root = _root_of(path)
    check_folder_readable(root)
    with transaction.atomic():
        holder = _containing_folder(root)
        if holder is None:
            stored = encode_path(root)
            folder = Folder(name=name or display_path(os.path.basename(stored)) or "/", path=stored)
            folder.is_mount_point = os.path.ismount(root)
            folder.save()
            return folder
    if holder.fs_path != root:
        raise FolderOverlapError(
            f"{display_path(encode_path(root))} lies in the folder {holder.shown_path}, which the library has already."
        )
    return holder


def find_or_register_folder(*, path: str) -> list[FolderTarget]:
    """What to scan so that everything below `path` is seen; registers `path` when no folder of the library holds it.

    Folders of the library that lie below `path` follow, since the scan of the outer one leaves them out.
    """
    root = _root_of(path)
    check_folder_readable(root)
    holder = _containing_folder(root)
    if holder is not None and holder.fs_path != root:
        first = FolderTarget(holder, encode_path(os.path.relpath(root, holder.fs_path)))
    else:
        first = FolderTarget(register_folder(path=root), "")
    inner = [folder for folder in Folder.objects.all() if folder.fs_path.startswith(root.rstrip("/") + "/")]
    return [first, *(FolderTarget(folder, "") for folder in inner)]


def is_available(folder: Folder) -> bool:
    """Whether the folder is there and, if it was a mount point, still is one."""
    root = decode_path(folder.path)
    return os.path.isdir(root) and (not folder.is_mount_point or os.path.ismount(root))
