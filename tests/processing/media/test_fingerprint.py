"""The fingerprint of a video's packets: the same in every container, another one for other content."""

from pathlib import Path

import pytest

from processing.media import fingerprint
from processing.media.fingerprint import packet_fingerprint
from processing.media.probe import probe
from tests import media_factory as factory


def hash_of(path: Path) -> str:
    return packet_fingerprint(str(path), probe(str(path)))


def remux(path: Path, source: Path, *options: str) -> Path:
    factory._run("-i", str(source), "-c", "copy", *options, str(path))
    return path


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """40 seconds: keyframes at 0, 2, 4, ... seconds."""
    return factory.make_video(tmp_path / "film.mp4", seconds=40, size="160x120", gop=50, audio="aac")


@pytest.mark.parametrize(
    ("source", "codec", "others"),
    [
        ("a.mp4", "h264", ("mkv", "mov", "ts", "avi")),
        ("a.ts", "h264", ("mp4", "mkv")),
        ("a.mp4", "hevc", ("mkv", "mov", "ts")),
        ("a.webm", "vp9", ("mkv", "mp4")),
        ("a.webm", "av1", ("mkv", "mp4")),
        ("a.mpg", "mpeg2", ("ts", "mkv", "mp4")),
        ("a.avi", "mpeg4", ("mkv", "mp4")),
    ],
)
def test_a_remux_keeps_the_hash(tmp_path: Path, source: str, codec: str, others: tuple[str, ...]) -> None:
    original = factory.make_video(tmp_path / source, seconds=20, size="160x120", codec=codec, gop=50)

    hashes = {suffix: hash_of(remux(tmp_path / f"b.{suffix}", original)) for suffix in others}

    assert len(hash_of(original)) == 32
    assert hashes == dict.fromkeys(others, hash_of(original))


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("fast.mp4", ("-movflags", "+faststart")),
        ("fragments.mp4", ("-movflags", "+frag_keyframe+empty_moov")),
        ("tags.mp4", ("-metadata", "title=Another")),
        ("silent.mp4", ("-an",)),
        ("no-cues.mkv", ("-live", "1")),
        ("late.ts", ("-output_ts_offset", "5000")),
    ],
)
def test_what_is_no_picture_does_not_count(tmp_path: Path, film: Path, name: str, options: tuple[str, ...]) -> None:
    assert hash_of(remux(tmp_path / name, film, *options)) == hash_of(film)


@pytest.mark.parametrize("options", [("-bf", "3"), ("-x264-params", "open-gop=1:bframes=3"), ("-intra-refresh", "1")])
def test_reordered_and_refreshed_pictures_are_found_alike(tmp_path: Path, options: tuple[str, ...]) -> None:
    extra = ("-preset", "medium", *options)
    original = factory.make_video(tmp_path / "a.mp4", seconds=20, size="160x120", gop=50, extra=extra)

    hashes = {hash_of(remux(tmp_path / f"b.{suffix}", original)) for suffix in ("mkv", "ts")}

    assert hashes == {hash_of(original)}


def test_a_keyframe_on_every_frame_is_found_alike(tmp_path: Path) -> None:
    original = factory.make_video(tmp_path / "a.mp4", seconds=20, size="64x48", rate=24, gop=1)

    hashes = {hash_of(remux(tmp_path / f"b.{suffix}", original)) for suffix in ("mkv", "ts")}

    assert hashes == {hash_of(original)}


def test_a_turned_video_is_another_and_stays_it_in_other_containers(tmp_path: Path, film: Path) -> None:
    turned = factory.set_display_matrix(tmp_path / "turned.mp4", film, rotation=90)

    assert hash_of(turned) != hash_of(film)
    assert hash_of(remux(tmp_path / "turned.mkv", turned)) == hash_of(turned)


@pytest.mark.parametrize(
    "options",
    [
        ("-c", "copy", "-ss", "4"),
        ("-c", "copy", "-t", "21"),
        ("-crf", "40"),
        ("-c:v", "libx265", "-preset", "ultrafast"),
    ],
    ids=["without its start", "without its end", "encoded again", "another codec"],
)
def test_other_content_has_another_hash(tmp_path: Path, film: Path, options: tuple[str, ...]) -> None:
    factory._run("-i", str(film), *options, str(tmp_path / "other.mp4"))

    assert hash_of(tmp_path / "other.mp4") != hash_of(film)


def test_films_that_begin_and_end_alike_are_told_apart(tmp_path: Path) -> None:
    def film_with(colour: str) -> Path:
        middle = f"drawbox=0:0:iw:ih:color={colour}:t=fill:enable='between(t,4,30)'"
        return factory.make_video(
            tmp_path / f"{colour}.mp4", seconds=40, size="64x48", source="black", gop=50, extra=("-vf", middle)
        )

    assert hash_of(film_with("red")) != hash_of(film_with("blue"))


def test_one_keyframe_is_enough(tmp_path: Path) -> None:
    original = factory.make_video(tmp_path / "a.mp4", seconds=8, size="160x120", gop=250)

    hashes = {hash_of(remux(tmp_path / f"b.{suffix}", original)) for suffix in ("mkv", "ts")}

    assert hashes == {hash_of(original)}
    assert len(hash_of(original)) == 32


def test_a_file_that_breaks_off_has_a_hash(tmp_path: Path) -> None:
    assert len(hash_of(factory.make_truncated(tmp_path / "a.mp4"))) == 32


def test_sound_alone_has_none(tmp_path: Path) -> None:
    assert hash_of(factory.make_audio(tmp_path / "a.m4a", cover=True)) == ""


def test_reading_without_an_index_is_bounded(tmp_path: Path, film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unindexed = remux(tmp_path / "a.mkv", film, "-live", "1")
    whole = hash_of(unindexed)

    monkeypatch.setattr(fingerprint, "MOST_BYTES", film.stat().st_size // 2)

    assert len(hash_of(unindexed)) == 32
    assert hash_of(unindexed) != whole
