"""Vectors from the database to NumPy as bytes; as text they take ten times as long, and as lists much memory."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from django.db.models import BinaryField, Func
from numpy.typing import NDArray

from faces.ml.pack import DIMENSIONS

# How the server sends a halfvec: its length and a reserved number (2 bytes each), then big-endian float16.
_HEAD_BYTES = 4
_ROW_BYTES = _HEAD_BYTES + 2 * DIMENSIONS


def as_bytes(column: str = "embedding") -> Func:
    """The column as the server sends it, for `values_list` and `unpack`."""
    return Func(column, function="halfvec_send", output_field=BinaryField())


def unpack(rows: Iterable[Any]) -> NDArray[np.float32]:
    """(n, 512) float32 of what `as_bytes` gave. Raises ValueError for vectors of another length."""
    joined = b"".join(rows)
    if len(joined) % _ROW_BYTES:
        raise ValueError(f"Vectors of faces have {DIMENSIONS} numbers.")
    table = np.frombuffer(joined, np.uint8).reshape(-1, _ROW_BYTES)
    values = np.ascontiguousarray(table[:, _HEAD_BYTES:]).view(">f2")
    return values.astype(np.float32)
