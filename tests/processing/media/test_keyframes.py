"""Pictures and keyframes that recognise parts of a video, found while its pictures are made."""

from pathlib import Path

import pytest

from processing.media import frames, halves, keyframes
from processing.media.frames import FrameOptions, FrameProducts, make_frames
from processing.media.keyframes import keyframes_of_clip
from processing.media.phash import FLAT_PHASH, hamming_distance
from processing.media.probe import probe
from tests import media_factory as factory


def products_of(path: Path, options: FrameOptions | None = None) -> FrameProducts:
    return make_frames(
        str(path), facts=probe(str(path)), out_dir=path.with_suffix(".out"), options=options or FrameOptions()
    )


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """40 seconds of scenes that change every two seconds, a keyframe each second."""
    return factory.make_video(tmp_path / "film.mp4", seconds=40, size="320x180", source="scenes:1", gop=25)


@pytest.fixture
def only_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every video counts as long."""
    monkeypatch.setattr(frames, "CLIP_SECONDS", 0.0)


def test_every_tile_has_its_hash_and_time(film: Path) -> None:
    products = products_of(film)

    assert len(products.frame_hashes) == len(products.frame_times) == products.tile_count > 30
    assert list(products.frame_times) == sorted(products.frame_times)
    for index, seconds in enumerate(products.frame_times):
        assert abs(seconds - (index + 0.5) * products.interval_seconds) <= products.interval_seconds / 2 + 0.05


def test_a_smaller_copy_in_another_codec_has_nearly_the_same_hashes(tmp_path: Path) -> None:
    original = factory.make_video(tmp_path / "a.mp4", seconds=20, size="320x180", source="moving", gop=25)
    copy = tmp_path / "copy.webm"
    factory._run("-i", str(original), "-vf", "scale=160:90", *factory.ENCODERS["vp9"], "-g", "25", str(copy))

    ours, theirs = products_of(original), products_of(copy)

    assert ours.frame_times == pytest.approx(theirs.frame_times, abs=0.01)
    pairs = zip(ours.frame_hashes, theirs.frame_hashes, strict=True)
    assert max(hamming_distance(one, other) for one, other in pairs) <= 4


def test_another_film_has_other_hashes(tmp_path: Path, film: Path) -> None:
    other = factory.make_video(tmp_path / "other.mp4", seconds=40, size="320x180", source="moving", gop=25)

    ours, theirs = products_of(film), products_of(other)

    assert min(hamming_distance(one, two) for one in ours.frame_hashes for two in theirs.frame_hashes) > 8


def test_a_picture_of_one_colour_says_nothing(tmp_path: Path) -> None:
    red = factory.make_video(tmp_path / "a.mp4", seconds=4, size="160x90", source="red", gop=25)

    assert set(products_of(red).frame_hashes) == {FLAT_PHASH}


def test_a_tile_without_a_picture_of_its_own_has_no_hash(tmp_path: Path) -> None:
    picture = factory.make_video(tmp_path / "picture.mp4", seconds=2)
    sound = factory.make_audio(tmp_path / "sound.m4a", seconds=6)
    path = tmp_path / "a.mp4"
    factory._run("-i", str(picture), "-i", str(sound), "-map", "0:v", "-map", "1:a", "-c", "copy", str(path))

    products = products_of(path)

    assert (products.tile_count, len(products.frame_hashes)) == (6, 2)


def test_a_clip_has_all_its_keyframes_once(film: Path) -> None:
    products = products_of(film, FrameOptions(tile_count=5))

    assert products.keyframe_times == pytest.approx(range(40))
    assert len(products.keyframe_hashes) == 40


def test_a_long_film_has_the_keyframes_of_its_tiles(film: Path, only_tiles: None) -> None:
    products = products_of(film, FrameOptions(tile_count=5))

    assert products.keyframe_times == products.frame_times
    assert len(products.keyframe_hashes) == products.tile_count


def test_both_halves_bring_their_keyframes(film: Path, only_tiles: None) -> None:
    products = products_of(film)

    assert products.tile_count >= halves.LEAST_TILES_IN_HALVES
    assert products.keyframe_times == products.frame_times


def test_pictures_decoded_forward_have_no_keyframe(tmp_path: Path, only_tiles: None) -> None:
    path = factory.make_video(tmp_path / "a.mp4", seconds=6, size="160x120", gop=250)

    products = products_of(path)

    assert (len(products.keyframe_hashes), len(products.frame_hashes)) == (1, products.tile_count)


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts"])
def test_a_cut_shares_the_keyframes_of_the_tiles_of_the_whole(
    tmp_path: Path, film: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    cut = tmp_path / f"cut.{suffix}"
    factory._run("-ss", "10", "-i", str(film), "-t", "20", "-c", "copy", str(cut))
    theirs = dict(zip(products_of(cut).keyframe_hashes, products_of(cut).keyframe_times, strict=True))
    monkeypatch.setattr(frames, "CLIP_SECONDS", 0.0)
    whole = products_of(film, FrameOptions(tile_count=10))

    times = zip(whole.keyframe_hashes, whole.keyframe_times, strict=True)
    shifts = [seconds - theirs[digest] for digest, seconds in times if digest in theirs]

    assert len(shifts) >= 4
    assert shifts == pytest.approx([10.0] * len(shifts), abs=0.05)


@pytest.mark.slow
def test_different_films_share_no_keyframe(tmp_path: Path, film: Path) -> None:
    other = factory.make_video(tmp_path / "other.mp4", seconds=10, size="320x180", source="scenes:2.37", gop=25)

    assert not set(products_of(film).keyframe_hashes) & set(products_of(other).keyframe_hashes)


@pytest.mark.slow
@pytest.mark.parametrize(("bound", "value"), [("MOST_KEYFRAMES", 7), ("MOST_BYTES", 100_000)])
def test_the_keyframes_of_a_clip_are_bounded(
    film: Path, monkeypatch: pytest.MonkeyPatch, bound: str, value: int
) -> None:
    monkeypatch.setattr(keyframes, bound, value)

    assert 0 < len(keyframes_of_clip(str(film))) < 40


def test_the_keyframes_of_a_damaged_clip_are_those_that_can_be_read(tmp_path: Path) -> None:
    assert keyframes_of_clip(str(factory.make_truncated(tmp_path / "a.mp4")))
