"""Opening the files that a scan has found."""

import errno
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from library.hashing import oshash
from library.services.walk import FoundFile

_NOT_ALLOWED = "This file may not be read: give the user that runs Videothek read permission, then scan again."
_TOO_LONG = "The path of this file is longer than the system can open: shorten it, then scan again."
_UNREADABLE = "This file can't be read ({reason}): check its disk, then scan again."
_HASHING_THREADS = 4


@dataclass(frozen=True, slots=True)
class Look:
    """A found file that was opened: its oshash, or the sentence that says why there is none."""

    found: FoundFile
    oshash: str
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
        return Look(found, oshash(found.fs_path))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except PermissionError:
        return Look(found, "", _NOT_ALLOWED)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        return Look(found, "", _TOO_LONG if error.errno == errno.ENAMETOOLONG else _UNREADABLE.format(reason=reason))
