"""64-bit perceptual hashes: of a whole video, made from pictures sampled along it, and of single pictures."""

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

COLLAGE_SIDE = 5
COLLAGE_PICTURES = COLLAGE_SIDE * COLLAGE_SIDE
# Pictures are taken from the middle nine tenths: intros and credits are shared by unrelated videos.
FIRST_RATIO = 0.05
LAST_RATIO = 0.95
CELL_PX = 32
HASH_INPUT_PX = 32
HASH_SIDE = 8
# Standard deviation of the collage, in 8-bit grey levels, below which there is nothing to recognise a video by.
FLAT_DEVIATION = 2.0
# The hash of a flat (single-colour) video: it says nothing and must match nothing.
FLAT_PHASH = 0
# BT.601 luma, as grey pictures are made everywhere.
LUMA = (np.float32(0.299), np.float32(0.587), np.float32(0.114))


def hamming_distance(a: int, b: int) -> int:
    """How many of 64 bits differ; both hashes unsigned. 0 to about 8: the same video, re-encoded or resized."""
    return (a ^ b).bit_count()


def grey_cell(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Shrink an (h, w, 3) uint8 RGB picture to the (32, 32) float32 grey cell that hashes are made of, 0..255."""
    red, green, blue = (picture[:, :, channel] * weight for channel, weight in enumerate(LUMA))
    return _shrink(red + green + blue, CELL_PX)


def perceptual_hash(cells: Sequence[NDArray[np.float32]]) -> int:
    """Unsigned 64-bit hash of a video's grey cells, evenly spaced in time order; FLAT_PHASH (0) if it shows nothing.

    Built as Stash builds its video phash: a 5 x 5 collage between 5 % and 95 % of the length, in grey, shrunk to
    32 x 32, a two-dimensional DCT-II, of which the lowest 8 x 8 coefficients are compared with their median. The
    first of them (DC, the mean brightness) is left out of the median, so that brightness does not move the
    threshold; its own bit is kept and set in nearly every hash. Bits run row by row, the highest first. Unlike in
    Stash, a picture of the collage is the weighted mean of the samples around its time: another encode has its
    keyframes elsewhere, and a mean changes little where a single picture would be another. (Simulated films of 4 s
    shots, sampled at random moments: 5 to 8 bits apart instead of 16; different films 31, at least 16.) So hashes
    made by Stash do not compare with these.
    """
    pictures = np.einsum("ij,jkl->ikl", _collage_weights(len(cells)), np.stack(cells))
    collage = pictures.reshape(COLLAGE_SIDE, COLLAGE_SIDE, CELL_PX, CELL_PX).swapaxes(1, 2)
    return _hash(_shrink(collage.reshape(COLLAGE_SIDE * CELL_PX, COLLAGE_SIDE * CELL_PX), HASH_INPUT_PX))


def picture_hash(cell: NDArray[np.float32]) -> int:
    """Unsigned 64-bit hash of one picture's grey cell, as `perceptual_hash` makes it of a collage; FLAT_PHASH (0) for a
    picture of one colour, which many videos have."""
    return _hash(cell)


def _hash(small: NDArray[np.float32]) -> int:
    """Of a (32, 32) grey picture."""
    if float(small.std()) < FLAT_DEVIATION:
        return FLAT_PHASH
    transform = _dct_matrix(HASH_INPUT_PX)[:HASH_SIDE]
    low = (transform @ small @ transform.T).ravel()
    bits = low > np.median(low[1:])
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


def _collage_weights(count: int) -> NDArray[np.float32]:
    """(25, count): how much each sample counts in each picture of the collage; rows sum to 1.

    A sample counts fully at the picture's own time and not at all two pictures away.
    """
    step = (LAST_RATIO - FIRST_RATIO) / COLLAGE_PICTURES
    pictures = FIRST_RATIO + (np.arange(COLLAGE_PICTURES) + 0.5) * step
    samples = (np.arange(count) + 0.5) / count
    # Few samples lie farther apart than two pictures: the reach grows so that each picture has at least one.
    reach = max(2 * step, 1.0 / count)
    weights = np.maximum(1.0 - np.abs(pictures[:, np.newaxis] - samples) / reach, 0.0)
    within = weights * ((samples >= FIRST_RATIO) & (samples <= LAST_RATIO))
    weights = np.where(within.any(axis=1, keepdims=True), within, weights)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), dtype=np.float32)


@cache
def _dct_matrix(size: int) -> NDArray[np.float32]:
    """Orthonormal DCT-II: row k, column n is cos(pi (2n + 1) k / 2 size), scaled."""
    k, n = np.arange(size)[:, np.newaxis], np.arange(size)[np.newaxis, :]
    matrix = np.cos(np.pi * (2 * n + 1) * k / (2 * size)) * np.sqrt(2.0 / size)
    matrix[0] /= np.sqrt(2.0)
    return np.asarray(matrix, dtype=np.float32)


def _shrink(grey: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    """Average an (h, w) picture down, or spread it up, to (side, side), every pixel by its exact area."""
    return _shrink_rows(_shrink_rows(grey, side).T, side).T


def _shrink_rows(grey: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    """(h, w) to (side, w) by differences of the running sum.

    No matrix product: the threads that BLAS keeps spinning for one take the core the decoder needs.
    """
    height = grey.shape[0]
    running = np.zeros((height + 2, grey.shape[1]), dtype=np.float64)
    np.cumsum(grey, axis=0, out=running[1:-1])
    running[-1] = running[-2]
    edges = np.linspace(0.0, height, side + 1)
    whole = edges.astype(np.intp)
    at_edges = running[whole] + (edges - whole)[:, np.newaxis] * (running[whole + 1] - running[whole])
    return np.asarray(np.diff(at_edges, axis=0) * (side / height), dtype=np.float32)
