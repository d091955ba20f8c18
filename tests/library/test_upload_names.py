"""What an uploaded file may be called on the disk."""

from itertools import islice

import pytest

from library.exceptions import UploadError
from library.services.receiving.names import clean_name, names_from


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("Harbour.mp4", "Harbour.mp4"),
        ("Harbour.MP4", "Harbour.mp4"),
        ("../../etc/passwd.mp4", "passwd.mp4"),
        ("C:\\Users\\ana\\a film.mkv", "a film.mkv"),
        ("/absolute/film.webm", "film.webm"),
        ("..mp4.mov", "mp4.mov"),
        (".hidden.mp4", "hidden.mp4"),
        ("a\x00b\nc\u202egpj.mp4", "abcgpj.mp4"),
        ('what? "this": <that>|*.avi', "what_ _this__ _that___.avi"),
        ("  spaced . .mp4", "spaced.mp4"),
        ("con.mp4", "_con.mp4"),
        ("Æble 👩‍👧.mp4", "Æble 👩‍👧.mp4"),
        ("half \ud83d.mp4", "half.mp4"),
    ],
)
def test_a_name_is_made_safe(given: str, name: str) -> None:
    assert clean_name(given) == name


@pytest.mark.parametrize("given", ["", ".", "..", "film", "film.exe", "film.mp4/", "film.mp4.sh", "\x00", ".mp4/.."])
def test_what_is_no_videos_name_is_refused_in_words(given: str) -> None:
    with pytest.raises(UploadError, match="no video by its name"):
        clean_name(given)


def test_a_long_name_fits_a_disk_with_room_for_a_number() -> None:
    name = clean_name("ä" * 400 + ".mp4")

    assert len(name.encode()) <= 240
    assert name.endswith("ä.mp4")


def test_a_taken_name_gets_a_number() -> None:
    assert list(islice(names_from("a.b.mp4"), 3)) == ["a.b.mp4", "a.b (2).mp4", "a.b (3).mp4"]
