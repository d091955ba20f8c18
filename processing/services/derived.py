"""What all makers of derived files share: names, storing before the rows, removing after them. Loads no decoder."""

import hashlib
import json
import secrets
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from django.core.files.base import ContentFile, File
from django.core.files.storage import storages
from django.db import transaction

from library.exceptions import FileChangedError
from library.models import VideoFile
from processing.exceptions import TargetGoneError


def input_digest(version: int, file: VideoFile, *parts: Any) -> str:
    """Sixteen hexadecimal digits that change when the making's version, the file's content or one of `parts` (JSON)
    changes."""
    known = [version, file.size_bytes, file.oshash, file.mtime_ns, *parts]
    return hashlib.blake2b(json.dumps(known, default=str).encode(), digest_size=8).hexdigest()


def folder_of(kind: str, owner_id: int, key: str) -> str:
    """Where one making of a thing lies in the storage: each has a name of its own, so that undoing it can't touch files
    that rows name."""
    return f"{kind}/{owner_id // 1000:04d}/{owner_id}/{key}-{secrets.token_hex(3)}"


def remove_files(names: Iterable[str]) -> None:
    """Removes them from the derived storage; empty names are none."""
    storage = storages["derived"]
    for name in filter(None, names):
        storage.delete(name)


class NewFiles:
    """Files that are stored for rows to come; those that the block does not `keep` in a committed transaction go."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._names: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            # Emptied by the commit: what is left belongs to no row.
            remove_files(self._names)

    def add(self, name: str, content: Path | bytes) -> str:
        """Stores a file in the folder of this making; returns its whole name."""
        whole = f"{self._folder}/{name}"
        if isinstance(content, bytes):
            stored: str = storages["derived"].save(whole, ContentFile(content))
        else:
            with content.open("rb") as source:
                stored = storages["derived"].save(whole, File(source))
        self._names.append(stored)
        return stored

    def keep(self, *, instead_of: Iterable[str] = ()) -> None:
        """Within the transaction that names them: at its commit they stay, and those that they replace go."""
        before = list(instead_of)
        transaction.on_commit(self._names.clear)
        transaction.on_commit(lambda: remove_files(before))


def check_unchanged(file: VideoFile) -> None:
    """Locks the file's row. Raises FileChangedError when it isn't what was read, TargetGoneError when it is gone."""
    current = VideoFile.objects.select_for_update().filter(pk=file.pk).first()
    if current is None:
        raise TargetGoneError("The file was removed from the library while its pictures were made.")
    if (current.mtime_ns, current.size_bytes) != (file.mtime_ns, file.size_bytes):
        raise FileChangedError("The file was replaced while its pictures were made; they are made anew.")
