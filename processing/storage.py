"""The storage of derived files on a disk, and what all storages of them have in common.

Nothing but the types listed here is ever made, so nothing else is served; a file being written ends in .part.
"""

import contextlib
import os
import uuid
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, Storage

from library.serving import PICTURE_TYPES

DERIVED_TYPES = {
    **PICTURE_TYPES,
    ".vtt": "text/vtt; charset=utf-8",
    ".mp4": "video/mp4",
    ".webm": "video/webm",
}
# A name carries a digest of its input, so what it names never changes.
FOREVER = "private, max-age=31536000, immutable"
# Of so many of a bucket's folders the listings are kept at once.
_KEPT_LISTINGS = 64


def content_type_of(name: str) -> str | None:
    """What a browser is told about a derived file; None for a name that no derived file has."""
    return DERIVED_TYPES.get(os.path.splitext(name)[1].lower())


class DerivedStorage(FileSystemStorage):
    """Writes to a temporary name, then renames: a reader sees the old file or the new one, never half of one.

    Saving under a name that exists replaces it; derived names carry a digest of their input, so an equal name is
    equal content.
    """

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        return name

    def _save(self, name: str, content: File) -> str:  # type: ignore[type-arg]
        path = Path(self.path(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f"{path.name}.{uuid.uuid4().hex}.part")
        try:
            with temporary.open("wb") as target:
                for chunk in content.chunks():
                    target.write(chunk)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        return name

    def delete(self, name: str) -> None:
        """Removes the file, and its folder when that is empty then."""
        super().delete(name)
        with contextlib.suppress(OSError):
            Path(self.path(name)).parent.rmdir()

    def names(self, prefix: str = "") -> Iterator[tuple[str, int]]:
        """Name and size in bytes of every file whose name begins so, in the order of the names."""
        root = Path(self.base_location)
        start = root / prefix.rpartition("/")[0]
        for folder, folders, files in os.walk(start):
            folders.sort()
            for file in sorted(files):
                path = Path(folder, file)
                name = path.relative_to(root).as_posix()
                if name.startswith(prefix) and path.suffix != ".part" and content_type_of(name):
                    with contextlib.suppress(FileNotFoundError):
                        yield name, path.stat().st_size


def presence(storage: Storage) -> Callable[[str], bool]:
    """A function that says whether a file is there, for asking about very many: a bucket is asked by the thousand."""
    return storage.exists if isinstance(storage, FileSystemStorage) else _Listed(storage)


class _Listed:
    """Lists a folder ("frames/0012") once and answers from that; what isn't listed is asked for, it may be new."""

    def __init__(self, storage: Any) -> None:
        self._storage = storage
        self._kept: OrderedDict[str, frozenset[str]] = OrderedDict()

    def __call__(self, name: str) -> bool:
        folder = "/".join(name.split("/")[:2]) + "/"
        if folder not in self._kept:
            self._kept[folder] = frozenset(known for known, _ in self._storage.names(folder))
            if len(self._kept) > _KEPT_LISTINGS:
                self._kept.popitem(last=False)
        self._kept.move_to_end(folder)
        return name in self._kept[folder] or bool(self._storage.exists(name))
