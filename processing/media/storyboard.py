"""The storyboard: one WebP sprite of all tiles, and the WebVTT file that says which tile belongs to which time."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from processing.media.picture import fit
from processing.media.plan import Plan

COLUMNS = 10
# Tiles keep the video's own shape up to this ratio of the sides; beyond it the picture is padded with black.
WIDEST_ASPECT_RATIO = 2.4
# Tiles of upright or square videos get no taller than this share of the tile width allows for wide ones.
BOX_RATIO = 4 / 3
# WebP allows 16383 px a side; a sprite of 24 million pixels takes 72 MB while it is put together.
MAX_SIDE_PX = 16383
MAX_SPRITE_PX = 24_000_000


def tile_size(aspect_ratio: float, tile_width: int) -> tuple[int, int]:
    """Even width and height of a tile: 320 x 180 for 16:9, 180 x 320 for a phone held upright, 240 x 240 for 1:1."""
    shape = min(max(aspect_ratio, 1 / WIDEST_ASPECT_RATIO), WIDEST_ASPECT_RATIO)
    box = (tile_width, round(tile_width / BOX_RATIO))
    return fit(shape, *box) if shape >= 1 else fit(shape, *reversed(box))


def tile_limit(tile_width: int, tile_height: int) -> int:
    """How many tiles fit into one sprite."""
    rows = min(MAX_SIDE_PX // tile_height, MAX_SPRITE_PX // (tile_width * tile_height * COLUMNS))
    return max(COLUMNS, rows * COLUMNS)


class Storyboard:
    """A sprite being filled: tiles row by row, left to right, COLUMNS a row."""

    def __init__(self, count: int, tile_width: int, tile_height: int) -> None:
        self.tile_width = tile_width
        self.tile_height = tile_height
        self.columns = min(count, COLUMNS)
        self.rows = -(-count // self.columns)
        self._canvas = np.zeros((self.rows * tile_height, self.columns * tile_width, 3), dtype=np.uint8)

    def offset(self, index: int) -> tuple[int, int]:
        """Left and top of a tile in px."""
        return index % self.columns * self.tile_width, index // self.columns * self.tile_height

    def place(self, index: int, picture: NDArray[np.uint8]) -> None:
        """Put an (h, w, 3) RGB picture no larger than a tile in the middle of tile `index`."""
        height, width = picture.shape[:2]
        left, top = self.offset(index)
        left += (self.tile_width - width) // 2
        top += (self.tile_height - height) // 2
        self._canvas[top : top + height, left : left + width] = picture

    def repeat(self, source: int, target: int) -> None:
        """Show tile `source` at `target` too."""
        left, top = self.offset(source)
        tile = self._canvas[top : top + self.tile_height, left : left + self.tile_width]
        to_left, to_top = self.offset(target)
        self._canvas[to_top : to_top + self.tile_height, to_left : to_left + self.tile_width] = tile

    def save(self, path: Path, *, quality: int, method: int) -> None:
        """Write the sprite as WebP."""
        Image.fromarray(self._canvas).save(path, "WEBP", quality=quality, method=method)

    def webvtt(self, plan: Plan, sprite_name: str) -> str:
        """Cues from 0 to the end without gaps, each naming its tile as a media fragment (`#xywh=`)."""
        lines = ["WEBVTT", ""]
        for index in range(plan.count):
            cue = plan.cue(index)
            left, top = self.offset(index)
            lines += [
                f"{timestamp(cue.start)} --> {timestamp(cue.end)}",
                f"{sprite_name}#xywh={left},{top},{self.tile_width},{self.tile_height}",
                "",
            ]
        return "\n".join(lines)


def timestamp(seconds: float) -> str:
    """WebVTT time, HH:MM:SS.mmm; hours may take more than two digits."""
    milliseconds = round(seconds * 1000)
    minutes, milliseconds = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{milliseconds // 1000:02d}.{milliseconds % 1000:03d}"
