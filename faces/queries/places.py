"""Places in the lists of faces, as letters for an address."""

import base64
import binascii
import json
import math
from typing import Any

from library.sorting import CursorError

_LONGEST = 400


def encode_place(order: str, *values: float) -> str:
    """A place of this order: letters, digits, - and _ only."""
    raw = json.dumps([order, *values]).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decode_place(text: str, order: str, length: int) -> list[Any]:
    """The `length` numbers of a place. Raises CursorError on anything that `encode_place` did not write for it."""
    try:
        if len(text) > _LONGEST:
            raise ValueError(text)
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        listed: list[Any] = list(json.loads(raw))
        of, values = listed[0], listed[1:]
    except (ValueError, TypeError, IndexError, binascii.Error, RecursionError) as error:
        raise CursorError(text) from error
    if of != order or len(values) != length or not all(_is_number(value) for value in values):
        raise CursorError(text)
    return values


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value) and abs(value) < 2**63
