"""Groups of faces that nobody has named: density-based over nearest neighbours, so one odd face joins no two people."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from faces.ml.neighbours import Neighbours, Vectors, find_neighbours

# How many others must be that like a face for it to hold a group together (DBSCAN's minPts, without itself).
LEAST_NEIGHBOURS = 2
# How much more alike two groups' centers must be than two faces.
CENTER_MARGIN = 0.1
NOISE = -1


@dataclass(frozen=True, slots=True)
class Group:
    """Faces of one unknown person: `members` are indexes, `center` (d,) float32 of length 1."""

    members: NDArray[np.int32]
    center: NDArray[np.float32]


def cluster(
    vectors: Vectors,
    *,
    at_least: float,
    apart: Sequence[tuple[int, int]] = (),
    together: Sequence[tuple[int, int]] = (),
    least_neighbours: int = LEAST_NEIGHBOURS,
) -> list[Group]:
    """The groups among (n, d) vectors, the largest first; a face without a like belongs to none.

    DBSCAN (Ester et al. 1996) on cosines: a *core* has `least_neighbours` others at least `at_least` like it; cores
    that are neighbours join, the likest first, as long as the centers of what joins are alike too (so that no chain of
    faces ends at another person), and other faces join the group of their likest core. Two faces that are alike
    are a group of their own as well, since two videos of somebody are worth a name. Then groups whose centers are alike
    by CENTER_MARGIN more than that become one: a mean has less noise than any face, so it says more. `apart` are pairs
    of indexes that are never one person (seen in one picture, or told apart by somebody), `together` those that
    somebody said are one, whatever the vectors say.
    """
    if not len(vectors):
        return []
    neighbours = find_neighbours(vectors, at_least=at_least)
    forest = _Forest(vectors, apart, at_least)
    for one, other in together:
        forest.force(one, other)
    _join(forest, neighbours, least_neighbours)
    groups = _groups(forest.labels(), vectors)
    centers = np.array([group.center for group in groups], np.float32).reshape(len(groups), vectors.shape[1])
    alike = find_neighbours(centers, at_least=min(at_least + CENTER_MARGIN, 0.999))
    if not len(alike.indexes):
        return groups
    rows = np.repeat(np.arange(len(groups)), np.diff(alike.starts))
    for edge in np.argsort(-alike.likenesses, kind="stable"):
        one, other = groups[rows[edge]], groups[alike.indexes[edge]]
        forest.join(int(one.members[0]), int(other.members[0]))
    return _groups(forest.labels(), vectors)


def _join(forest: "_Forest", neighbours: Neighbours, least_neighbours: int) -> None:
    count = len(neighbours.starts) - 1
    degrees = np.diff(neighbours.starts)
    is_core = degrees >= least_neighbours
    rows = np.repeat(np.arange(count, dtype=np.int64), degrees)
    others, values = neighbours.indexes.astype(np.int64), neighbours.likenesses
    between = is_core[rows] & is_core[others] & (rows < others)
    # Pairs of two that have nobody else.
    alone = (degrees[rows] == 1) & (degrees[others] == 1) & (rows < others)
    chosen = np.nonzero(between | alone)[0]
    # The likest first, so that where two must stay apart the weaker link gives way.
    chosen = chosen[np.argsort(-values[chosen], kind="stable")]
    for edge in chosen:
        forest.join(int(rows[edge]), int(others[edge]))
    borders = np.nonzero(~is_core[rows] & is_core[others])[0]
    borders = borders[np.argsort(-values[borders], kind="stable")]
    placed = np.zeros(count, bool)
    for edge in borders:
        border = int(rows[edge])
        if not placed[border] and forest.size(border) == 1:
            placed[border] = forest.join(border, int(others[edge]))


class _Forest:
    """Disjoint sets (union by size, path halving), of which some may never become one: those that must stay apart, and
    those whose centers are less alike than two faces must be, whatever face lies between them."""

    def __init__(self, vectors: Vectors, apart: Sequence[tuple[int, int]], at_least: float) -> None:
        count = len(vectors)
        self._at_least = at_least
        self._sums = vectors.copy()
        self._parents = list(range(count))
        self._sizes = [1] * count
        self._apart: dict[int, set[int]] = {}
        for one, other in apart:
            self._apart.setdefault(one, set()).add(other)
            self._apart.setdefault(other, set()).add(one)

    def root(self, index: int) -> int:
        parents = self._parents
        while parents[index] != index:
            parents[index] = parents[parents[index]]
            index = parents[index]
        return index

    def labels(self) -> NDArray[np.int64]:
        """(n,) the root of each index's set; NOISE for those that are alone."""
        labels = np.array([self.root(index) for index in range(len(self._parents))], np.int64)
        sizes = np.bincount(labels, minlength=len(labels))
        labels[sizes[labels] < 2] = NOISE
        return labels

    def size(self, index: int) -> int:
        return self._sizes[self.root(index)]

    def join(self, one: int, other: int) -> bool:
        """Whether they are one set now."""
        a, b = self.root(one), self.root(other)
        if a == b:
            return True
        if self._must_stay_apart(a, b) or not self._are_alike(a, b):
            return False
        self._unite(a, b)
        return True

    def force(self, one: int, other: int) -> None:
        """They are one set, whatever stands against it."""
        a, b = self.root(one), self.root(other)
        if a != b:
            self._unite(a, b)

    def _unite(self, a: int, b: int) -> None:
        if self._sizes[a] < self._sizes[b]:
            a, b = b, a
        self._parents[b] = a
        self._sizes[a] += self._sizes[b]
        self._sums[a] += self._sums[b]
        if b in self._apart:
            self._apart.setdefault(a, set()).update(self._apart.pop(b))

    def _are_alike(self, a: int, b: int) -> bool:
        one, other = self._sums[a], self._sums[b]
        return bool(one @ other >= self._at_least * np.sqrt((one @ one) * (other @ other)))

    def _must_stay_apart(self, a: int, b: int) -> bool:
        if a not in self._apart or b not in self._apart:
            return False
        few, root = (self._apart[a], b) if len(self._apart[a]) <= len(self._apart[b]) else (self._apart[b], a)
        return any(self.root(index) == root for index in few)


def _groups(labels: NDArray[np.int64], vectors: Vectors) -> list[Group]:
    order = np.argsort(labels, kind="stable")
    order = order[labels[order] != NOISE]
    if not len(order):
        return []
    cuts = np.nonzero(np.diff(labels[order]))[0] + 1
    groups = []
    for members in np.split(order, cuts):
        mean = vectors[members].mean(axis=0)
        groups.append(Group(members.astype(np.int32), np.asarray(mean / np.linalg.norm(mean), np.float32)))
    return sorted(groups, key=lambda group: (-len(group.members), int(group.members[0])))
