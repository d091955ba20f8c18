"""Videos that can't be found, and looking for them."""

import pytest

from library.exceptions import FolderUnavailableError
from library.models import VideoFile
from library.services.missing import last_places, locate, missing_videos
from library.services.trash import trash
from tests.library.factories import make_file, make_folder, write_file
from tests.library.scanning import scan

pytestmark = pytest.mark.django_db
LONG_AGO = "2026-01-01T00:00Z"


def test_missing_videos_are_those_none_of_whose_files_is_there(django_assert_max_num_queries):
    gone = [make_file(missing_since=LONG_AGO) for _ in range(4)]
    make_file(video=make_file(missing_since=LONG_AGO).video)
    trash(kind="video", ids=[gone[0].video_id])

    with django_assert_max_num_queries(2):
        rows = list(missing_videos())
        places = {video.last_files[0].folder.name for video in rows}  # type: ignore[attr-defined]

    assert {row.pk for row in rows} == {file.video_id for file in gone[1:]}
    assert len(places) == 3


def test_looking_again_means_the_part_that_holds_their_last_places(tmp_path):
    folder = make_folder(path=tmp_path)
    (tmp_path / "a").mkdir()
    files = [
        make_file(folder=folder, relative_path=path, missing_since=LONG_AGO) for path in ("a/b/1.mp4", "a/c/2.mp4")
    ]
    removed = make_file(folder=make_folder(removed_at=LONG_AGO), missing_since=LONG_AGO)
    ids = [file.video_id for file in (*files, removed)]

    assert [(target.folder, target.subpath) for target in last_places(video_ids=ids)] == [(folder, "a")]
    assert [target.subpath for target in last_places(video_ids=[files[0].video_id])] == ["a"]


def test_a_file_is_located_by_its_content_and_taken_up_by_a_scan(tmp_path):
    one, other = make_folder(path=tmp_path / "one"), make_folder(path=tmp_path / "other")
    file = make_file(folder=one, path=write_file(tmp_path / "one/a.mp4"))
    write_file(tmp_path / "other/deep/same size.mp4", content=b"x" * file.size_bytes)
    (tmp_path / "one/a.mp4").rename(tmp_path / "other/deep/renamed.mp4")
    VideoFile.objects.update(missing_since=LONG_AGO)

    located = locate(video_ids=[file.video_id], path=str(tmp_path / "other/deep"))

    assert located.places == {file.pk: str(tmp_path / "other/deep/renamed.mp4")}
    assert located.target is not None
    assert (located.target.folder, located.target.subpath) == (other, "deep")
    assert scan(other, subpath="deep")["moved"] == 1


def test_a_place_outside_of_the_library_is_looked_at_too(tmp_path):
    file = make_file(path=write_file(tmp_path / "one/a.mp4"))
    (tmp_path / "one/a.mp4").rename(tmp_path / "a.mp4")
    VideoFile.objects.update(missing_since=LONG_AGO)

    located = locate(video_ids=[file.video_id], path=str(tmp_path))

    assert (list(located.places), located.target) == ([file.pk], None)


def test_a_place_that_is_not_there_is_told(tmp_path):
    with pytest.raises(FolderUnavailableError, match="There is no folder"):
        locate(video_ids=[], path=str(tmp_path / "gone"))
