"""Duplicates among real files: what FFmpeg made of a film is found, what it made of another one isn't."""

import shutil
from pathlib import Path

import pytest

from library.models import DuplicatePair, VideoFile
from library.services.duplicates.search import find_for_file
from tests.films import cut, encode, make_film
from tests.library.duplicates import add_file
from tests.library.factories import make_folder
from tests.media_factory import make_video

pytestmark = pytest.mark.django_db(transaction=True)
SECONDS = 60


@pytest.fixture(scope="module")
def films(tmp_path_factory) -> Path:
    """A film, another one, and what became of the first."""
    folder = tmp_path_factory.mktemp("films")
    film = make_film(folder / "film.mp4", seed=1, seconds=SECONDS)
    make_film(folder / "other.mp4", seed=2, seconds=SECONDS)
    encode(folder / "encoded.mp4", film, "-crf", "33", "-g", "80")
    encode(folder / "scaled.mkv", film, "-vf", "scale=96:54", "-r", "12", "-g", "96")
    cut(folder / "clip.mp4", film, "-crf", "30", "-g", "30", start=20.3, seconds=20)
    cut(folder / "copied.mkv", film, "-c", "copy", start=31, seconds=12)
    shutil.copyfile(film, folder / "copy.mp4")
    make_video(folder / "black.mp4", source="black", seconds=20)
    make_video(folder / "dark.mp4", source="0x020202", seconds=20, size="160x120")
    return folder


@pytest.fixture
def add(films):
    folder = make_folder(path=films)
    return lambda name: add_file(films / name, folder=folder)


def search(file: VideoFile) -> list[DuplicatePair]:
    find_for_file(file_id=file.pk)
    return list(DuplicatePair.objects.all())


@pytest.mark.parametrize("name", ["encoded.mp4", "scaled.mkv"])
@pytest.mark.parametrize("is_last", [True, False])
def test_a_film_that_was_encoded_anew_looks_the_same_whichever_comes_last(add, name, is_last):
    files = [add("film.mp4"), add("other.mp4"), add(name)]

    [pair] = search(files[-1] if is_last else files[0])

    assert pair.kind == "near"
    assert {pair.first_id, pair.second_id} == {files[0].video_id, files[2].video_id}


@pytest.mark.parametrize(("name", "begin", "end"), [("clip.mp4", 20.3, 40.3), ("copied.mkv", 30.0, 43.0)])
@pytest.mark.parametrize("is_last", [True, False])
def test_a_clip_is_found_in_its_film_with_the_part_that_it_is(add, name, begin, end, is_last):
    film, _, clip = add("film.mp4"), add("other.mp4"), add(name)

    [pair] = search(clip if is_last else film)

    assert pair.kind == "contained"
    assert (pair.first_id, pair.second_id) == (film.video_id, clip.video_id)
    assert pair.first_from_seconds == pytest.approx(begin, abs=4)
    assert pair.first_to_seconds == pytest.approx(end, abs=4)
    assert pair.second_from_seconds == pytest.approx(0, abs=4)


def test_a_copy_that_became_a_video_of_its_own_is_an_exact_duplicate(add):
    film, copy = add("film.mp4"), add("copy.mp4")

    [pair] = search(copy)

    assert (pair.kind, pair.confidence) == ("exact", 1)
    assert pair.wasted_bytes == copy.size_bytes
    film.refresh_from_db()
    assert film.content_hash


def test_another_film_and_videos_of_one_colour_match_nothing(add):
    files = [add(name) for name in ("film.mp4", "other.mp4", "black.mp4", "dark.mp4")]

    assert [search(file) for file in files] == [[], [], [], []]
