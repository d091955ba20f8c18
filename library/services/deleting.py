"""Deleting a file on disk, and nothing but that file. Knows no database."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager

from library.hashing import oshash
from library.services.walk import mtime_ns

OUTSIDE = "A link leads to it from the folder, so the file itself lies elsewhere."


class NotDeletedError(Exception):
    """The file stays; the text says why, in a sentence."""


def delete_file(*, root: str, path: str, size_bytes: int, changed_ns: int, digest: str) -> bool:
    """Deletes the file at `path` below `root` (as `os` gives them); False when there is nothing, or other content.

    No link on the way from the root is followed, and the file has to be the one that is known: its size and time of
    last change, or its size and oshash. Raises NotDeletedError when it is that file and stays.
    """
    *folders, name = path.split("/")
    try:
        with _opened(root, folders) as parent:
            status = os.stat(name, dir_fd=parent, follow_symlinks=False)
            if stat.S_ISLNK(status.st_mode):
                raise NotDeletedError(OUTSIDE)
            if not stat.S_ISREG(status.st_mode) or status.st_size != size_bytes:
                return False
            if mtime_ns(status) != changed_ns and oshash(os.path.join(root, path)) != digest:
                return False
            os.unlink(name, dir_fd=parent)
    except FileNotFoundError:
        return False
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR):
            raise NotDeletedError(OUTSIDE) from None
        raise NotDeletedError(f"It can't be deleted: {(error.strerror or str(error)).lower()}.") from None
    return True


@contextmanager
def _opened(root: str, folders: list[str]) -> Iterator[int]:
    """A descriptor of the folder, reached step by step without following links below the root."""
    descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for folder in folders:
            inner = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = inner
        yield descriptor
    finally:
        os.close(descriptor)
