import os

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.env import DECLARED, env_path_map
from library.exceptions import FolderUnavailableError
from library.models import Folder, VideoFile
from library.path_map import local_path
from library.paths import encode_path
from library.services import scan_folder
from library.services.availability import is_available
from tests.library.factories import make_folder


@pytest.fixture
def read(monkeypatch):
    """The setting as a value of the environment gives it."""

    def from_environment(value: str):
        monkeypatch.setenv("VIDEOTHEK_TRIAL_MAP", value)
        return env_path_map("VIDEOTHEK_TRIAL_MAP")

    yield from_environment
    DECLARED.pop("VIDEOTHEK_TRIAL_MAP", None)


def test_pairs_are_read_with_the_longest_first(read):
    assert read("/srv=/mnt/a ; /srv/films/=/mnt/b/;") == (("/srv/films", "/mnt/b"), ("/srv", "/mnt/a"))
    assert read("") == ()


def test_a_backslash_keeps_signs_that_belong_to_a_name(read):
    assert read(r"/a\=b\;c=/d\\e") == (("/a=b;c", "/d\\e"),)


def test_names_that_are_not_utf8_stay_bytes(monkeypatch, read):
    pairs = read(os.fsdecode(b"/srv/caf\xe9=/mnt/caf\xe9"))

    assert os.fsencode(pairs[0][1]) == b"/mnt/caf\xe9"


@pytest.mark.parametrize("value", ["/srv", "srv=/mnt", "/a=/b=/c", "/srv=", "/a=/b;/a=/c"])
def test_what_is_no_map_stops_the_start(read, value):
    with pytest.raises(ImproperlyConfigured, match="VIDEOTHEK_TRIAL_MAP"):
        read(value)


@pytest.mark.parametrize(
    ("path", "here"),
    [
        ("/srv/films", "/mnt/b"),
        ("/srv/films/x/a.mp4", "/mnt/b/x/a.mp4"),
        ("/srv/filmstrip/a.mp4", "/mnt/a/filmstrip/a.mp4"),
        ("/srv", "/mnt/a"),
        ("/home/a.mp4", "/home/a.mp4"),
    ],
)
def test_the_longest_folder_that_holds_a_path_counts(settings, path, here):
    settings.PATH_MAP = (("/srv/films", "/mnt/b"), ("/srv", "/mnt/a"))

    assert local_path(path) == here


@pytest.mark.parametrize(("old", "new", "here"), [("/", "/mnt", "/mnt/srv/a"), ("/srv", "/", "/a")])
def test_the_root_can_be_mapped(settings, old, new, here):
    settings.PATH_MAP = ((old, new),)

    assert local_path("/srv/a") == here


def test_files_are_found_where_their_folder_is_here(settings):
    settings.PATH_MAP = ((os.fsdecode(b"/srv/\xff"), "/mnt/films"),)
    folder = Folder(path=encode_path(os.fsdecode(b"/srv/\xff")))

    assert VideoFile(folder=folder, relative_path="x/a.mp4").fs_path == "/mnt/films/x/a.mp4"
    assert (folder.is_elsewhere, folder.shown_path) == (True, "/srv/\\xff")


@pytest.mark.django_db
def test_a_folder_that_lies_elsewhere_is_neither_scanned_nor_judged(settings, tmp_path):
    settings.PATH_MAP = (("/srv/films", str(tmp_path)),)
    folder = make_folder(path="/srv/films")

    with pytest.raises(FolderUnavailableError, match="scan on the machine that the folder was added on"):
        scan_folder(folder=folder)

    assert not is_available(folder), "a file that isn't there must not be purged for it"
