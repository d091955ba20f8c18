from pathlib import Path

import av
import numpy as np
import pytest

from processing.media.clip import ClipFacts, ClipOptions, Part, centred_parts, make_clip
from processing.media.errors import NoPictureError
from processing.media.probe import probe
from tests import media_factory

_USUAL = ClipOptions()


def _clip(source: Path, target: Path, *parts: Part, options: ClipOptions = _USUAL) -> ClipFacts:
    return make_clip(str(source), target, facts=probe(str(source)), parts=parts, options=options)


def _pictures(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


@pytest.mark.parametrize(
    ("duration", "count", "seconds"), [(100, 12, 1.0), (60.5, 24, 2.5), (9, 2, 0.75), (7200, 3, 5)]
)
def test_parts_lie_in_the_middle_of_equal_slices(duration: float, count: int, seconds: float) -> None:
    parts = centred_parts(duration, count=count, seconds=seconds)

    assert len(parts) == count
    for number, (start, end) in enumerate(parts):
        assert end - start == pytest.approx(seconds)
        assert (start + end) / 2 == pytest.approx((number + 0.5) * duration / count)
        assert number * duration / count <= start < end <= (number + 1) * duration / count


@pytest.mark.parametrize("duration", [3, 11.9, 12.0])
def test_a_video_shorter_than_its_parts_is_shown_whole(duration: float) -> None:
    assert centred_parts(duration, count=12, seconds=1) == [(0.0, duration)]


def test_a_clip_shows_the_moments_that_were_asked_for(tmp_path: Path) -> None:
    film = media_factory.make_video(tmp_path / "film.mp4", seconds=6, size="64x48", source="time", gop=50)

    made = _clip(film, tmp_path / "clip.mp4", (0.5, 1.0), (4.5, 5.0), options=ClipOptions(crf=18))

    pictures = _pictures(tmp_path / "clip.mp4")
    assert made.seconds == pytest.approx(1.0, abs=0.05)
    assert len(pictures) == round(made.seconds * 25)
    first, last = pictures[2].mean(), pictures[-2].mean()
    assert first == pytest.approx(media_factory.time_grey(0.58, 6), abs=4)
    assert last == pytest.approx(media_factory.time_grey(4.9, 6), abs=6)


def test_a_clip_is_silent_mp4_with_its_index_in_front(tmp_path: Path) -> None:
    film = media_factory.make_video(tmp_path / "film.mkv", seconds=2, size="320x240", audio="aac")

    made = _clip(film, tmp_path / "clip.mp4", (0, 1), options=ClipOptions(longest_px=160))

    facts, data = probe(str(tmp_path / "clip.mp4")), (tmp_path / "clip.mp4").read_bytes()
    assert (facts.container, facts.video_codec, facts.audio_codec) == ("mp4", "h264", None)
    assert (facts.width, facts.height) == (made.width, made.height) == (160, 120)
    assert data.index(b"moov") < data.index(b"mdat")
    assert made.size_bytes == len(data)


def test_a_turned_video_is_shown_upright(tmp_path: Path) -> None:
    film = media_factory.make_video(tmp_path / "film.mp4", seconds=1, size="64x32", source="corners", rotation=90)

    made = _clip(film, tmp_path / "clip.mp4", (0, 1))

    picture = _pictures(tmp_path / "clip.mp4")[0]
    assert (made.width, made.height, probe(str(tmp_path / "clip.mp4")).rotation) == (32, 64, 0)
    # A quarter turn clockwise brings the blue corner (bottom left) to the top left.
    assert picture[4, 4].argmax() == 2


def test_hdr_is_tone_mapped(tmp_path: Path) -> None:
    film = media_factory.make_hdr_video(tmp_path / "film.mkv", seconds=0.4)

    _clip(film, tmp_path / "clip.mp4", (0, 0.4))

    facts = probe(str(tmp_path / "clip.mp4"))
    assert (facts.is_hdr, facts.color_transfer, facts.pixel_format) == (False, "bt709", "yuv420p")
    # Reference white of BT.2408 is a light grey, not the dark one of the untouched signal.
    assert 120 < _pictures(tmp_path / "clip.mp4")[0].mean() < 200


def test_a_lower_quality_makes_a_smaller_file(tmp_path: Path) -> None:
    film = media_factory.make_video(tmp_path / "film.mp4", seconds=1, size="320x240")

    best = _clip(film, tmp_path / "a.mp4", (0, 1), options=ClipOptions(crf=18))
    worst = _clip(film, tmp_path / "b.mp4", (0, 1), options=ClipOptions(crf=40))

    assert worst.size_bytes < best.size_bytes / 2


def test_damage_in_one_part_leaves_the_others(tmp_path: Path) -> None:
    film = media_factory.make_damaged(tmp_path / "film.mp4")

    made = _clip(film, tmp_path / "clip.mp4", (0.5, 1.0), (2.8, 3.3), (5.2, 5.7))

    assert made.seconds > 1


def test_sound_alone_has_no_clip_and_leaves_nothing(tmp_path: Path) -> None:
    sound = media_factory.make_audio(tmp_path / "sound.m4a")

    with pytest.raises(NoPictureError):
        _clip(sound, tmp_path / "out" / "clip.mp4", (0, 1))

    assert not (tmp_path / "out").exists()


def test_nothing_half_written_stays_after_an_error(tmp_path: Path) -> None:
    film = media_factory.make_video(tmp_path / "film.mp4", seconds=1, size="64x48")
    (tmp_path / "out").mkdir()

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_clip(str(film), tmp_path / "out" / "clip.mp4", facts=probe(str(film)), parts=[(0, 1)], progress=stop)

    assert list((tmp_path / "out").iterdir()) == []
