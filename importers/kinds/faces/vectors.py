"""Vectors of faces on their way into the database: of length 1, in half precision."""

import math
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

import numpy as np
from pgvector import HalfVector

from faces.ml.pack import DIMENSIONS

# Two vectors are of one face, and an imported one is what it was, from here on (half precision costs 1e-7).
SAME_COSINE = 0.999


def is_vector(value: Any) -> bool:
    """Whether it is a list of as many finite numbers as a face has, not all of them zero."""
    numbers = value.to_list() if isinstance(value, HalfVector) else value
    if not isinstance(numbers, Sequence) or isinstance(numbers, str) or len(numbers) != DIMENSIONS:
        return False
    try:
        return all(math.isfinite(number) for number in numbers) and any(numbers)
    except TypeError:
        return False


def unit_vector(value: Any) -> HalfVector:
    """The vector with the length 1, as the database keeps it: reading it back gives exactly these numbers."""
    numbers = np.asarray(value.to_list() if isinstance(value, HalfVector) else value, np.float64)
    # By its largest number first: squares of very small and very large ones don't fit.
    numbers = numbers / np.abs(numbers).max()
    return HalfVector((numbers / np.linalg.norm(numbers)).astype(np.float16))


def vector_digest(value: Any) -> str:
    """What stands for a vector in the records of an import: 512 numbers for each face would be half of them."""
    vector = value if isinstance(value, HalfVector) else HalfVector(value)
    return blake2b(vector.to_binary(), digest_size=16).hexdigest()


def cosine(one: Any, other: Any) -> float:
    """How alike two vectors are, -1 to 1."""
    a, b = (
        np.asarray(value.to_list() if isinstance(value, HalfVector) else value, np.float64) for value in (one, other)
    )
    return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))
