"""Turning pictures upright: the eight orientations a display matrix can ask for."""

import struct
from dataclasses import dataclass
from typing import cast

import numpy as np
from av.sidedata.sidedata import SideDataContainer, Type
from av.video.frame import VideoFrame
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Orientation:
    """What to do with the stored picture, in this order: swap its axes, mirror left-right, mirror top-bottom."""

    transpose: bool = False
    flip_horizontal: bool = False
    flip_vertical: bool = False

    def turn(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Turn an (h, w, 3) picture upright; a view of the same memory."""
        if self.transpose:
            picture = picture.swapaxes(0, 1)
        if self.flip_horizontal:
            picture = picture[:, ::-1]
        return picture[::-1] if self.flip_vertical else picture


BY_CLOCKWISE_DEGREES = {
    0: Orientation(),
    90: Orientation(transpose=True, flip_horizontal=True),
    180: Orientation(flip_horizontal=True, flip_vertical=True),
    270: Orientation(transpose=True, flip_vertical=True),
}


def side_data_of(frame: VideoFrame) -> SideDataContainer:
    """The frame's side data, whose declared type in PyAV is not the real one.

    Ask for one frame of a video, not for each: the data and its frame refer to each other, so the frame's memory
    is free only after the next garbage collection.
    """
    return cast(SideDataContainer, frame.side_data)


def orientation_of(frame: VideoFrame, rotation: int) -> Orientation:
    """The orientation a frame's own display matrix asks for, else `rotation` in clockwise degrees.

    Only the matrix tells mirrored pictures from turned ones. Its layout is `libavutil/display.h`: nine int32
    (a b u, c d v, x y w), where a stored point (p, q) is shown at (a p + c q, b p + d q).
    """
    for data in side_data_of(frame):
        if data.type is Type.DISPLAYMATRIX:
            a, b, _, c, d = struct.unpack("=9i", bytes(data))[:5]
            if abs(b) + abs(c) > abs(a) + abs(d):
                return Orientation(transpose=True, flip_horizontal=c < 0, flip_vertical=b < 0)
            return Orientation(flip_horizontal=a < 0, flip_vertical=d < 0)
    return BY_CLOCKWISE_DEGREES[rotation]
