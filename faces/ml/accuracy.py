"""How often matching is right, told from faces whose person is known by other means."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from faces.ml.neighbours import Vectors

# Faces compared at once: 20,000 references take 20 MB for so many.
_BLOCK = 256
# One-sided 90 %: a few lucky answers prove nothing.
_Z = 1.2816
NEVER = -2.0


@dataclass(frozen=True, slots=True)
class KnownFaces:
    """References of all people: `vectors` (n, d) float32 of length 1, whose they are and of which video (0: none)."""

    vectors: Vectors
    owners: NDArray[np.int64]
    videos: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Compared:
    """For each face the person it is most like (0: nobody), how much, and how like it is to the person asked about
    (NEVER where there is nothing to compare with); all (n,)."""

    best_owners: NDArray[np.int64]
    best: NDArray[np.float32]
    own: NDArray[np.float32]


def compare_elsewhere(faces: Vectors, owners: Sequence[int], videos: Sequence[int], known: KnownFaces) -> Compared:
    """What matching would say about faces if nothing had been learned from their own videos: a reference that was
    taken from the same video is the same picture or the next one, and proves nothing."""
    count = len(faces)
    best_owners = np.zeros(count, np.int64)
    best = np.full(count, NEVER, np.float32)
    own = np.full(count, NEVER, np.float32)
    if not count or not len(known.vectors):
        return Compared(best_owners, best, own)
    order = np.argsort(known.owners, kind="stable")
    people, firsts = np.unique(known.owners[order], return_index=True)
    vectors, reference_videos = known.vectors[order], known.videos[order]
    asked, of_video = np.asarray(owners, np.int64), np.asarray(videos, np.int64)
    columns = np.searchsorted(people, asked)
    is_known = (columns < len(people)) & (people[np.minimum(columns, len(people) - 1)] == asked)
    for first in range(0, count, _BLOCK):
        rows = slice(first, first + _BLOCK)
        likeness = faces[rows] @ vectors.T
        likeness[of_video[rows, None] == reference_videos[None]] = NEVER
        by_person = np.maximum.reduceat(likeness, firsts, axis=1)
        chosen = by_person.argmax(axis=1)
        index = np.arange(len(by_person))
        best[rows] = by_person[index, chosen]
        best_owners[rows] = np.where(best[rows] > NEVER, people[chosen], 0)
        mine = by_person[index, np.minimum(columns[rows], len(people) - 1)]
        own[rows] = np.where(is_known[rows], mine, NEVER)
    return Compared(best_owners, best, own)


@dataclass(frozen=True, slots=True)
class Point:
    """With the line drawn at `threshold`: so many `answers` lie at or above it, of which `right` were right;
    `precision` is their share (1 where there are none), `surely` what it is with 90 % confidence at the least, and
    `recall` the share of all known faces that are found."""

    threshold: float
    answers: int
    right: int
    precision: float
    surely: float
    recall: float


def curve(
    scores: NDArray[np.floating], is_right: NDArray[np.bool_], *, known: int, thresholds: Sequence[float]
) -> list[Point]:
    """A point for each threshold; `known` is how many faces could have been found at all."""
    points = []
    for threshold in thresholds:
        above = scores >= threshold
        answers, right = int(above.sum()), int((above & is_right).sum())
        points.append(
            Point(
                threshold=threshold,
                answers=answers,
                right=right,
                precision=right / answers if answers else 1.0,
                surely=float(lower_bound(np.array([right]), np.array([answers]))[0]) if answers else 0.0,
                recall=right / known if known else 0.0,
            )
        )
    return points


def lower_bound(right: NDArray[np.integer], asked: NDArray[np.integer]) -> NDArray[np.float64]:
    """The lower end of Wilson's score interval at 90 %: what the share of right answers is at the least."""
    share = right / asked
    spread = _Z * np.sqrt(share * (1 - share) / asked + _Z**2 / (4 * asked**2))
    return np.asarray((share + _Z**2 / (2 * asked) - spread) / (1 + _Z**2 / asked), np.float64)


def threshold_for_precision(
    scores: NDArray[np.floating], is_right: NDArray[np.bool_], *, wished: float, least_answers: int = 20
) -> float | None:
    """The lowest similarity from which on the share of right answers was, by `lower_bound`, at least `wished` (0 to 1).

    `scores` and `is_right` are people's answers. None when there is no such similarity, or fewer than `least_answers`.
    """
    if len(scores) < least_answers:
        return None
    order = np.argsort(-scores, kind="stable")
    ordered = scores[order]
    bound = lower_bound(np.cumsum(is_right[order]), np.arange(1, len(scores) + 1))
    # A line lies between two similarities: of equal ones all count, or none.
    is_last = np.append(ordered[1:] != ordered[:-1], True)
    holds = np.nonzero((bound >= wished) & is_last)[0]
    return float(ordered[holds[-1]]) if len(holds) else None
