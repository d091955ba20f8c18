"""Choosing the picture that stands for a video: bright enough, with contrast and detail, from its first half."""

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
