"""The perceptual hash: close for the same video, far for another one."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from processing.media.frames import make_frames
from processing.media.phash import (
    FLAT_PHASH,
    grey_cell,
    hamming_distance,
    perceptual_hash,
)
from processing.media.probe import probe
from tests import media_factory as factory


def hash_of(path: Path) -> int:
    return make_frames(str(path), facts=probe(str(path)), out_dir=path.parent / "out").phash


@pytest.mark.slow
def test_the_same_video_smaller_and_in_another_codec_is_close(tmp_path: Path) -> None:
    original = factory.make_video(tmp_path / "a.mp4", seconds=12, source="scenes:1", gop=25)
    other = factory.make_video(tmp_path / "b.webm", seconds=12, source="scenes:1", gop=60, size="160x120", codec="vp9")

    assert hamming_distance(hash_of(original), hash_of(other)) <= 6


@pytest.mark.slow
@pytest.mark.parametrize("other_source", ["scenes:2.37", "moving"])
def test_different_videos_are_far_apart(tmp_path: Path, other_source: str) -> None:
    one = factory.make_video(tmp_path / "a.mp4", seconds=12, source="scenes:1", gop=25)
    other = factory.make_video(tmp_path / "b.mp4", seconds=12, source=other_source, gop=25)

    assert hamming_distance(hash_of(one), hash_of(other)) > 16


def test_a_video_of_one_colour_has_no_hash(tmp_path: Path) -> None:
    path = factory.make_video(tmp_path / "a.mp4", seconds=2, source="red")

    assert hash_of(path) == FLAT_PHASH


def test_brightness_does_not_move_the_hash() -> None:
    noise = np.random.default_rng(1)
    cells = [noise.uniform(20, 180, (32, 32)).astype(np.float32) for _ in range(25)]

    brighter = [cell + 40 for cell in cells]

    assert hamming_distance(perceptual_hash(cells), perceptual_hash(brighter)) == 0


def test_a_hash_fits_unsigned_64_bits() -> None:
    noise = np.random.default_rng(2)
    cells = [noise.uniform(0, 255, (32, 32)).astype(np.float32) for _ in range(25)]

    assert 0 < perceptual_hash(cells) < 2**64


def test_intro_and_credits_do_not_count() -> None:
    noise = np.random.default_rng(5)
    cells = [noise.uniform(0, 255, (32, 32)).astype(np.float32) for _ in range(400)]
    other_ends = [np.zeros((32, 32), np.float32)] * 4 + cells[4:-4] + [np.zeros((32, 32), np.float32)] * 4

    assert hamming_distance(perceptual_hash(cells), perceptual_hash(other_ends)) == 0


@pytest.mark.parametrize("count", [1, 2, 7, 24, 25, 26, 120])
def test_any_number_of_samples_makes_a_hash(count: int) -> None:
    ramp = np.tile(np.linspace(0, 255, 32, dtype=np.float32), (32, 1))

    assert perceptual_hash([ramp + number for number in range(count)]) > 0


def test_other_moments_of_the_same_scenes_stay_close() -> None:
    noise = np.random.default_rng(6)
    scenes = [np.kron(noise.uniform(20, 230, (4, 4)), np.ones((8, 8))) for _ in range(24)]

    def sampled() -> list[NDArray[np.float32]]:
        return [
            (scenes[index // 5] + np.kron(noise.normal(0, 20, (4, 4)), np.ones((8, 8)))).astype(np.float32)
            for index in range(120)
        ]

    assert hamming_distance(perceptual_hash(sampled()), perceptual_hash(sampled())) <= 8


def test_shrinking_keeps_the_mean() -> None:
    picture = np.random.default_rng(3).integers(0, 256, (135, 241, 3), dtype=np.uint8)

    cell = grey_cell(picture)

    assert cell.shape == (32, 32)
    assert cell.mean() == pytest.approx((picture @ np.array([0.299, 0.587, 0.114])).mean(), abs=0.5)
