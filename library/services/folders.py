"""Adding folders to the library."""

import os
from dataclasses import dataclass

from django.db import connection, transaction

from library.exceptions import FolderOverlapError, FolderUnavailableError
from library.models import Folder
from library.paths import decode_path, display_path, encode_path

# PostgreSQL's advisory lock for "a folder is being added", so that two can't add overlapping ones at once.
_LOCK = 7_303
_NAME_CHARACTERS = Folder._meta.get_field("name").max_length


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
    # POSIX lets two leading slashes mean something else, and abspath keeps them; Linux doesn't care.
    return "/" + os.path.abspath(path).strip("/")


def _part_of(path: str, root: str) -> str | None:
    """What leads from `root` to `path` ("" when they are the same); None when `path` lies elsewhere."""
    if path == root:
        return ""
    prefix = root.rstrip("/") + "/"
    return path[len(prefix) :] if path.startswith(prefix) else None


def _containing_folder(path: str) -> tuple[Folder, str] | None:
    """The innermost folder of the library that is `path` or holds it, and the part of it that `path` is.

    Links are resolved first: a folder reached by two names is one.
    """
    real = os.path.realpath(path)
    held = [
        (folder, part)
        for folder in Folder.objects.all()
        if (part := _part_of(real, os.path.realpath(folder.fs_path))) is not None
        or (part := _part_of(path, folder.fs_path)) is not None
    ]
    return min(held, key=lambda pair: len(pair[1]), default=None)


def register_folder(*, path: str, name: str = "") -> Folder:
    """The library's folder for `path` (as `os` gives it), made if it is new.

    Raises FolderUnavailableError when it can't be listed, FolderOverlapError when a watched folder holds it. A folder
    that holds watched ones is fine: its scans leave them out.
    """
    root = _root_of(path)
    check_folder_readable(root)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        held = _containing_folder(root)
        if held is None:
            stored = encode_path(root)
            shown_name = (name or display_path(os.path.basename(stored)) or "/")[:_NAME_CHARACTERS]
            return Folder.objects.create(name=shown_name, path=stored, is_mount_point=os.path.ismount(root))
    holder, part = held
    if part:
        raise FolderOverlapError(
            f"{display_path(encode_path(root))} lies in the folder {holder.shown_path}, which the library has already."
        )
    return holder


def find_or_register_folder(*, path: str) -> list[FolderTarget]:
    """What to scan so that everything below `path` is seen; registers `path` when no folder of the library holds it.

    Active folders of the library that lie below `path` follow, since the scan of the outer one leaves them out.
    """
    root = _root_of(path)
    check_folder_readable(root)
    held = _containing_folder(root)
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


def is_available(folder: Folder) -> bool:
    """Whether the folder is there and, if it was a mount point, still is one."""
    root = decode_path(folder.path)
    return os.path.isdir(root) and (not folder.is_mount_point or os.path.ismount(root))
