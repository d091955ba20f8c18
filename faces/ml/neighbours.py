"""Nearest neighbours among many vectors in NumPy, without comparing all pairs: an inverted file over spherical k-means.

Vectors are (n, d) float32 of length 1; likeness is the cosine.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
# Below this all pairs are cheap.
_EXACT_UP_TO = 4_000
_TRAINED_ON = 40_000
_ROUNDS = 6
_BLOCK = 2_048


@dataclass(frozen=True, slots=True)
class Neighbours:
    """For each vector its neighbours at or above a likeness, as compressed rows: those of vector i are
    `indexes[starts[i]:starts[i + 1]]` with `likenesses` likewise, the likest first, at most `most` of them."""

    starts: NDArray[np.int64]
    indexes: NDArray[np.int32]
    likenesses: NDArray[np.float32]

    def of(self, index: int) -> NDArray[np.int32]:
        """The neighbours of one vector."""
        return self.indexes[self.starts[index] : self.starts[index + 1]]


def find_neighbours(vectors: Vectors, *, at_least: float, most: int = 32, probes: int = 8, seed: int = 0) -> Neighbours:
    """Who is at least that like whom. Up to a few thousand vectors exact; more are looked for in the `probes` cells
    nearest to each vector's, which misses a pair only where it lies across cells that are far from each other.

    Memory: the vectors, and blocks of about 100 MB.
    """
    count = len(vectors)
    found: list[tuple[NDArray[np.int32], NDArray[np.float32]] | None] = [None] * count
    if count <= _EXACT_UP_TO:
        everything = np.arange(count, dtype=np.int32)
        for block in _blocks(everything):
            _search(vectors, block, everything, at_least, most, found)
    else:
        centers, cell_of = _cells(vectors, seed)
        cells = _members(cell_of, len(centers))
        near = np.argsort(-(centers @ centers.T), axis=1)[:, :probes]
        for cell, members in enumerate(cells):
            others = np.concatenate([cells[other] for other in near[cell]]) if len(members) else members
            for block in _blocks(members):
                _search(vectors, block, others, at_least, most, found)
    return _compress(found)


def _blocks(indexes: NDArray[np.int32]) -> Iterator[NDArray[np.int32]]:
    for first in range(0, len(indexes), _BLOCK):
        yield indexes[first : first + _BLOCK]


def _search(
    vectors: Vectors,
    block: NDArray[np.int32],
    others: NDArray[np.int32],
    at_least: float,
    most: int,
    found: list[tuple[NDArray[np.int32], NDArray[np.float32]] | None],
) -> None:
    targets = vectors[others]
    likeness = vectors[block] @ targets.T
    rows, columns = np.nonzero(likeness >= at_least)
    ends = np.searchsorted(rows, np.arange(len(block) + 1))
    for row, index in enumerate(block):
        mine = columns[ends[row] : ends[row + 1]]
        mine = mine[others[mine] != index]
        values = likeness[row, mine]
        if len(mine) > most:
            best = np.argpartition(-values, most)[:most]
            mine, values = mine[best], values[best]
        order = np.argsort(-values, kind="stable")
        found[int(index)] = (others[mine[order]], values[order])


def _cells(vectors: Vectors, seed: int) -> tuple[Vectors, NDArray[np.int32]]:
    """Centers of spherical k-means and each vector's cell."""
    count = len(vectors)
    random = np.random.default_rng(seed)
    number = int(np.clip(np.sqrt(count), 16, 1_024))
    sample = vectors[np.sort(random.choice(count, min(count, _TRAINED_ON), replace=False))]
    centers = sample[random.choice(len(sample), number, replace=False)].copy()
    for _ in range(_ROUNDS):
        nearest = _nearest(sample, centers)
        sums = np.zeros_like(centers)
        np.add.at(sums, nearest, sample)
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        # An empty cell begins anew at a vector of its own.
        empty = lengths[:, 0] < 1e-6
        sums[empty] = sample[random.choice(len(sample), int(empty.sum()))]
        lengths[empty] = 1.0
        centers = (sums / lengths).astype(np.float32)
    return centers, _nearest(vectors, centers)


def _nearest(vectors: Vectors, centers: Vectors) -> NDArray[np.int32]:
    parts = [np.argmax(vectors[first : first + 8_192] @ centers.T, axis=1) for first in range(0, len(vectors), 8_192)]
    return np.concatenate(parts).astype(np.int32)


def _members(cell_of: NDArray[np.int32], count: int) -> list[NDArray[np.int32]]:
    order = np.argsort(cell_of, kind="stable").astype(np.int32)
    ends = np.searchsorted(cell_of[order], np.arange(count + 1))
    return [order[ends[cell] : ends[cell + 1]] for cell in range(count)]


def _compress(found: list[tuple[NDArray[np.int32], NDArray[np.float32]] | None]) -> Neighbours:
    empty = (np.empty(0, np.int32), np.empty(0, np.float32))
    rows = [row if row is not None else empty for row in found]
    starts = np.zeros(len(rows) + 1, np.int64)
    np.cumsum([len(row[0]) for row in rows], out=starts[1:])
    if not rows:
        return Neighbours(starts, *empty)
    return Neighbours(starts, np.concatenate([row[0] for row in rows]), np.concatenate([row[1] for row in rows]))
