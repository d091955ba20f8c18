"""The path map, and the folders that files are put into."""

import pytest

from importers.services.places import PathMap, Place, Places
from tests.library.factories import make_folder


@pytest.mark.parametrize(
    ("path", "here"),
    [
        ("/mnt/media/films/a.mp4", "/srv/films/a.mp4"),
        ("/mnt/media/music/a.mp4", "/srv/rest/music/a.mp4"),
        ("/mnt/media", "/srv/rest"),
        ("/mnt/mediathek/a.mp4", "/mnt/mediathek/a.mp4"),
        ("/mnt//media/films//a.mp4", "/srv/films/a.mp4"),
        (r"D:\Videos\Sommer\a.mp4", "/srv/d/Sommer/a.mp4"),
        ("d:/videos/a.mp4", "/srv/d/a.mp4"),
        (r"E:\a.mp4", "/E:/a.mp4"),
        (r"\\nas\share\a.mp4", "/srv/nas/a.mp4"),
        ("/back\\slash/a.mp4", "/back\\slash/a.mp4"),
        ("relative/a.mp4", "/relative/a.mp4"),
        ("/nul\x00/a.mp4", "/nul\ufffd/a.mp4"),
        ("/raw\udcff/a.mp4", "/raw\udcff/a.mp4"),
        ("/lone\ud800/a.mp4", "/lone\ufffd/a.mp4"),
    ],
)
def test_the_longest_prefix_of_whole_names_that_fits_leads_here(path: str, here: str) -> None:
    pairs = [("/mnt/media/", "/srv/rest"), ("/mnt/media/films", "/srv/films/"), (r"D:\Videos", "/srv/d")]

    assert PathMap([*pairs, (r"\\nas\share", "/srv/nas")]).local(path) == here


def test_everything_can_be_mapped_to_below_a_folder() -> None:
    assert PathMap([("/", "/host")]).local("/a/b.mp4") == "/host/a/b.mp4"


@pytest.mark.django_db
def test_a_file_lies_in_the_innermost_folder_that_holds_it() -> None:
    outer, inner = make_folder(path="/mnt/a"), make_folder(path="/mnt/a/b")
    places = Places(PathMap([]))

    assert places.find("/mnt/a/b/c/x.mp4") == Place(inner.pk, "c/x.mp4")
    assert places.find("/mnt/a/x.mp4") == Place(outer.pk, "x.mp4")
    assert places.find("/mnt/ab/x.mp4") is None


@pytest.mark.parametrize(
    ("path", "root"),
    [
        ("/mnt/disk/films/a/b.mp4", "/mnt/disk"),
        ("/films/a.mp4", "/films"),
        ("/a.mp4", "/"),
        ("/srv/new/x/a.mp4", "/srv/new"),
    ],
)
def test_the_folder_to_be_made_is_where_the_map_leads_or_the_disk(path: str, root: str) -> None:
    assert Places(PathMap([("/old", "/srv/new")])).root_for(path) == root
