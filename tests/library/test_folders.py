"""Adding folders to the library."""

import os
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from library.exceptions import FolderOverlapError, FolderUnavailableError
from library.models import Folder
from library.services import find_or_register_folder, register_folder
from library.services.availability import is_available
from tests.library.factories import make_folder
from tests.library.privileges import ordinary_user

pytestmark = pytest.mark.django_db


def test_a_folder_is_registered_under_its_own_name(tmp_path):
    (tmp_path / "Filme").mkdir()

    folder = register_folder(path=str(tmp_path / "Filme"))

    assert (folder.name, folder.path) == ("Filme", str(tmp_path / "Filme"))


def test_a_folder_is_registered_once(tmp_path):
    first = register_folder(path=str(tmp_path))
    again = register_folder(path=f"//{tmp_path}/sub/..//")

    assert again == first


def test_a_folder_reached_by_a_link_is_the_same_folder(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    first = register_folder(path=str(tmp_path / "real"))

    assert register_folder(path=str(tmp_path / "link")) == first


def test_a_folder_whose_name_is_not_utf_8_is_registered(tmp_path):
    path = os.path.join(tmp_path, os.fsdecode(b"fold\xe9r"))
    Path(path).mkdir()

    folder = register_folder(path=path)

    assert Folder.objects.get(pk=folder.pk).fs_path == path
    assert folder.name == r"fold\xe9r"


def test_a_folder_inside_a_watched_one_is_refused(tmp_path):
    (tmp_path / "a/b").mkdir(parents=True)
    register_folder(path=str(tmp_path))

    with pytest.raises(FolderOverlapError, match="which the library has already"):
        register_folder(path=str(tmp_path / "a/b"))


def test_a_folder_whose_name_begins_like_a_watched_one_is_not_inside_it(tmp_path):
    (tmp_path / "films").mkdir()
    (tmp_path / "films too").mkdir()
    register_folder(path=str(tmp_path / "films"))

    assert register_folder(path=str(tmp_path / "films too")).name == "films too"


def test_a_folder_around_a_watched_one_is_registered(tmp_path):
    (tmp_path / "inner").mkdir()
    inner = register_folder(path=str(tmp_path / "inner"))

    assert register_folder(path=str(tmp_path)) != inner


@pytest.mark.parametrize("kind", ["missing", "file"])
def test_what_is_no_folder_is_refused_with_a_sentence(tmp_path, kind):
    (tmp_path / "file").touch()

    with pytest.raises(FolderUnavailableError, match="There is no folder" if kind == "missing" else "is a file"):
        register_folder(path=str(tmp_path / kind))


def test_a_folder_that_may_not_be_read_is_refused_with_a_sentence(public_path):
    (public_path / "closed").mkdir(mode=0)

    with ordinary_user(), pytest.raises(FolderUnavailableError, match="may not be read"):
        register_folder(path=str(public_path / "closed"))


def test_registering_costs_the_same_number_of_queries_however_many_folders(tmp_path):
    (tmp_path / "new").mkdir()
    for _ in range(20):
        make_folder()

    with CaptureQueriesContext(connection) as queries:
        register_folder(path=str(tmp_path / "new"))

    assert len(queries) <= 12


def test_an_unknown_folder_to_scan_is_registered(tmp_path):
    (target,) = find_or_register_folder(path=str(tmp_path))

    assert (target.folder.fs_path, target.subpath) == (str(tmp_path), "")


def test_a_part_of_a_watched_folder_is_scanned_as_that_part(tmp_path):
    (tmp_path / "a/b").mkdir(parents=True)
    folder = register_folder(path=str(tmp_path))

    (target,) = find_or_register_folder(path=str(tmp_path / "a/b"))

    assert (target.folder, target.subpath) == (folder, "a/b")


def test_a_part_reached_by_a_link_is_scanned_by_its_own_name(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    folder = register_folder(path=str(tmp_path))

    (target,) = find_or_register_folder(path=str(tmp_path / "link"))

    assert (target.folder, target.subpath) == (folder, "real")


def test_the_innermost_folder_is_taken(tmp_path):
    (tmp_path / "a/b").mkdir(parents=True)
    inner = register_folder(path=str(tmp_path / "a"))
    register_folder(path=str(tmp_path))

    (target,) = find_or_register_folder(path=str(tmp_path / "a/b"))

    assert (target.folder, target.subpath) == (inner, "b")


def test_active_folders_inside_are_scanned_too(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    active = register_folder(path=str(tmp_path / "a"))
    make_folder(path=tmp_path / "b", is_active=False)

    targets = find_or_register_folder(path=str(tmp_path))

    assert [target.folder for target in targets[1:]] == [active]


def test_a_folder_to_scan_that_is_not_there_is_refused_and_not_registered(tmp_path):
    with pytest.raises(FolderUnavailableError):
        find_or_register_folder(path=str(tmp_path / "gone"))

    assert not Folder.objects.exists()


def test_a_folder_that_is_there_is_available(tmp_path):
    assert is_available(make_folder(path=tmp_path))


def test_a_folder_that_is_gone_is_not_available(tmp_path):
    assert not is_available(make_folder(path=tmp_path / "gone"))


def test_a_folder_whose_disk_is_unmounted_is_not_available(tmp_path):
    assert not is_available(make_folder(path=tmp_path, is_mount_point=True))


def test_the_form_refuses_a_path_that_is_no_folder(tmp_path):
    folder = Folder(name="x", path=str(tmp_path / "gone"))

    with pytest.raises(ValidationError, match="There is no folder"):
        folder.full_clean()


def test_the_form_refuses_a_folder_that_may_not_be_looked_at_without_failing(public_path):
    (public_path / "closed/inner").mkdir(parents=True)
    (public_path / "closed").chmod(0)
    folder = Folder(name="x", path=str(public_path / "closed/inner"))

    with ordinary_user(), pytest.raises(ValidationError, match="There is no folder"):
        folder.full_clean()
