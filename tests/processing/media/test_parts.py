"""Parts that need no file: plan, storyboard geometry, tone mapping, facts, outputs, the H.264 header."""

import itertools
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from processing.media.cover import cover_score
from processing.media.errors import FileUnavailableError, MediaError, NoPictureError, UnreadableFileError
from processing.media.facts import ChapterFacts, StreamFacts
from processing.media.h264 import read_sequence
from processing.media.outputs import OutputFiles
from processing.media.picture import fit
from processing.media.plan import make_plan
from processing.media.storyboard import MAX_SIDE_PX, Storyboard, tile_limit, tile_size, timestamp
from processing.media.tonemap import tone_map


def plan_for(duration: float, spacing: float | None = None, interval: float | None = None, limit: int = 400):
    return make_plan(
        duration, interval_seconds=interval, most_tiles=120, tile_limit=limit, keyframe_spacing_seconds=spacing
    )


@pytest.mark.parametrize(
    ("duration", "spacing", "count"),
    [(5 * 3600, 2.0, 120), (1200, 8.34, 120), (600, 8.34, 71), (100, 1.0, 99), (60, 10.0, 16), (0.04, None, 1)],
)
def test_automatic_plans_follow_length_and_keyframes(duration: float, spacing: float | None, count: int) -> None:
    assert plan_for(duration, spacing).count == count


def test_cues_cover_the_whole_length() -> None:
    plan = plan_for(95.5, interval=10.0)

    cues = [plan.cue(index) for index in range(plan.count)]

    assert (cues[0].start, cues[-1].end) == (0.0, 95.5)
    assert all(a.end == b.start for a, b in itertools.pairwise(cues))


def test_an_interval_too_short_for_one_sprite_is_lengthened() -> None:
    plan = plan_for(36000, interval=1.0, limit=400)

    assert (plan.count, plan.interval_seconds, plan.is_shortened) == (400, 90.0, True)


@pytest.mark.parametrize(
    ("aspect_ratio", "size"),
    [
        (16 / 9, (320, 180)),
        (4 / 3, (320, 240)),
        (9 / 16, (180, 320)),
        (1.0, (240, 240)),
        (16.0, (320, 134)),
        (0.05, (134, 320)),
    ],
)
def test_tiles_keep_the_shape_within_reason(aspect_ratio: float, size: tuple[int, int]) -> None:
    assert tile_size(aspect_ratio, 320) == size


@pytest.mark.parametrize("size", [(320, 180), (180, 320), (640, 480), (16, 16)])
def test_a_full_sprite_stays_within_webp(size: tuple[int, int]) -> None:
    count = tile_limit(*size)

    rows = -(-count // 10)
    assert rows * size[1] <= MAX_SIDE_PX
    assert 10 * size[0] <= MAX_SIDE_PX


def test_tiles_lie_row_by_row() -> None:
    board = Storyboard(23, 320, 180)

    assert (board.columns, board.rows) == (10, 3)
    assert board.offset(12) == (640, 180)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "00:00:00.000"), (3661.2345, "01:01:01.234"), (59.9996, "00:01:00.000")]
)
def test_webvtt_times(seconds: float, text: str) -> None:
    assert timestamp(seconds) == text


def test_pictures_fit_into_boxes_with_even_sides() -> None:
    assert fit(16 / 9, 320, 320) == (320, 180)
    assert fit(9 / 16, 320, 320) == (180, 320)
    assert fit(50.0, 320, 320) == (320, 6)


def test_tone_mapping_keeps_order_and_hue() -> None:
    ramp = np.linspace(0, 65535, 64).astype(np.uint16)
    grey = np.repeat(ramp[np.newaxis, :, np.newaxis], 3, axis=2)

    shown = tone_map(grey, "smpte2084")

    assert (np.diff(shown[0, :, 0].astype(int)) >= 0).all()
    assert (shown[0, :, 0] == shown[0, :, 1]).all()
    assert (shown[0, 0, 0], shown[0, -1, 0]) == (0, 255)


def test_bt2020_red_stays_red() -> None:
    red = np.zeros((1, 1, 3), dtype=np.uint16)
    red[..., 0] = 36000

    shown = tone_map(red, "smpte2084")[0, 0]

    assert shown[0] > 120
    assert shown[1] == shown[2] == 0


def test_covers_prefer_content_over_black_and_white() -> None:
    noise = np.random.default_rng(4).integers(60, 200, (90, 160, 3), dtype=np.uint8)
    scores = [cover_score(p, is_wanted_time=True) for p in (noise, np.zeros_like(noise), np.full_like(noise, 255))]

    assert scores[0] > 0.3
    assert scores[1] == scores[2] == 0.0
    assert cover_score(noise, is_wanted_time=False) < scores[0]


def test_stream_facts_drop_what_json_refuses() -> None:
    facts = StreamFacts(index=0, kind="audio", codec="aac", title="a\x00b", frame_rate=float("nan"))

    assert facts.to_json()["title"] == "ab"
    assert facts.to_json()["frame_rate"] is None


def test_a_chapter_without_title_stays_text() -> None:
    assert ChapterFacts(0.0, 1.0, "\x00").to_json() == {"start_seconds": 0.0, "end_seconds": 1.0, "title": ""}


def test_only_unavailable_files_are_tried_again() -> None:
    assert [e.permanent for e in (MediaError, UnreadableFileError, NoPictureError)] == [True] * 3
    assert not FileUnavailableError.permanent


@pytest.mark.parametrize(
    "data", [None, b"", b"\x01", b"\x00" * 20, b"\x01\x64\x00\x1f\xff\xe1\x00\x04\x67\x64\x00\x1f"]
)
def test_a_damaged_h264_header_gives_nothing(data: bytes | None) -> None:
    assert read_sequence(data) is None


def test_outputs_appear_together(tmp_path: Path) -> None:
    with OutputFiles() as files:
        files.add(tmp_path / "a.txt").write_text("a", "utf-8")

        assert not (tmp_path / "a.txt").exists()

    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_outputs_of_a_failed_block_vanish(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no"), OutputFiles() as files:
        files.add(tmp_path / "a.txt").write_text("a", "utf-8")
        raise ValueError("no")

    assert not list(tmp_path.iterdir())


def test_facts_and_errors_load_no_native_library() -> None:
    code = "import sys, processing.media.facts, processing.media.errors; sys.exit('av' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
