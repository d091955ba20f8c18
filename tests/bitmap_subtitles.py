"""Subtitles that are pictures: Blu-ray's (PGS), written here byte by byte, since FFmpeg makes no bitmaps of text. From
them it makes DVB's and DVDs'."""

import itertools
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.media_factory import run_ffmpeg

WIDTH, HEIGHT = 320, 180
# "HI" in five by seven, and the size of a dot.
_LETTERS = ("10001 111", "10001 010", "10001 010", "11111 010", "10001 010", "10001 010", "10001 111")
_DOT = 8
_LEFT, _TOP = 96, 112
_TICKS = 90_000
_PALETTE, _WINDOWS, _OBJECT, _COMPOSITION, _END = 0x14, 0x17, 0x15, 0x16, 0x80


def words() -> NDArray[np.bool_]:
    """Where the picture is bright while they are shown: (HEIGHT, WIDTH)."""
    dots = np.array([[letter == "1" for letter in row] for row in _LETTERS])
    shape = dots.repeat(_DOT, axis=0).repeat(_DOT, axis=1)
    screen = np.zeros((HEIGHT, WIDTH), dtype=bool)
    screen[_TOP : _TOP + shape.shape[0], _LEFT : _LEFT + shape.shape[1]] = shape
    return screen


def make_subtitled_film(path: Path, *, codec: str, shown: tuple[float, float], seconds: float) -> Path:
    """A black film in which white words are shown for a while. `codec` is FFmpeg's: copy (PGS), dvdsub or dvbsub."""
    subtitles = path.with_suffix(".sup")
    subtitles.write_bytes(_show(shown[0]) + _hide(shown[1]))
    black = ("-f", "lavfi", "-i", f"color=black:s={WIDTH}x{HEIGHT}:r=25:d={seconds}")
    encode = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "25")
    # Without these it would be shown from the beginning on, and by other codecs for ever.
    source = ("-copyts", "-fix_sub_duration", "-i", str(subtitles))
    return run_ffmpeg(path, *black, *source, "-map", "0:v", "-map", "1:s", *encode, "-c:s", codec)


def _show(seconds: float) -> bytes:
    shape = words()[_TOP:, _LEFT:]
    shape = shape[: len(_LETTERS) * _DOT, : len(_LETTERS[0]) * _DOT]
    height, width = shape.shape
    lines = b"".join(_line(row) for row in shape)
    place = struct.pack(">HBBHH", 0, 0, 0, _LEFT, _TOP)
    return b"".join(
        _segment(seconds, kind, data)
        for kind, data in (
            (_COMPOSITION, struct.pack(">HHBHBBBB", WIDTH, HEIGHT, 0x10, 0, 0x80, 0, 0, 1) + place),
            (_WINDOWS, struct.pack(">BBHHHH", 1, 0, _LEFT, _TOP, width, height)),
            # Colour 0 is nothing, 1 is white: Y, Cr, Cb, alpha.
            (_PALETTE, bytes([0, 0, 0, 16, 128, 128, 0, 1, 235, 128, 128, 255])),
            (_OBJECT, struct.pack(">HBB", 0, 0, 0xC0) + (len(lines) + 4).to_bytes(3) + struct.pack(">HH", width, height)
             + lines),
            (_END, b""),
        )
    )  # fmt: skip


def _hide(seconds: float) -> bytes:
    nothing = struct.pack(">HHBHBBBB", WIDTH, HEIGHT, 0x10, 1, 0, 0, 0, 0)
    return _segment(seconds, _COMPOSITION, nothing) + _segment(seconds, _END, b"")


def _line(row: NDArray[np.bool_]) -> bytes:
    """One line, run by run."""
    edges = [0, *(np.flatnonzero(np.diff(row)) + 1), len(row)]
    runs = b"".join(
        bytes([0, 0x80 | (stop - start), 1]) if row[start] else bytes([0, stop - start])
        for start, stop in itertools.pairwise(edges)
    )
    return runs + b"\0\0"


def _segment(seconds: float, kind: int, data: bytes) -> bytes:
    return b"PG" + struct.pack(">IIBH", round(seconds * _TICKS), 0, kind, len(data)) + data
