from pathlib import Path

import pytest

from processing.media.damage import decode_pictures, read_packets
from processing.media.errors import FileUnavailableError, UnreadableFileError
from tests import media_factory

ENDS = [(0.0, 1.0), (2.5, 3.5), (5.0, 6.0)]


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.mp4", {"audio": "aac"}),
        ("a.mkv", {"codec": "hevc"}),
        ("a.ts", {}),
        ("a.avi", {"codec": "mpeg4", "audio": "mp3"}),
        ("a.webm", {"codec": "vp9", "audio": "opus"}),
        ("open.mp4", {"extra": ("-x264-params", "open-gop=1:bframes=3", "-preset", "veryfast")}),
    ],
)
def test_a_whole_file_has_no_damage(tmp_path: Path, name: str, options: dict) -> None:
    film = str(media_factory.make_video(tmp_path / name, seconds=6, size="160x120", gop=25, **options))

    assert not read_packets(film).is_found
    assert not decode_pictures(film, parts=None).is_found
    assert not decode_pictures(film, parts=ENDS).is_found


@pytest.mark.parametrize("name", ["cut.mp4", "cut.mkv"])
def test_reading_packets_finds_a_file_that_is_cut_off(tmp_path: Path, name: str) -> None:
    film = media_factory.make_truncated(tmp_path / name, seconds=6)

    damage = read_packets(str(film))

    assert damage.stated_seconds == pytest.approx(6, abs=0.2)
    assert damage.ends_at == pytest.approx(3, abs=1)


def test_only_decoding_finds_overwritten_pictures(tmp_path: Path) -> None:
    film = str(media_factory.make_damaged(tmp_path / "film.mp4"))

    assert not read_packets(film).is_found
    places = decode_pictures(film, parts=None).places
    assert len(places) > 3
    assert all(2 < place < 4 for place in places)


def test_parts_that_miss_the_damage_find_none(tmp_path: Path) -> None:
    film = str(media_factory.make_damaged(tmp_path / "film.mp4"))

    assert not decode_pictures(film, parts=[(0.0, 1.0), (5.0, 6.0)]).is_found
    assert decode_pictures(film, parts=ENDS).is_found


def test_one_flipped_byte_in_a_picture_is_found_by_decoding(tmp_path: Path) -> None:
    film = media_factory.make_video(tmp_path / "film.mp4", seconds=2, size="320x240")
    data = bytearray(film.read_bytes())
    middle = data.index(b"mdat") + (len(data) - data.index(b"mdat")) // 2
    data[middle : middle + 8] = bytes(byte ^ 255 for byte in data[middle : middle + 8])
    film.write_bytes(data)

    assert decode_pictures(str(film), parts=None).is_found


def test_progress_reaches_the_end_of_a_file(tmp_path: Path) -> None:
    film = media_factory.make_video(tmp_path / "film.mp4", seconds=10, size="64x48")
    told: list[tuple[int, int]] = []

    read_packets(str(film), progress=lambda done, total: told.append((done, total)))
    decode_pictures(str(film), parts=None, progress=lambda done, total: told.append((done, total)))

    assert told
    assert all(0 <= done <= total for done, total in told)


def test_what_is_no_video_raises(tmp_path: Path) -> None:
    (tmp_path / "note.mp4").write_bytes(b"just a note" * 50)

    with pytest.raises(UnreadableFileError):
        read_packets(str(tmp_path / "note.mp4"))
    with pytest.raises(FileUnavailableError):
        read_packets(str(tmp_path / "gone.mp4"))
