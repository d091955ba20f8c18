"""Files that give no picture, or only some: each says so in a sentence, none breaks the worker."""

from pathlib import Path

import pytest

from processing.media.errors import NoPictureError, UnreadableFileError
from processing.media.frames import FrameProducts, make_frames
from processing.media.probe import probe
from tests import media_factory as factory


def frames_of(path: Path, out_dir: Path) -> FrameProducts:
    return make_frames(str(path), facts=probe(str(path)), out_dir=out_dir)


def test_an_empty_file_says_it_is_empty(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.touch()

    with pytest.raises(UnreadableFileError) as caught:
        probe(str(path))

    assert str(caught.value) == "The file is empty (0 bytes); copy it again from its source."
    assert caught.value.permanent


def test_text_named_mp4_is_no_video(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_text("These are only words.\n" * 100, "utf-8")

    with pytest.raises(UnreadableFileError, match="fits no known video format"):
        probe(str(path))


def test_random_bytes_are_no_video(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    path.write_bytes(bytes((number * number * 31 + 7) % 253 for number in range(200_000)))

    with pytest.raises(UnreadableFileError):
        probe(str(path))


def test_an_mp4_cut_before_its_index_says_so(tmp_path: Path) -> None:
    path = factory.make_truncated(tmp_path / "a.mp4", seconds=2, with_index=False)

    with pytest.raises(UnreadableFileError, match="breaks off before its index"):
        probe(str(path))


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match="folder"):
        probe(str(tmp_path))


def test_sound_alone_has_no_picture(tmp_path: Path) -> None:
    path = factory.make_audio(tmp_path / "a.m4a")

    with pytest.raises(NoPictureError, match="no moving picture"):
        frames_of(path, tmp_path / "out")


def test_sound_with_a_cover_has_only_the_cover(tmp_path: Path) -> None:
    path = factory.make_audio(tmp_path / "a.mp3", codec="mp3", cover=True)

    with pytest.raises(NoPictureError, match="only a cover picture"):
        frames_of(path, tmp_path / "out")


def test_a_picture_without_duration_is_no_video(tmp_path: Path) -> None:
    path = factory.run_ffmpeg(
        tmp_path / "a.mkv", "-f", "lavfi", "-i", "color=red:s=64x64", "-frames:v", "1", "-c:v", "mjpeg", "-live", "1"
    )
    facts = probe(str(path))

    assert facts.duration_seconds is None or facts.duration_seconds < 0.1
    if facts.duration_seconds is None:
        with pytest.raises(NoPictureError, match="no duration"):
            make_frames(str(path), facts=facts, out_dir=tmp_path / "out")


def test_a_broken_download_shows_what_arrived(tmp_path: Path) -> None:
    path = factory.make_truncated(tmp_path / "a.mp4", seconds=6, keep_ratio=0.5)

    products = frames_of(path, tmp_path / "out")

    assert products.tile_count == 6
    assert 2 <= products.decoded_frames <= 4
    assert not products.is_exact
    assert any(note.startswith("Damaged from 00:0") for note in products.notes)


def test_damage_in_the_middle_leaves_the_rest(tmp_path: Path) -> None:
    path = factory.make_damaged(tmp_path / "a.mp4", seconds=6)

    products = frames_of(path, tmp_path / "out")

    assert products.tile_count == 6
    assert any(note.startswith("Damaged from 00:0") for note in products.notes)


def test_nothing_stays_where_nothing_decodes(tmp_path: Path) -> None:
    path = factory.make_video(tmp_path / "a.mp4", extra=("-movflags", "+faststart"))
    data = path.read_bytes()
    pictures = data.index(b"mdat") + 4
    path.write_bytes(data[:pictures] + bytes(len(data) - pictures))

    with pytest.raises(NoPictureError, match="can be decoded"):
        frames_of(path, tmp_path / "out")

    assert not list(tmp_path.glob("out/**/*.*"))
