"""Whose face it is: the likest reference of each known person."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from faces.ml.neighbours import Vectors


@dataclass(frozen=True, slots=True)
class Match:
    """A person and how like their likest reference is: cosine, -1 to 1."""

    creator_id: int
    similarity: float


def _settled(likeness: np.float32) -> float:
    """Without the last digits, which hang on how many faces are compared at once: the same face is the same again."""
    return round(float(likeness), 5)


class ReferenceSet:
    """All references of all people, to compare many faces with: (n, 512) float32 of length 1, 40 MB for 20,000."""

    def __init__(self, vectors: Vectors, creator_ids: Sequence[int]) -> None:
        if len(vectors) != len(creator_ids):
            raise ValueError("Each reference belongs to one person.")
        owners = np.asarray(creator_ids, np.int64)
        order = np.argsort(owners, kind="stable")
        self._vectors = np.ascontiguousarray(vectors[order], np.float32)
        self._people, self._firsts = np.unique(owners[order], return_index=True)

    def __len__(self) -> int:
        return len(self._vectors)

    def nearest(self, faces: Vectors, *, most: int = 5) -> list[list[Match]]:
        """For each face the `most` likest people, the likest first; empty lists when nobody is known."""
        if not len(self._vectors) or not len(faces):
            return [[] for _ in faces]
        best = self._best(faces)
        count = min(most, len(self._people))
        chosen = np.argpartition(-best, count - 1, axis=1)[:, :count]
        result = []
        for row, columns in enumerate(chosen):
            ordered = columns[np.argsort(-best[row, columns], kind="stable")]
            result.append([Match(int(self._people[column]), _settled(best[row, column])) for column in ordered])
        return result

    def likeness_to(self, faces: Vectors, creator_ids: Sequence[int]) -> NDArray[np.float32]:
        """(n,) how like each face is to the likest reference of the person at its place; -1 for people without any."""
        likeness = np.full(len(faces), -1, np.float32)
        if not len(self._vectors) or not len(faces):
            return likeness
        wanted = np.asarray(creator_ids, np.int64)
        columns = np.minimum(np.searchsorted(self._people, wanted), len(self._people) - 1)
        is_known = self._people[columns] == wanted
        likeness[is_known] = self._best(faces)[np.nonzero(is_known)[0], columns[is_known]]
        return likeness

    def _best(self, faces: Vectors) -> NDArray[np.float32]:
        """(faces, people): the likeness to each person's likest reference."""
        best: NDArray[np.float32] = np.maximum.reduceat(faces @ self._vectors.T, self._firsts, axis=1)
        return best
