"""Outputs that are not as they should be are found before anything happens with them."""

from pathlib import Path

import pytest

from processing.media.encode.errors import OutputWrongError
from processing.media.encode.program import ffmpeg_program
from processing.media.encode.verify import verify_output
from tests import media_factory as factory
from tests.processing.media.encode.sources import converted, plan_for, rich_film, settings

SMALL = {"seconds": 1, "size": "160x90"}


def wrong(film: Path, output: Path, **wanted: object) -> str:
    with pytest.raises(OutputWrongError) as caught:
        verify_output(str(output), plan_for(film, settings(**wanted)))
    return str(caught.value)


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return factory.make_video(tmp_path / "a.mp4", audio="aac", **SMALL)


def test_a_right_output_passes(film: Path) -> None:
    output, _ = converted(film, settings())

    assert verify_output(str(output), plan_for(film, settings())).compared == 5


def test_what_is_no_film(film: Path, tmp_path: Path) -> None:
    (tmp_path / "b.mkv").write_bytes(b"rubbish" * 1000)

    assert "can't be read" in wrong(film, tmp_path / "b.mkv")


def test_another_codec(film: Path, tmp_path: Path) -> None:
    other = factory.make_video(tmp_path / "b.mkv", codec="mpeg4", audio="aac", **SMALL)

    assert "it is mpeg4, not h264" in wrong(film, other)


def test_another_size(film: Path, tmp_path: Path) -> None:
    other = factory.make_video(tmp_path / "b.mkv", seconds=1, size="128x72", audio="aac")

    assert "its picture is 128 × 72, not 160 × 90" in wrong(film, other)


def test_a_turn_that_would_come_on_top(film: Path, tmp_path: Path) -> None:
    other = factory.make_video(tmp_path / "b.mp4", rotation=180, audio="aac", **SMALL)

    assert "turned by 180°" in wrong(film, other)


def test_a_lost_sound(film: Path, tmp_path: Path) -> None:
    other = factory.make_video(tmp_path / "b.mkv", **SMALL)

    assert "it has 0 audio tracks, not 1" in wrong(film, other)


def test_lost_chapters_and_subtitles(tmp_path: Path) -> None:
    film = rich_film(tmp_path / "rich.mkv")
    bare = tmp_path / "b.mkv"
    factory._run("-i", str(film), "-map", "0:v:0", "-map", "0:a", "-map_chapters", "-1", "-c", "copy", str(bare))

    assert "it has 0 subtitle tracks, not 2" in wrong(film, bare)


def test_another_length(film: Path, tmp_path: Path) -> None:
    other = factory.make_video(tmp_path / "b.mkv", seconds=3, size="160x90", audio="aac")

    assert "s longer than the source" in wrong(film, other)


def test_other_pictures(tmp_path: Path) -> None:
    film = factory.make_video(tmp_path / "a.mp4", **SMALL)
    other = factory.make_video(tmp_path / "b.mkv", source="scenes:3", **SMALL)

    assert "don't look like the source's" in wrong(film, other)


@pytest.mark.parametrize("colour", ["0x004000", "black"])
def test_the_green_and_black_pictures_of_a_broken_encoder(colour: str, tmp_path: Path) -> None:
    film = factory.make_video(tmp_path / "a.mp4", **SMALL)
    other = factory.make_video(tmp_path / "b.mkv", source=colour, **SMALL)

    assert "Of 5 pictures of the output, 5 don't look" in wrong(film, other)


def test_pictures_of_one_colour_are_told_by_their_brightness(tmp_path: Path) -> None:
    film = factory.make_video(tmp_path / "a.mp4", source="white", **SMALL)
    same = factory.make_video(tmp_path / "b.mkv", source="0xf0f0f0", **SMALL)
    other = factory.make_video(tmp_path / "c.mkv", source="black", **SMALL)

    assert verify_output(str(same), plan_for(film, settings())).compared == 5
    assert "don't look" in wrong(film, other)


def test_damage_between_the_five_places_is_found_by_decoding_all(film: Path) -> None:
    output, _ = converted(film, settings())
    data = bytearray(output.read_bytes())
    # A few bytes inside the second half of the picture data.
    for at in range(len(data) * 55 // 100, len(data) * 70 // 100, 97):
        data[at] ^= 0xFF
    output.write_bytes(data)

    with pytest.raises(OutputWrongError):
        verify_output(str(output), plan_for(film, settings()), decode_all_with=ffmpeg_program())
