"""Telling files that are still being written from files that are done."""

import os
import time
from collections.abc import Iterable
from pathlib import Path

from library.services.walk import FoundFile, mtime_ns

# A file whose last change is older than this is taken as done without a second look.
FRESH_SECONDS = 60.0


def is_fresh(found: FoundFile, now: float) -> bool:
    """Whether the file changed so lately that someone may still be writing it. `now` is in seconds since the epoch."""
    return now - found.mtime_ns / 1e9 < FRESH_SECONDS


def part_settled(files: Iterable[FoundFile], *, looked_at: float, settle_seconds: float) -> tuple[list[FoundFile], int]:
    """The files that stayed as they were for `settle_seconds` after the last look (monotonic) and nobody writes to.

    Returns them and the number of the others. Waits at most `settle_seconds`. A writer on another machine (a network
    share) shows only by the file's growth.
    """
    files = list(files)
    if files:
        time.sleep(max(0.0, looked_at + settle_seconds - time.monotonic()))
    still = [found for found in files if _is_same(found)]
    written = open_for_writing({found.fs_path for found in still}) if still else set()
    settled = [found for found in still if found.fs_path not in written]
    vanished = sum(not os.path.lexists(found.fs_path) for found in files)
    return settled, len(files) - len(settled) - vanished


def _is_same(found: FoundFile) -> bool:
    try:
        status = os.stat(found.fs_path)
    except OSError:
        return False
    return (status.st_size, mtime_ns(status)) == (found.size_bytes, found.mtime_ns)


def open_for_writing(paths: set[str]) -> set[str]:
    """Those of the absolute paths that a process of this machine has open for writing, as far as this user may see.

    Reads /proc (Linux); elsewhere nothing is seen and the set is empty.
    """
    by_real = {os.path.realpath(path): path for path in paths}
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            descriptors = os.listdir(process / "fd")
        except OSError:
            continue
        for descriptor in descriptors:
            try:
                path = by_real.get(str((process / "fd" / descriptor).readlink()))
                if path is not None and _may_write((process / "fdinfo" / descriptor).read_text()):
                    found.add(path)
            except OSError:
                continue
    return found


def _may_write(fdinfo: str) -> bool:
    """Reads the open flags (octal) from a /proc fdinfo page."""
    for line in fdinfo.splitlines():
        if line.startswith("flags:"):
            return int(line.split()[1], 8) & os.O_ACCMODE in (os.O_WRONLY, os.O_RDWR)
    return False
