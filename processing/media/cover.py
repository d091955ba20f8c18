"""Choosing the picture that stands for a video: bright enough, with contrast and detail, from its first half."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Outside the wanted stretch a picture wins only if everything inside is black, white or flat.
OUTSIDE_WEIGHT = 0.2
# Mean grey levels between which a picture is fully counted; darker and brighter ones fade out to NOTHING.
DARK_FROM, DARK_TO = 12.0, 48.0
BRIGHT_FROM, BRIGHT_TO = 245.0, 205.0
NOTHING = 0.02
# Contrast (standard deviation) and detail (mean step between neighbours) in grey levels that count as full marks.
FULL_CONTRAST = 60.0
FULL_DETAIL = 12.0


def cover_score(picture: NDArray[np.uint8], *, is_wanted_time: bool) -> float:
    """How well an (h, w, 3) RGB tile would do as the cover, 0 to 1; black and single-colour pictures get about 0."""
    grey = picture[::2, ::2].mean(axis=2, dtype=np.float32)
    mean = float(grey.mean())
    light = min((mean - DARK_FROM) / (DARK_TO - DARK_FROM), (BRIGHT_FROM - mean) / (BRIGHT_FROM - BRIGHT_TO), 1.0)
    contrast = min(float(grey.std()) / FULL_CONTRAST, 1.0)
    detail = min((_steps(grey, 0) + _steps(grey, 1)) / 2 / FULL_DETAIL, 1.0)
    score = max(light, NOTHING) * (0.6 * contrast + 0.4 * detail)
    return score if is_wanted_time else score * OUTSIDE_WEIGHT


def _steps(grey: NDArray[np.float32], axis: int) -> float:
    return float(np.abs(np.diff(grey, axis=axis)).mean()) if grey.shape[axis] > 1 else 0.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """A tile that would do as the cover: its number in the storyboard, and how well it would do (0 to 1)."""

    index: int
    score: float


# Titles, fades and black stand at both ends: this share of the video, at each, counts less.
EDGE_RATIO = 0.04
EDGE_WEIGHT = 0.5
# Variance of the Laplacian, in squared grey levels, at which a tile counts as sharp by half.
HALF_SHARP = 250.0


def candidate_score(picture: NDArray[np.uint8]) -> float:
    """How well an (h, w, 3) RGB tile would do, 0 to 1: well exposed, with contrast and detail, and sharp."""
    score = cover_score(picture, is_wanted_time=True)
    return score * (0.4 + 0.6 * sharpness(picture))


def sharpness(picture: NDArray[np.uint8]) -> float:
    """From 0 (blurred) to 1: the variance of the Laplacian (Pech-Pacheco et al., 2000), bent into that range."""
    grey = picture.mean(axis=2, dtype=np.float32)
    if min(grey.shape) < 3:
        return 0.0
    inner = grey[1:-1, 1:-1]
    around = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:]
    variance = float((4 * inner - around).var())
    return variance / (variance + HALF_SHARP)


def best_candidates(tiles: Iterable[NDArray[np.uint8]], *, count: int, wanted: int) -> list[Candidate]:
    """Of `count` tiles in the order of their times the `wanted` best ones, the best first, none beside another one as
    long as there are others."""
    edge = EDGE_RATIO * count
    scored = [
        Candidate(index, candidate_score(tile) * (1.0 if edge <= index + 0.5 <= count - edge else EDGE_WEIGHT))
        for index, tile in enumerate(tiles)
    ]
    ranked = sorted(scored, key=lambda one: (-one.score, one.index))
    apart = max(1, count // (2 * wanted))
    chosen: list[Candidate] = []
    for one in ranked:
        if len(chosen) < wanted and all(abs(one.index - other.index) >= apart for other in chosen):
            chosen.append(one)
    rest = [one for one in ranked if one not in chosen]
    return [*chosen, *rest[: wanted - len(chosen)]]
