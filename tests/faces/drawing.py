"""Faces that the tiny pack sees: a magenta ring around four quarters whose colours are the identity."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from tests.faces.tiny_pack import HOLE

_RING = (255, 0, 255)
# The quarters from the upper left clockwise, by the angle at which each begins.
_BEGINS = (180, 270, 0, 90)


@dataclass(frozen=True, slots=True)
class DrawnFace:
    """Whose face, where its middle is and how large; `drift` 0 to 1 mixes another identity's colours in."""

    who: str
    x: float
    y: float
    radius: float
    drift: float = 0.0
    other: str = "somebody else"


def colours(who: str) -> np.ndarray:
    """(4, 3) float: the colours of an identity's quarters, none of them near the ring's."""
    digest = np.frombuffer(hashlib.sha256(who.encode()).digest()[:12], np.uint8).reshape(4, 3)
    rgb = 30 + digest.astype(float) * (200 / 255)
    # The detector's mask is the lesser of red and blue above green.
    rgb[:, 1] = np.maximum(rgb[:, 1] + 10, np.minimum(rgb[:, 0], rgb[:, 2]) - 40)
    return rgb


def draw_face(picture: Image.Image, face: DrawnFace) -> None:
    """Draws onto an RGB picture."""
    draw = ImageDraw.Draw(picture)
    mixed = colours(face.who) * (1 - face.drift) + colours(face.other) * face.drift
    inner = face.radius * HOLE
    draw.ellipse(_around(face, face.radius), fill=_RING)
    for begin, colour in zip(_BEGINS, mixed, strict=True):
        draw.pieslice(_around(face, inner), begin, begin + 90, fill=tuple(int(value) for value in colour))


def _around(face: DrawnFace, radius: float) -> tuple[float, float, float, float]:
    return (face.x - radius, face.y - radius, face.x + radius, face.y + radius)


def scene(seed: int, *, width: int = 640, height: int = 360, faces: Iterable[DrawnFace] = ()) -> Image.Image:
    """A soft background without anything magenta, with faces on it."""
    random = np.random.default_rng(seed)
    coarse = (60 + random.random((9, 16, 3)) * 110).astype(np.uint8)
    picture = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
    for face in faces:
        draw_face(picture, face)
    return picture
