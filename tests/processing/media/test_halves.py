"""Long videos are decoded in two halves at once; what is made is the same."""

import threading
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from processing.media import frames, halves
from processing.media.frames import FrameProducts, make_frames
from processing.media.probe import probe
from tests import media_factory

SECONDS = 30


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return media_factory.make_video(tmp_path / "film.mp4", seconds=SECONDS, size="160x90", gop=25)


def _make(film: Path, out_dir: Path, progress: frames.Progress | None = None) -> FrameProducts:
    return make_frames(str(film), facts=probe(str(film)), out_dir=out_dir, progress=progress)


def test_both_ways_make_the_same(film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at_once = _make(film, tmp_path / "halves")
    monkeypatch.setattr(frames, "LEAST_TILES_IN_HALVES", 10_000)
    in_order = _make(film, tmp_path / "whole")

    assert (at_once.phash, at_once.tile_count, at_once.thumbnail_seconds, at_once.decoded_frames) == (
        in_order.phash,
        in_order.tile_count,
        in_order.thumbnail_seconds,
        in_order.decoded_frames,
    )
    assert at_once.tile_count >= halves.LEAST_TILES_IN_HALVES
    assert at_once.vtt.read_text() == in_order.vtt.read_text()
    with Image.open(at_once.sprite) as one, Image.open(in_order.sprite) as other:
        assert ImageChops.difference(one.convert("RGB"), other.convert("RGB")).getbbox() is None


def test_progress_counts_both_halves_up_to_the_end(film: Path, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []

    products = _make(film, tmp_path / "out", lambda done, total: seen.append((done, total)))

    assert seen == sorted(seen)
    assert seen[-1] == (products.tile_count, products.tile_count)


def test_an_error_of_the_second_half_is_the_callers(
    film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: halves.SecondHalf) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(halves.SecondHalf, "_run", fail)

    with pytest.raises(OSError, match="No space left"):
        _make(film, tmp_path / "out")
    assert not list(tmp_path.rglob("*.webp"))


def test_an_interruption_of_the_first_half_ends_the_second(film: Path, tmp_path: Path) -> None:
    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _make(film, tmp_path / "out", interrupt)

    assert not [thread for thread in threading.enumerate() if thread.name.startswith("second half")]
