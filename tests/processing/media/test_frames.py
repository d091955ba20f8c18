"""Thumbnails and storyboards of real files, checked by the colours they show."""

import itertools
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from processing.media.frames import FrameOptions, FrameProducts, make_frames
from processing.media.probe import probe
from tests import media_factory as factory

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
# Corners of the `corners` picture after a clockwise turn, from top left, row by row.
TURNED = {
    0: (RED, GREEN, BLUE, WHITE),
    90: (BLUE, RED, WHITE, GREEN),
    180: (WHITE, BLUE, GREEN, RED),
    270: (GREEN, WHITE, RED, BLUE),
}


DEFAULTS = FrameOptions()


def frames_of(path: Path, options: FrameOptions = DEFAULTS) -> FrameProducts:
    return make_frames(str(path), facts=probe(str(path)), out_dir=path.parent / "out", options=options)


def pixels(path: Path) -> NDArray[np.float64]:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB")).astype(np.float64)


def tile(products: FrameProducts, index: int) -> NDArray[np.float64]:
    left = index % products.columns * products.tile_width
    top = index // products.columns * products.tile_height
    return pixels(products.sprite)[top : top + products.tile_height, left : left + products.tile_width]


def corners(picture: NDArray[np.float64]) -> list[tuple[int, ...]]:
    height, width = picture.shape[:2]
    spots = [(height // 4, width // 4), (height // 4, width * 3 // 4)]
    spots += [(height * 3 // 4, width // 4), (height * 3 // 4, width * 3 // 4)]
    return [tuple(255 if value > 128 else 0 for value in picture[spot]) for spot in spots]


def shown_seconds(picture: NDArray[np.float64], total: float) -> float:
    dark, bright = factory.time_grey(0, total), factory.time_grey(total, total)
    return float((picture.mean() - dark) / (bright - dark) * total)


@pytest.mark.parametrize(
    ("name", "codec", "gop"),
    [
        ("a.mp4", "h264", 10),
        ("a.mp4", "h264", 250),
        ("a.mkv", "h264", 10),
        ("a.webm", "vp9", 250),
        ("a.ts", "h264", 10),
        ("a.ts", "h264", 60),
        ("a.avi", "mpeg4", 40),
        ("a.flv", "flv1", 12),
        ("a.wmv", "wmv", 12),
        ("a.mpg", "mpeg2", 12),
        ("a.mp4", "hevc", 50),
    ],
)
def test_every_tile_shows_its_own_time(tmp_path: Path, name: str, codec: str, gop: int) -> None:
    path = factory.make_video(tmp_path / name, seconds=8, size="160x120", codec=codec, gop=gop, source="time")

    products = frames_of(path)

    assert products.is_exact
    for index in range(products.tile_count):
        middle = (index + 0.5) * products.interval_seconds
        assert abs(shown_seconds(tile(products, index), 8) - middle) <= products.interval_seconds / 2 + 0.1


def test_keyframes_far_apart_are_decoded_through_and_noted(tmp_path: Path) -> None:
    path = factory.make_video(tmp_path / "a.mp4", seconds=6, size="160x120", gop=250, source="time")

    products = frames_of(path)

    assert products.decoded_frames == products.tile_count
    assert re.search(r"tiles were decoded forward\.$", products.notes[0])


def test_keyframes_close_together_need_no_note(tmp_path: Path) -> None:
    path = factory.make_video(tmp_path / "a.mp4", seconds=4, gop=12)

    assert frames_of(path).notes == ()


def test_times_count_from_the_start_that_players_show(tmp_path: Path) -> None:
    plain = factory.make_video(tmp_path / "plain.ts", seconds=4, size="160x120", gop=10, source="time", audio="aac")
    path = tmp_path / "a.ts"
    factory._run("-i", str(plain), "-c", "copy", "-output_ts_offset", "5000", str(path))

    products = frames_of(path)

    assert shown_seconds(tile(products, 0), 4) < products.interval_seconds + 0.1


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_turned_video_is_shown_upright(tmp_path: Path, rotation: int) -> None:
    path = factory.make_video(tmp_path / "a.mp4", seconds=1, size="320x180", source="corners", rotation=rotation)

    products = frames_of(path)

    assert corners(tile(products, 0)) == list(TURNED[rotation])
    assert corners(pixels(products.thumbnail_large)) == list(TURNED[rotation])
    is_upright = rotation % 180 == 90
    assert (products.tile_width < products.tile_height) == is_upright
    assert products.thumbnail_large_size == ((180, 320) if is_upright else (320, 180))


def test_mirrored_video_is_shown_as_its_matrix_says(tmp_path: Path) -> None:
    plain = factory.make_video(tmp_path / "plain.mp4", seconds=1, source="corners")
    path = factory.set_display_matrix(tmp_path / "a.mp4", plain, mirrored=True)

    products = frames_of(path)

    assert corners(tile(products, 0)) == [GREEN, RED, WHITE, BLUE]


def test_anamorphic_video_is_widened(tmp_path: Path) -> None:
    path = factory.make_video(
        tmp_path / "a.mkv", seconds=1, size="720x576", sample_aspect_ratio="64:45", source="corners"
    )

    products = frames_of(path)

    assert (products.tile_width, products.tile_height) == (320, 180)
    assert products.thumbnail_large_size == (1024, 576)


def test_an_extreme_shape_is_padded_not_stretched(tmp_path: Path) -> None:
    path = factory.make_video(tmp_path / "a.mp4", seconds=1, size="640x40", source="white")

    products = frames_of(path)

    picture = tile(products, 0).mean(axis=2)
    lit = np.flatnonzero(picture[:, products.tile_width // 2] > 128)
    assert (products.tile_width, products.tile_height) == (320, 134)
    assert len(lit) == pytest.approx(20, abs=2)
    assert lit.mean() == pytest.approx(products.tile_height / 2, abs=2)
    assert picture[products.tile_height // 2].min() > 200
    assert products.thumbnail_large_size == (640, 40)


def test_upright_video_gets_upright_tiles(tmp_path: Path) -> None:
    path = factory.make_video(tmp_path / "a.mp4", seconds=1, size="180x320", source="corners")

    products = frames_of(path)

    assert (products.tile_width, products.tile_height) == (180, 320)


@pytest.mark.parametrize(
    ("transfer", "luma", "low", "high"), [("smpte2084", 573, 170, 220), ("arib-std-b67", 721, 170, 220)]
)
def test_hdr_reference_white_is_bright_but_not_clipped(
    tmp_path: Path, transfer: str, luma: int, low: int, high: int
) -> None:
    path = factory.make_hdr_video(tmp_path / "a.mp4", transfer=transfer, luma=luma)

    products = frames_of(path)

    assert low < tile(products, 0).mean() < high


def test_hdr_black_stays_black(tmp_path: Path) -> None:
    path = factory.make_hdr_video(tmp_path / "a.mp4", luma=64)

    assert tile(frames_of(path), 0).mean() < 3


@pytest.mark.parametrize(("colour", "expected"), [("white", 255), ("black", 0), ("0x808080", 128)])
def test_greys_keep_their_level(tmp_path: Path, colour: str, expected: int) -> None:
    path = factory.make_video(tmp_path / "a.mp4", seconds=1, source=colour)

    assert tile(frames_of(path), 0).mean() == pytest.approx(expected, abs=3)


def test_thumbnails_are_never_enlarged(tmp_path: Path) -> None:
    path = factory.make_video(tmp_path / "a.mp4", seconds=1, size="200x100")

    products = frames_of(path)

    assert products.thumbnail_large_size == (200, 100)
    assert products.thumbnail_small_size == (200, 100)
    assert pixels(products.thumbnail_small).shape == (100, 200, 3)


def test_large_video_gives_both_thumbnail_sizes(tmp_path: Path) -> None:
    path = factory.make_video(tmp_path / "a.mp4", seconds=1, size="1920x1080", rate=5)

    products = frames_of(path)

    assert products.thumbnail_large_size == (1280, 720)
    assert products.thumbnail_small_size == (320, 180)


def test_the_cover_avoids_black(tmp_path: Path) -> None:
    fade = ("-vf", "drawbox=0:0:iw:ih:color=black:t=fill:enable='lt(t,3)'")
    path = factory.make_video(tmp_path / "a.mp4", seconds=8, gop=25, extra=fade)

    products = frames_of(path)

    assert products.thumbnail_seconds >= 3


def test_the_webvtt_covers_the_video_without_gaps(tmp_path: Path) -> None:
    path = factory.make_video(tmp_path / "a.mp4", seconds=3, gop=10)

    products = frames_of(path)

    cues = re.findall(r"(\S+) --> (\S+)\n(\S+)#xywh=(\d+),(\d+),(\d+),(\d+)", products.vtt.read_text("utf-8"))
    assert len(cues) == products.tile_count
    assert cues[0][0] == "00:00:00.000"
    assert cues[-1][1] == "00:00:03.000"
    assert all(one[1] == following[0] for one, following in itertools.pairwise(cues))
    assert {cue[2] for cue in cues} == {products.sprite.name}
    assert (int(cues[1][3]), int(cues[1][5])) == (products.tile_width, products.tile_width)


def test_the_sprite_can_have_another_name_in_the_webvtt(tmp_path: Path) -> None:
    path = factory.make_video(tmp_path / "a.mp4", seconds=1)

    products = frames_of(path, FrameOptions(sprite_name="media/7/sprite.webp"))

    assert "media/7/sprite.webp#xywh=0,0," in products.vtt.read_text("utf-8")


def test_one_frame_is_one_tile(tmp_path: Path) -> None:
    path = factory.make_video(tmp_path / "a.mp4", seconds=0.04)

    products = frames_of(path)

    assert (products.tile_count, products.columns, products.rows) == (1, 1, 1)


def test_a_wanted_interval_is_kept(tmp_path: Path) -> None:
    path = factory.make_video(tmp_path / "a.mp4", seconds=5, gop=10)

    products = frames_of(path, FrameOptions(interval_seconds=2.0))

    assert (products.interval_seconds, products.tile_count) == (2.0, 3)


def test_face_frames_come_from_the_same_pictures(tmp_path: Path) -> None:
    path = factory.make_video(tmp_path / "a.mp4", seconds=6, size="1280x720", rate=5, gop=5)

    products = frames_of(path, FrameOptions(face_frames_dir=tmp_path / "faces", face_frame_count=3))

    assert len(products.face_frames) == 3
    assert products.decoded_frames == products.tile_count
    assert [seconds for seconds, _ in products.face_frames] == sorted(s for s, _ in products.face_frames)
    assert {pixels(file).shape for _, file in products.face_frames} == {(540, 960, 3)}


def test_progress_ends_at_the_number_of_tiles(tmp_path: Path) -> None:
    path = factory.make_video(tmp_path / "a.mp4", seconds=3, gop=10)
    calls: list[tuple[int, int]] = []

    products = make_frames(
        str(path), facts=probe(str(path)), out_dir=tmp_path, progress=lambda done, total: calls.append((done, total))
    )

    assert calls[-1] == (products.tile_count, products.tile_count)


def test_a_picture_shorter_than_its_sound_repeats_its_last_frame(tmp_path: Path) -> None:
    picture = factory.make_video(tmp_path / "picture.mp4", seconds=2, source="white")
    sound = factory.make_audio(tmp_path / "sound.m4a", seconds=6)
    path = tmp_path / "a.mp4"
    factory._run("-i", str(picture), "-i", str(sound), "-map", "0:v", "-map", "1:a", "-c", "copy", str(path))

    products = frames_of(path)

    assert products.tile_count == 6
    assert tile(products, 5).mean() > 250
    assert products.is_exact


def test_an_error_of_the_caller_leaves_no_file(tmp_path: Path) -> None:
    path = factory.make_video(tmp_path / "a.mp4", seconds=3, gop=10)

    def fail(done: int, total: int) -> None:
        raise InterruptedError("stopped")

    with pytest.raises(InterruptedError):
        make_frames(
            str(path),
            facts=probe(str(path)),
            out_dir=tmp_path / "out",
            options=FrameOptions(face_frames_dir=tmp_path / "faces"),
            progress=fail,
        )

    assert not [*tmp_path.glob("out/*"), *tmp_path.glob("faces/*")]


def test_a_full_disk_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = factory.make_video(tmp_path / "a.mp4", seconds=3, gop=10)

    def full(*args: object, **kwargs: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("processing.media.storyboard.Storyboard.save", full)

    with pytest.raises(OSError, match="No space left"):
        frames_of(path)

    assert not list((tmp_path / "out").iterdir())


def test_a_wrong_stated_size_is_no_problem(tmp_path: Path) -> None:
    path = factory.make_video(tmp_path / "a.mp4", seconds=1, size="320x180", source="corners")
    facts = replace(probe(str(path)), width=9999, height=1)

    products = make_frames(str(path), facts=facts, out_dir=tmp_path / "out")

    assert products.thumbnail_large_size == (320, 180)


def test_gradual_refresh_without_full_keyframes_is_no_damage(tmp_path: Path) -> None:
    refresh = ("-intra-refresh", "1")
    path = factory.make_video(tmp_path / "a.mp4", seconds=6, size="160x120", gop=50, source="time", extra=refresh)

    products = frames_of(path)

    assert products.is_exact
    assert shown_seconds(tile(products, 5), 6) == pytest.approx(5.5, abs=0.6)


def test_interlaced_pictures_show_no_combs(tmp_path: Path) -> None:
    fields = ("-vf", "interlace", "-flags", "+ilme+ildct")
    path = factory.make_video(tmp_path / "a.ts", seconds=2, size="720x576", codec="mpeg2", extra=fields)

    products = frames_of(path)

    assert products.thumbnail_large_size == (360, 288)


def test_a_keyframe_at_the_end_of_a_cue_does_not_hide_an_earlier_one(tmp_path: Path) -> None:
    # Keyframes at 0, 1.6, 2, 3.6, ... seconds: cues of 2 s from 0 have one just before their end.
    keys = ("-force_key_frames", "0,1.6,2,3.6,4,5.6,6,7.6")
    path = factory.make_video(tmp_path / "a.mp4", seconds=8, size="160x120", gop=250, source="time", extra=keys)

    products = frames_of(path, FrameOptions(interval_seconds=2.0))

    assert products.notes == ()
