"""Opening the files that a scan has found."""

import errno
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from library.hashing import content_hash, oshash
from library.services.walk import FoundFile

_NOT_ALLOWED = "This file may not be read: give the user that runs Videothek read permission, then scan again."
_TOO_LONG = "The path of this file is longer than the system can open: shorten it, then scan again."
_UNREADABLE = "This file can't be read ({reason}): check its disk, then scan again."
_HASHING_THREADS = 4
# What oshash reads of any file.
_SMALL_BYTES = 128 * 1024


@dataclass(frozen=True, slots=True)
class Look:
    """A found file that was opened: its oshash, or the sentence that says why there is none.

    `content_hash` is there for small files only: theirs costs nothing, and oshash tells them badly apart.
    """

    found: FoundFile
    oshash: str
    content_hash: str = ""
    error: str = ""

    @property
    def path(self) -> str:
        """Below the folder, in the stored form."""
        return self.found.relative_path

    @property
    def content(self) -> tuple[int, str]:
        """Size and oshash, by which content is known."""
        return self.found.size_bytes, self.oshash


def look_at_all(batch: Sequence[FoundFile]) -> list[Look]:
    """Reads two pieces of every file, several at once. What has vanished since it was listed is left out."""
    if not batch:
        return []
    with ThreadPoolExecutor(_HASHING_THREADS) as pool:
        return [look for look in pool.map(_look_at, batch) if look is not None]


def _look_at(found: FoundFile) -> Look | None:
    try:
        small = content_hash(found.fs_path) if found.size_bytes <= _SMALL_BYTES else ""
        return Look(found, oshash(found.fs_path), small)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except PermissionError:
        return Look(found, "", error=_NOT_ALLOWED)
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            return Look(found, "", error=_TOO_LONG)
        return Look(found, "", error=_UNREADABLE.format(reason=(error.strerror or str(error)).lower()))
