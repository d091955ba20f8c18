"""Tiles of a storyboard that would do as a cover. Reads the sprite; decodes no video."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock

import numpy as np
from django.core.files.storage import storages
from numpy.typing import NDArray
from PIL import Image

from processing.media.cover import best_candidates
from processing.models import Storyboard

SHOWN = 12
# A sprite of the largest kind takes 72 MB while it is looked at: one at a time.
_one_at_a_time = Lock()


@dataclass(frozen=True, slots=True)
class CoverCandidate:
    """A moment of a video: seconds from its start, and where its tile lies in the sprite, as CSS places a background
    that is as many tiles wide and high as the sprite (0 to 100 %)."""

    seconds: float
    left_percent: float
    top_percent: float


def cover_candidates(board: Storyboard) -> list[CoverCandidate]:
    """The best moments, the best one first, at most SHOWN; none when the sprite is gone."""
    with _one_at_a_time:
        indexes = _best(board.sprite.name or "", board.columns, board.tile_count, board.tile_width, board.tile_height)
    return [
        CoverCandidate(
            (index + 0.5) * board.interval_seconds,
            100 * (index % board.columns) / max(1, board.columns - 1),
            100 * (index // board.columns) / max(1, board.rows - 1),
        )
        for index in indexes
    ]


@lru_cache(maxsize=64)
def _best(name: str, columns: int, count: int, width: int, height: int) -> tuple[int, ...]:
    """Numbers of the best tiles. A sprite's name never changes its content."""
    try:
        with storages["derived"].open(name) as stream, Image.open(stream, formats=("WEBP",)) as sprite:
            picture = np.asarray(sprite.convert("RGB"))
    except OSError:
        # Gone or broken: it is made again under another name.
        return ()

    def tiles() -> Iterator[NDArray[np.uint8]]:
        for index in range(count):
            left, top = index % columns * width, index // columns * height
            yield picture[top : top + height, left : left + width]

    return tuple(one.index for one in best_candidates(tiles(), count=count, wanted=SHOWN))
