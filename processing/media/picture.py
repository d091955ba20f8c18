"""From a decoded frame to an upright 8-bit RGB picture of a wanted size."""

from dataclasses import dataclass
from typing import cast

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace, Interpolation, VideoReformatter
from numpy.typing import NDArray

from processing.media.colors import HLG, PQ
from processing.media.orientation import Orientation
from processing.media.tonemap import tone_map

# FFmpeg's number for "the file does not say which matrix turned RGB into YUV".
UNSPECIFIED_SPACE = 2
# Players take such files for BT.709 from this size on and for BT.601 below (mpv's rule).
HD_WIDTH_PX = 1280
HD_HEIGHT_PX = 577


def even(number: float) -> int:
    """The nearest even whole number, at least 2: codecs and browsers dislike odd sides."""
    return max(2, round(number / 2) * 2)


def fit(aspect_ratio: float, box_width: int, box_height: int) -> tuple[int, int]:
    """Even width and height of the largest picture of `aspect_ratio` (width/height) inside a box."""
    if aspect_ratio >= box_width / box_height:
        return even(box_width), min(even(box_width / aspect_ratio), even(box_height))
    return min(even(box_height * aspect_ratio), even(box_width)), even(box_height)


@dataclass(frozen=True, slots=True)
class Shape:
    """How frames of one video are shown: upright aspect ratio (width/height) and upright size in square pixels."""

    aspect_ratio: float
    width: int
    height: int

    @classmethod
    def of(cls, frame: VideoFrame, orientation: Orientation, aspect_ratio: float | None) -> "Shape":
        """From the first decoded frame: containers sometimes state another size than the pictures have."""
        turned = orientation.transpose
        width, height = (frame.height, frame.width) if turned else (frame.width, frame.height)
        ratio = aspect_ratio or width / height
        # Anamorphic pictures are shown by widening or heightening, never by throwing pixels away.
        stretch = ratio / (width / height)
        return cls(ratio, even(width * max(stretch, 1.0)), even(height / min(stretch, 1.0)))

    def limited(self, longest_px: int) -> tuple[int, int]:
        """Even width and height with the longest side at most `longest_px`; never larger than the video."""
        longest = min(longest_px, max(self.width, self.height))
        return fit(self.aspect_ratio, longest, longest)


class PictureMaker:
    """Scales frames of one video. Keeps FFmpeg's scalers between calls, so it belongs to one thread."""

    def __init__(self, orientation: Orientation, color_transfer: str | None) -> None:
        self._orientation = orientation
        self._transfer = color_transfer if color_transfer in (PQ, HLG) else None
        self._scalers: dict[tuple[int, int], VideoReformatter] = {}

    def make(self, frame: VideoFrame, width: int, height: int) -> NDArray[np.uint8]:
        """An upright (height, width, 3) uint8 RGB picture, HDR tone-mapped; does not change the frame.

        Area averaging: one pass over the frame, and fine patterns do not shimmer from tile to tile.
        """
        stored = (height, width) if self._orientation.transpose else (width, height)
        if self._transfer is None:
            small = cast(NDArray[np.uint8], self._scale(frame, *stored, "rgb24"))
        else:
            small = tone_map(cast(NDArray[np.uint16], self._scale(frame, *stored, "rgb48le")), self._transfer)
        return np.ascontiguousarray(self._orientation.turn(small))

    def _scale(self, frame: VideoFrame, width: int, height: int, pixels: str) -> NDArray[np.generic]:
        scaler = self._scalers.setdefault((width, height), VideoReformatter())
        scaled = scaler.reformat(
            frame,
            width,
            height,
            pixels,
            src_colorspace=_source_space(frame),
            interpolation=Interpolation.AREA,
            threads=1,
        )
        return scaled.to_ndarray()


def _source_space(frame: VideoFrame) -> int | None:
    if int(frame.colorspace) != UNSPECIFIED_SPACE:
        return None
    is_hd = frame.width >= HD_WIDTH_PX or frame.height >= HD_HEIGHT_PX
    return Colorspace.ITU709 if is_hd else Colorspace.ITU601
