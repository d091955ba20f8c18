"""Folders that aren't there: nothing is marked missing without the owner's word."""

import os
from pathlib import Path
from typing import Any

import pytest

from library.exceptions import FolderUnavailableError
from library.models import Folder, ScanLog
from library.models.scan_log import ScanStatus
from library.services import scan as scan_module
from tests.library.factories import make_file, make_folder, write_file
from tests.library.privileges import ordinary_user
from tests.library.scanning import present_paths, scan

pytestmark = pytest.mark.django_db


@pytest.fixture
def mounts(monkeypatch):
    """Paths that count as mount points."""
    paths: set[str] = set()
    monkeypatch.setattr(os.path, "ismount", lambda path: path in paths)
    return paths


def refused(folder: Folder, sentence: str, **options: Any) -> bool:
    """Whether the scan fails with the sentence, in the log too, and no file is marked missing."""
    before = present_paths(folder)
    with pytest.raises(FolderUnavailableError, match=sentence):
        scan(folder, **options)
    log = ScanLog.objects.filter(folder=folder).first()
    assert log is not None
    return log.status == ScanStatus.FAILED and sentence in log.error and present_paths(folder) == before


def test_a_folder_that_is_gone_is_told_in_the_log(tmp_path):
    folder = make_folder(path=tmp_path / "gone")
    make_file(folder=folder)

    assert refused(folder, "There is no folder")


def test_a_folder_that_became_a_file_is_told_in_the_log(tmp_path):
    (tmp_path / "file").touch()
    folder = make_folder(path=tmp_path / "file")
    make_file(folder=folder)

    assert refused(folder, "is a file")


def test_a_folder_that_may_not_be_read_is_told_in_the_log(public_path):
    (public_path / "closed").mkdir(mode=0)
    folder = make_folder(path=public_path / "closed")
    make_file(folder=folder)

    with ordinary_user():
        assert refused(folder, "may not be read")


def test_a_scan_remembers_that_the_folder_is_a_mount_point(tmp_path, mounts):
    mounts.add(str(tmp_path))
    folder = make_folder(path=tmp_path)

    scan(folder)

    folder.refresh_from_db()
    assert folder.is_mount_point


def test_a_mount_point_whose_disk_is_gone_is_not_scanned(tmp_path, mounts):
    write_file(tmp_path / "left in the mount point.mp4")
    folder = make_folder(path=tmp_path, is_mount_point=True)
    make_file(folder=folder)

    assert refused(folder, "is not mounted")


def test_an_owner_may_say_that_a_folder_has_no_disk_of_its_own_any_more(tmp_path, mounts):
    write_file(tmp_path / "a.mp4")
    folder = make_folder(path=tmp_path, is_mount_point=True)

    assert scan(folder, accept_missing=True) == {"seen": 1, "new": 1}
    assert scan(folder) == {"seen": 1, "unchanged": 1}


def test_a_disk_that_is_unplugged_during_the_scan_marks_nothing_missing(tmp_path, mounts):
    mounts.add(str(tmp_path))
    folder = make_folder(path=tmp_path)
    make_file(folder=folder, path=write_file(tmp_path / "seen.mp4"))
    make_file(folder=folder)

    assert refused(folder, "is not mounted", on_progress=lambda seen: mounts.clear())


def test_an_empty_folder_of_which_files_are_known_is_doubted(tmp_path):
    folder = make_folder(path=tmp_path)
    make_file(folder=folder)

    assert refused(folder, "holds no video any more")


def test_an_empty_folder_is_believed_when_the_owner_says_so(tmp_path):
    folder = make_folder(path=tmp_path)
    make_file(folder=folder)

    assert scan(folder, accept_missing=True) == {"missing": 1}


def test_an_empty_folder_of_which_nothing_is_known_is_just_empty(tmp_path):
    assert scan(make_folder(path=tmp_path)) == {}


def test_an_empty_folder_whose_files_all_moved_to_another_is_just_empty(tmp_path):
    one, other = make_folder(path=tmp_path / "one"), make_folder(path=tmp_path / "other")
    make_file(folder=one, path=write_file(tmp_path / "one/a.mp4"))
    (tmp_path / "other").mkdir()
    (tmp_path / "one/a.mp4").rename(tmp_path / "other/a.mp4")
    scan(other)

    assert scan(one) == {}


def test_a_folder_that_vanishes_during_the_scan_marks_nothing_missing(tmp_path, monkeypatch):
    root = tmp_path / "root"
    write_file(root / "a.mp4")
    folder = make_folder(path=root)
    make_file(folder=folder)
    real = scan_module._load_known

    def vanish(of_folder, subpath):
        Path(root / "a.mp4").unlink()
        root.rmdir()
        return real(of_folder, subpath)

    monkeypatch.setattr(scan_module, "_load_known", vanish)

    assert refused(folder, "vanished during the scan")


def test_a_failed_scan_does_not_count_as_a_look_at_the_folder(tmp_path):
    folder = make_folder(path=tmp_path / "gone")

    with pytest.raises(FolderUnavailableError):
        scan(folder)

    folder.refresh_from_db()
    assert folder.last_scanned_at is None
