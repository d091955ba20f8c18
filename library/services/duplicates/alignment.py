"""Laying the pictures of two files over each other: at which moment of one does the other begin?"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from library.services.duplicates.looks import Look, Range

# Of 64 bits. Pictures of one moment, scaled and encoded again, are 0 to 6 apart; of moments half a second apart in a
# moving scene up to about 12; of different scenes 24 and more, measured on the films of tests/bench/duplicates.py.
MOST_BITS = 10
# Offsets are tried where most pictures agree; repeated shots make more than one such place.
_PLACES_TRIED = 6
# Keyframes that were copied lie where they lay, but for the shift between decoding and showing that containers write.
_KEYFRAME_TOLERANCE_SECONDS = 0.3
_SAME_MOMENT_SECONDS = 0.5
# Pictures this far apart are of different scenes.
_SCENE_BITS = 14


@dataclass(frozen=True, slots=True)
class Alignment:
    """`offset_seconds` is the time in the longer file at which the shorter one's start lies.

    Of `expected` pictures of the longer one that have a partner of the same moment in the shorter one, `matched` are
    like theirs, `bits` apart on average; they show `scenes` different scenes (counted up to 4). The ranges are what
    they cover, in seconds of each.
    """

    offset_seconds: float
    matched: int
    expected: int
    bits: float
    scenes: int
    long_range: Range
    short_range: Range

    @property
    def coverage(self) -> float:
        return self.matched / self.expected if self.expected else 0.0


def align_frames(longer: Look, shorter: Look) -> Alignment | None:
    """The best way to lay the shorter one into the longer one by their pictures; None when nothing agrees."""
    if longer.version != shorter.version or not len(longer.frame_hashes) or not len(shorter.frame_hashes):
        return None
    bits = np.bitwise_count(longer.frame_hashes[:, np.newaxis] ^ shorter.frame_hashes)
    rows, columns = np.nonzero(bits <= MOST_BITS)
    if not len(rows):
        return None
    offsets = longer.frame_times[rows] - shorter.frame_times[columns]
    tolerance = shorter.step_seconds + 0.5
    best: Alignment | None = None
    for place in _places(offsets, rows, tolerance):
        found = _lay(longer, shorter, bits, place, tolerance)
        if found and (best is None or (found.matched, found.coverage, -found.bits) > _rank(best)):
            best = found
    return best


def _rank(alignment: Alignment) -> tuple[int, float, float]:
    return alignment.matched, alignment.coverage, -alignment.bits


def _places(offsets: NDArray[np.float64], rows: NDArray[np.int64], tolerance: float) -> list[float]:
    """Offsets around which the most different pictures of the longer one agree, the best first."""
    cells = np.floor(offsets / tolerance).astype(np.int64)
    # One vote of each picture for each cell.
    votes = np.unique(np.stack([cells, rows], axis=1), axis=0)[:, 0]
    values, counts = np.unique(votes, return_counts=True)
    # Neighbours count too: the true offset may lie on the border of two cells.
    by_cell = dict(zip(values.tolist(), counts.tolist(), strict=True))
    scored = sorted(by_cell, key=lambda cell: (-_around(by_cell, cell), cell))
    places = []
    for cell in scored[:_PLACES_TRIED]:
        near = offsets[np.abs(cells - cell) <= 1]
        places.append(float(np.median(near)))
        places.append(float(np.median(offsets[cells == cell])))
    return places


def _around(by_cell: dict[int, int], cell: int) -> int:
    return 2 * by_cell[cell] + by_cell.get(cell - 1, 0) + by_cell.get(cell + 1, 0)


def _lay(longer: Look, shorter: Look, bits: NDArray[np.uint8], offset: float, tolerance: float) -> Alignment | None:
    """Each picture of the longer one within the shorter one's length against those of the shorter one around it."""
    inside = (longer.frame_times >= offset - 1e-6) & (longer.frame_times <= offset + shorter.duration_seconds + 1e-6)
    indexes = np.flatnonzero(inside)
    if not len(indexes):
        return None
    distances = np.abs(longer.frame_times[indexes, np.newaxis] - offset - shorter.frame_times)
    least = np.where(distances <= tolerance, bits[indexes], 64).min(axis=1)
    is_matched = least <= MOST_BITS
    if not is_matched.any():
        return None
    # Only pictures of nearly one moment have to agree: encoders put keyframes elsewhere, and shots are short.
    has_partner = (distances <= _SAME_MOMENT_SECONDS).any(axis=1)
    matched = indexes[is_matched]
    step = longer.step_seconds
    first, last = float(longer.frame_times[matched[0]]), float(longer.frame_times[matched[-1]])
    begin = max(0.0, offset, first - step)
    end = min(longer.duration_seconds, offset + shorter.duration_seconds, last + step)
    return Alignment(
        offset_seconds=offset,
        matched=len(matched),
        expected=int((has_partner | is_matched).sum()),
        bits=float(least[is_matched].mean()),
        scenes=_scenes(longer.frame_hashes[matched]),
        long_range=(round(begin, 3), round(end, 3)),
        short_range=(round(max(0.0, begin - offset), 3), round(min(shorter.duration_seconds, end - offset), 3)),
    )


def _scenes(hashes: NDArray[np.uint64]) -> int:
    """How many of the pictures differ from each other, counted up to 4."""
    kept: list[np.uint64] = []
    for value in hashes:
        if all(int(value ^ other).bit_count() > _SCENE_BITS for other in kept):
            kept.append(value)
            if len(kept) == 4:
                break
    return len(kept)


def align_keyframes(longer: Look, shorter: Look) -> Alignment | None:
    """By equal packets: the offset that most of them agree on, and how many of the longer one's known keyframes in
    that stretch the shorter one has."""
    equal = longer.keyframe_hashes[:, np.newaxis] == shorter.keyframe_hashes
    rows, columns = np.nonzero(equal)
    if not len(rows):
        return None
    offsets = longer.keyframe_times[rows] - shorter.keyframe_times[columns]
    counts = (np.abs(offsets[:, np.newaxis] - offsets) <= _KEYFRAME_TOLERANCE_SECONDS).sum(axis=1)
    offset = float(np.median(offsets[np.abs(offsets - offsets[counts.argmax()]) <= _KEYFRAME_TOLERANCE_SECONDS]))
    begin, end = max(0.0, offset), min(longer.duration_seconds, offset + shorter.duration_seconds)
    inside = (longer.keyframe_times >= begin - _KEYFRAME_TOLERANCE_SECONDS) & (longer.keyframe_times < end)
    agreeing = np.unique(rows[np.abs(offsets - offset) <= _KEYFRAME_TOLERANCE_SECONDS])
    return Alignment(
        offset_seconds=offset,
        matched=len(agreeing),
        expected=max(int(inside.sum()), len(agreeing)),
        bits=0.0,
        scenes=min(4, len(agreeing)),
        long_range=(round(begin, 3), round(end, 3)),
        short_range=(round(max(0.0, begin - offset), 3), round(max(0.0, end - offset), 3)),
    )
