"""Pictures that people chose, brought from where the other system had them into the storage of ours.

What comes is treated like an upload: decoded, turned upright and encoded anew, so no file of another system is served
as it is. Names are made from what the picture is of and what it shows, under the server's secret key: they can't be
guessed, and an import that was killed finds its files again instead of leaving them behind.
"""

import hashlib
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from django.db import models
from django.utils.crypto import salted_hmac
from PIL import Image

from importers.records import SourcePicture
from library.exceptions import PictureError
from library.models.picture import PictureField
from library.pictures import MOST_BYTES, encode_picture

MISSING, UNREADABLE = "picture_missing", "picture_unreadable"
_SALT = "importers.picture"
# A picture compares with another making of the same by its mean difference of 0 to 255 at this size: encoders change.
_COMPARED_PX, _MOST_DIFFERENCE = 64, 6.0


@dataclass(slots=True)
class Brought:
    """Pictures of a chunk. `new` were written now: to be removed when the chunk's transaction fails. `planned` would
    have been, in a dry run."""

    new: list[tuple[Storage, str]] = field(default_factory=list)
    planned: int = 0

    def drop(self, storage: Storage, name: str) -> None:
        """Removes one of them that no row took."""
        if (storage, name) in self.new:
            storage.delete(name)
            self.new.remove((storage, name))

    def discard(self) -> None:
        """Removes what was written; for when no row will name it."""
        for storage, name in self.new:
            storage.delete(name)
        self.new.clear()


def bring_picture(
    picture: SourcePicture,
    *,
    column: models.FileField,
    owner: Iterable[str],
    map_path: Callable[[str], str],
    brought: Brought,
    is_dry: bool = False,
) -> tuple[str, str]:
    """The name under which the picture lies in the column's storage and "", or "" and the reason it could not come.

    `owner` names the row for good (system, installation, table, key, field): a picture for the same owner with the same
    content gets the same name. `map_path` leads from the other system's path to one of this machine. In a dry run it is
    read and decoded all the same and nothing is written.
    """
    content, reason = read_picture(picture, column=column, map_path=map_path)
    if content is None:
        return "", reason
    name = _name_of(column, owner, content)
    if is_dry:
        brought.planned += 1
    elif not column.storage.exists(name):
        stored = column.storage.save(name, ContentFile(content))
        brought.new.append((column.storage, stored))
        return stored, ""
    return name, ""


def read_picture(
    picture: SourcePicture, *, column: models.FileField, map_path: Callable[[str], str]
) -> tuple[bytes | None, str]:
    """The picture as it is kept here (see PictureField), or None and the reason why not."""
    raw = picture.content
    if not raw:
        path = Path(map_path(picture.path)) if picture.path else None
        try:
            if path is None or not path.is_file():
                return None, MISSING
            if path.stat().st_size > MOST_BYTES:
                return None, UNREADABLE
            raw = path.read_bytes()
        except (OSError, ValueError):
            # ValueError: a NUL byte in the path.
            return None, MISSING
    longest = column.longest_px if isinstance(column, PictureField) else 1600
    try:
        return encode_picture(io.BytesIO(raw), size_bytes=len(raw), longest_px=longest), ""
    except PictureError:
        return None, UNREADABLE


def is_same_picture(stored: bytes, expected: bytes) -> bool:
    """Whether two pictures show the same: byte for byte, or nearly so where another release encoded one of them."""
    if stored == expected:
        return True
    try:
        ours, theirs = (Image.open(io.BytesIO(one)) for one in (stored, expected))
        if ours.size != theirs.size:
            return False
        small = [one.convert("RGBA").resize((_COMPARED_PX, _COMPARED_PX)).tobytes() for one in (ours, theirs)]
    except (OSError, ValueError, SyntaxError):
        return False
    total = sum(abs(a - b) for a, b in zip(*small, strict=True))
    return bool(total / len(small[0]) <= _MOST_DIFFERENCE)


def remove_pictures(column: models.FileField, names: Iterable[str]) -> None:
    """Takes files out of the column's storage; empty names are none, and one that is gone is no error."""
    for name in filter(None, names):
        column.storage.delete(name)


def _name_of(column: models.FileField, owner: Iterable[str], content: bytes) -> str:
    told = "\x1f".join([*owner, hashlib.sha256(content).hexdigest()])
    digest = salted_hmac(_SALT, told, algorithm="sha256").hexdigest()[:32]
    return f"{column.upload_to}{digest}.webp"
