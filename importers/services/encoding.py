"""Values of another system as JSON: a digest to tell changed ones by, and a form in which nothing is lost."""

import json
import math
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from hashlib import blake2b
from pathlib import Path
from typing import Any
from uuid import UUID

from importers.records import FileFacts, Ref, Secret, SourcePath, SourcePicture
from importers.services.secrets import fingerprint, seal

_DIGEST_BYTES = 16


def digest_of(kind: str, values: Mapping[str, Any], place: Callable[[str], str]) -> str:
    """32 hexadecimal digits that change when the record does.

    `place` sends a path through the path map. What lies there counts too, so that a better map, or a disk that is
    plugged in by now, makes the record a changed one.
    """

    def known(value: Any) -> Any:
        if isinstance(value, Ref):
            return ["$ref", value.table, value.key, value.part]
        if isinstance(value, SourcePath):
            return ["$path", place(value.path)]
        if isinstance(value, SourcePicture):
            path = place(value.path) if value.path else ""
            return ["$picture", path, _is_there(path), blake2b(value.content).hexdigest()]
        if isinstance(value, FileFacts):
            path = place(value.path)
            return ["$file", {**asdict(value), "path": path, "hashes": dict(value.hashes)}, _is_there(path)]
        if isinstance(value, Secret):
            return ["$secret", fingerprint(value.text)]
        return plain(value)

    text = json.dumps([kind, values], default=known, sort_keys=True)
    return blake2b(text.encode(), digest_size=_DIGEST_BYTES).hexdigest()


def plain(value: Any) -> Any:
    """What JSON has no word for, as something it has."""
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Decimal | UUID):
        return str(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return {"$bytes": b64encode(bytes(value)).decode()}
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, set | frozenset):
        return sorted(value, key=str)
    if hasattr(value, "tolist"):
        return value.tolist()
    return repr(value)


def as_kept(value: Any) -> Any:
    """A value as a JSON column can hold it, with nothing lost: texts with NUL bytes or lone surrogates, bytes and odd
    numbers become objects of one key (`$text`, `$bytes`, `$number`), and a secret is sealed."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return value if is_storable(value) else {"$text": b64encode(value.encode("utf-8", "surrogatepass")).decode()}
    if isinstance(value, float):
        return value if math.isfinite(value) else {"$number": str(value)}
    if isinstance(value, Secret):
        return seal(value)
    if isinstance(value, Mapping):
        return {storable(str(name)): as_kept(item) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [as_kept(item) for item in value]
    return as_kept(plain(value))


def is_storable(text: str) -> bool:
    """Whether PostgreSQL takes the text, in JSON too."""
    if text.isascii():
        return "\x00" not in text
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def storable(text: str) -> str:
    """The text with U+FFFD for what PostgreSQL doesn't take."""
    if is_storable(text):
        return text
    return "".join("\ufffd" if c == "\x00" or "\ud800" <= c <= "\udfff" else c for c in text)


def _is_there(path: str) -> bool:
    try:
        return bool(path) and Path(path).is_file()
    except ValueError:
        return False
