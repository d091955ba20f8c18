"""A range is copied from the keyframe before it up to the keyframe after it, and nothing is encoded."""

from pathlib import Path

import av
import pytest

from processing.media.cut import Range, cut, find_range, form_of
from processing.media.errors import UnreadableFileError
from processing.media.probe import probe
from tests import media_factory

SECONDS = 10


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A keyframe every two seconds; in each container that is cut in another way."""
    folder = tmp_path_factory.mktemp("cut")
    for name in ("film.mp4", "film.mkv", "film.ts"):
        media_factory.make_video(
            folder / name, seconds=SECONDS, size="64x48", rate=25, gop=50, source="time", audio="aac"
        )
    return folder


def keyframes(path: Path) -> list[float]:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        start = container.start_time or 0
        return [
            round(float(packet.pts * packet.time_base) - start / 1_000_000, 2)
            for packet in container.demux(stream)
            if packet.is_keyframe and packet.size
        ]


def packets(path: Path) -> int:
    with av.open(str(path)) as container:
        return sum(1 for packet in container.demux(container.streams.video[0]) if packet.size)


@pytest.mark.parametrize("name", ["film.mp4", "film.mkv", "film.ts"])
@pytest.mark.parametrize(
    ("start", "end", "first", "last"),
    [(3.0, 5.0, 2.0, 6.0), (0.0, 1.0, 0.0, 2.0), (7.5, 9.9, 6.0, 10.0), (5.0, 5.2, 4.0, 6.0)],
)
def test_the_range_goes_from_keyframe_to_keyframe(
    films: Path, tmp_path: Path, name: str, start: float, end: float, first: float, last: float
) -> None:
    source = films / name
    muxer, suffix = form_of(probe(str(source)).container, name)
    target = tmp_path / f"clip{suffix}"

    wanted = find_range(str(source), start_seconds=start, end_seconds=end)
    length = cut(str(source), target, wanted=wanted, muxer=muxer)

    assert (wanted.from_seconds, wanted.to_seconds) == pytest.approx((first, last), abs=0.06)
    assert length == pytest.approx(last - first, abs=0.15)
    facts = probe(str(target))
    assert (facts.video_codec, facts.audio_codec) == ("h264", "aac")
    assert keyframes(target)[0] == pytest.approx(0, abs=0.1)
    assert len(keyframes(target)) == round((last - first) / 2)
    assert packets(target) == pytest.approx((last - first) * 25, abs=2)


@pytest.mark.parametrize("name", ["film.mp4", "film.mkv"])
def test_a_range_that_is_one_of_keyframes_stays_as_it_is(films: Path, name: str) -> None:
    wanted = find_range(str(films / name), start_seconds=2.0, end_seconds=4.0)

    assert (wanted.from_seconds, wanted.to_seconds) == pytest.approx((2.0, 4.0), abs=0.001)


def test_the_pictures_are_those_of_the_range(films: Path, tmp_path: Path) -> None:
    target = tmp_path / "clip.mp4"
    wanted = find_range(str(films / "film.mp4"), start_seconds=4.5, end_seconds=5)

    cut(str(films / "film.mp4"), target, wanted=wanted, muxer="mp4")

    with av.open(str(target)) as container:
        grey = next(container.decode(video=0)).to_ndarray(format="gray").mean()
    assert grey == pytest.approx(media_factory.time_grey(4.0, SECONDS), abs=4)


def test_the_form_follows_the_container() -> None:
    assert form_of("mp4", "a.MOV") == ("mov", ".mov")
    assert form_of("mp4", "a.mp4") == ("mp4", ".mp4")
    assert form_of("webm", "a.webm") == ("webm", ".webm")
    assert form_of("avi", "a.avi") == ("matroska", ".mkv")


def test_what_is_no_film_has_no_range(tmp_path: Path) -> None:
    (tmp_path / "no.mp4").write_bytes(b"no film at all" * 100)

    with pytest.raises(UnreadableFileError):
        find_range(str(tmp_path / "no.mp4"), start_seconds=0, end_seconds=1)


def test_progress_is_told_and_an_interrupt_leaves_nothing_running(films: Path, tmp_path: Path) -> None:
    told = []

    def stop(done: object) -> None:
        told.append(done)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cut(
            str(films / "film.mp4"), tmp_path / "clip.mp4", wanted=Range(0.0, 10.0, None, 0), muxer="mp4", progress=stop
        )

    assert told
