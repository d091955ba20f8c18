"""The parts of streams on disk: whole or not there, and never more bytes than allowed."""

import os
import re
import shutil
import threading
import time
from collections import OrderedDict
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from processing.media.stream.errors import StreamError

INIT_NAME, PLAYLIST_NAME = "init.mp4", "index.m3u8"
KEY = re.compile(r"[0-9a-f]{32}")
PART_NAME = re.compile(r"init\.mp4|index\.m3u8|(?:0|[1-9][0-9]{0,6})\.m4s")
# How often the use of a part is written down for the next start.
_TOUCH_SECONDS = 60.0


class StoreFullError(StreamError):
    """A part doesn't fit, whatever else goes."""


def segment_name(number: int) -> str:
    """The name of a segment."""
    return f"{number}.m4s"


def part_path(folder: Path, key: str, name: str) -> Path:
    """Where a part lies, there or not. Raises ValueError for anything but a key and a name of a part."""
    if not KEY.fullmatch(key) or not PART_NAME.fullmatch(name):
        raise ValueError("This is no part of a stream.")
    return folder / key[:2] / key / name


class PartStore:
    """A folder of parts, the least recently used of which make room. One process writes it; others read.

    Threads may call all of it at once.
    """

    def __init__(self, folder: Path, *, limit_bytes: int) -> None:
        self.folder, self.limit_bytes = folder, limit_bytes
        self._lock = threading.RLock()
        # Least recently used first: (key, name) -> (bytes, when its use was written down).
        self._parts: OrderedDict[tuple[str, str], tuple[int, float]] = OrderedDict()
        self._total = 0
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._read_folder()

    @property
    def total_bytes(self) -> int:
        """Of all parts."""
        return self._total

    def _read_folder(self) -> None:
        """Takes over what an earlier process left; half-written parts go."""
        found = []
        for path in self.folder.glob("??/*/*"):
            key, name = path.parent.name, path.name
            if KEY.fullmatch(key) and PART_NAME.fullmatch(name):
                facts = path.stat()
                found.append((facts.st_mtime, key, name, facts.st_size))
            elif name.startswith(".") and name.endswith(".part"):
                path.unlink(missing_ok=True)
        for used_at, key, name, size in sorted(found):
            self._parts[key, name] = (size, used_at)
            self._total += size
        with self._lock:
            self._make_room(0)

    def path(self, key: str, name: str) -> Path:
        """Where a part lies, there or not."""
        return part_path(self.folder, key, name)

    def has(self, key: str, name: str) -> bool:
        """Whether the part is there; it counts as used."""
        with self._lock:
            if (key, name) not in self._parts:
                return False
            for one in dict.fromkeys((INIT_NAME, name)):
                self._use(key, one)
            if self.path(key, name).exists():
                return True
            # Somebody emptied the folder.
            self._drop(key, name)
            return False

    def holds(self, key: str, name: str) -> bool:
        """Whether the part is there, without using it."""
        with self._lock:
            return (key, name) in self._parts

    def _use(self, key: str, name: str) -> None:
        if (key, name) not in self._parts:
            return
        self._parts.move_to_end((key, name))
        size, written_at = self._parts[key, name]
        if time.time() - written_at > _TOUCH_SECONDS:
            self._parts[key, name] = (size, time.time())
            with suppress(OSError):
                os.utime(self.path(key, name))

    def put(self, key: str, name: str, data: bytes) -> None:
        """Stores a part, after what was used least recently made room for it. A part that is there stays.

        Raises StoreFullError, OSError.
        """
        path = self.path(key, name)
        with self._lock:
            if (key, name) in self._parts and path.exists():
                return
            self._make_room(len(data))
            self._parts[key, name] = (len(data), time.time())
            self._total += len(data)
            temporary = path.with_name(f".{name}.part")
            try:
                path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                temporary.write_bytes(data)
                temporary.replace(path)
            except OSError:
                temporary.unlink(missing_ok=True)
                self._drop(key, name)
                raise

    def _make_room(self, size: int) -> None:
        if size > self.limit_bytes:
            raise StoreFullError(
                f"A part of {size:,} bytes doesn't fit into the stream cache of {self.limit_bytes:,}: let it have more."
            )
        while self._total + size > self.limit_bytes:
            self._drop(*next(iter(self._parts)))

    def _drop(self, key: str, name: str) -> None:
        size, _ = self._parts.pop((key, name))
        self._total -= size
        path = self.path(key, name)
        path.unlink(missing_ok=True)
        with suppress(OSError):
            path.parent.rmdir()

    def keys(self) -> set[str]:
        """The streams of which there are parts."""
        with self._lock:
            return {key for key, _ in self._parts}

    def forget(self, keys: Collection[str]) -> None:
        """Removes all parts of streams."""
        with self._lock:
            for key, name in [part for part in self._parts if part[0] in keys]:
                self._drop(key, name)
        for key in keys:
            shutil.rmtree(self.path(key, INIT_NAME).parent, ignore_errors=True)
