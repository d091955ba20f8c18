"""Faces as vectors, without pictures: people around whom their faces lie."""

import numpy as np

from faces.ml.pack import DIMENSIONS


def person(seed: int) -> np.ndarray:
    """(512,) float32 of length 1; two people have a cosine near 0."""
    vector = np.random.default_rng(seed).standard_normal(DIMENSIONS).astype(np.float32)
    return vector / np.linalg.norm(vector)


def faces_of(who: np.ndarray, count: int, *, likeness: float = 0.93, seed: int = 0) -> np.ndarray:
    """(count, 512) faces whose cosine to the person is about `likeness`, and to each other its square."""
    # Not the stream that people are drawn from.
    random = np.random.default_rng((seed, 1))
    noise = random.standard_normal((count, DIMENSIONS)).astype(np.float32)
    noise -= np.outer(noise @ who, who)
    noise /= np.linalg.norm(noise, axis=1, keepdims=True)
    return (likeness * who + np.sqrt(1 - likeness**2) * noise).astype(np.float32)


def between(one: np.ndarray, other: np.ndarray, share: float) -> np.ndarray:
    """A vector on the way from one to the other."""
    vector = (1 - share) * one + share * other
    return (vector / np.linalg.norm(vector)).astype(np.float32)
