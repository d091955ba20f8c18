"""Which disk a folder lies on: unplugged, exchanged, a share that lists nothing; each is told apart, none is lost."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from library.exceptions import FolderUnavailableError
from library.models import Folder
from library.services import availability, disks
from library.services.availability import is_available
from library.services.folders import use_marker
from tests.library.factories import make_file, make_folder, write_file
from tests.library.scanning import present_paths, scan

pytestmark = pytest.mark.django_db

TABLE = """22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:40 / /mnt/nas\\040one rw shared:9 - cifs //nas/videos rw
31 22 0:41 / /mnt/old rw - nfs4 nas:/old rw
32 22 0:42 / /mnt/old rw - tmpfs tmpfs rw
33 22 0:43 / /mnt/phone rw - fuse.sshfs me@phone: rw
"""


@pytest.fixture
def table(tmp_path, monkeypatch):
    path = tmp_path / "mountinfo"
    path.write_text(TABLE)
    monkeypatch.setattr(disks, "_MOUNTS", path)


@pytest.fixture
def disk(tmp_path) -> Iterator[Path]:
    """A mount point with a real file system of its own, where this user may mount one."""
    point = tmp_path / "disk"
    point.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "first", point], capture_output=True, check=False).returncode:
        pytest.skip("Mounting needs root.")
    yield point
    while os.path.ismount(point):
        subprocess.run(["umount", point], check=True)


def known(folder: Folder, count: int = 30) -> None:
    """Files on the disk that the library knows, at least one good scan ago."""
    for number in range(count):
        make_file(folder=folder, path=write_file(Path(folder.fs_path) / f"{number}.mp4"))
    scan(folder)


def refusal(folder: Folder) -> str:
    """Why the scan is refused; that nothing was marked missing is checked."""
    before = present_paths(folder)
    with pytest.raises(FolderUnavailableError) as refused:
        scan(folder)
    assert present_paths(folder) == before
    folder.refresh_from_db()
    return str(refused.value)


def test_the_innermost_and_latest_mount_holds_a_path(table):
    assert [
        (mount.kind, mount.source, mount.is_network)
        for path in ("/mnt/nas one/a", "/mnt/old/a", "/mnt/phone", "/srv")
        if (mount := disks.mount_of(path))
    ] == [
        ("cifs", "//nas/videos", True),
        ("tmpfs", "tmpfs", False),
        ("fuse.sshfs", "me@phone:", True),
        ("ext4", "/dev/sda1", False),
    ]


def test_a_share_is_known_by_its_name(table):
    assert disks.device_of("/mnt/nas one/a") == "cifs //nas/videos"


def test_where_nothing_is_told_nothing_is_known(tmp_path, monkeypatch):
    monkeypatch.setattr(disks, "_MOUNTS", tmp_path / "none")

    assert (disks.device_of(str(tmp_path)), disks.is_network_path(str(tmp_path))) == ("", False)


def test_a_good_scan_remembers_the_disk_and_the_next_one_writes_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(availability, "device_of", lambda path: "uuid 1")
    folder = make_folder(path=tmp_path)
    known(folder)
    Folder.objects.filter(pk=folder.pk).update(watch_note="x")
    before = Folder.objects.get(pk=folder.pk)

    scan(folder)

    assert before.device == "uuid 1"
    assert Folder.objects.get(pk=folder.pk).watch_note == "x"


def test_another_disk_in_its_place_is_not_scanned(tmp_path, monkeypatch):
    monkeypatch.setattr(availability, "device_of", lambda path: "uuid 1")
    folder = make_folder(path=tmp_path)
    known(folder)
    for path in tmp_path.glob("*.mp4"):
        path.unlink()
    write_file(tmp_path / "other.mp4")
    monkeypatch.setattr(availability, "device_of", lambda path: "uuid 2")

    assert "lies on another disk than at its last scan (uuid 1 then, uuid 2 now)" in refusal(folder)
    assert not is_available(folder)
    assert scan(folder, accept_missing=True) == {"seen": 1, "new": 1, "missing": 30}
    assert Folder.objects.get(pk=folder.pk).device == "uuid 2"


def test_the_same_collection_on_a_new_disk_is_taken_as_it_is(tmp_path, monkeypatch):
    monkeypatch.setattr(availability, "device_of", lambda path: "uuid 1")
    folder = make_folder(path=tmp_path)
    known(folder)
    monkeypatch.setattr(availability, "device_of", lambda path: "uuid 2")

    assert scan(folder) == {"seen": 30, "unchanged": 30}
    assert Folder.objects.get(pk=folder.pk).device == "uuid 2"


def test_a_network_share_that_lists_nothing_has_its_own_sentence(tmp_path, monkeypatch):
    folder = make_folder(path=tmp_path)
    known(folder)
    for path in tmp_path.glob("*.mp4"):
        path.unlink()
    monkeypatch.setattr(availability, "is_network_path", lambda path: True)

    assert "The network share of" in refusal(folder)


def test_a_real_disk_that_is_unplugged_and_plugged_in_again(disk):
    folder = make_folder(path=disk)
    known(folder)
    content = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in disk.glob("*.mp4")}
    subprocess.run(["umount", disk], check=True)

    assert "is not mounted" in refusal(folder)

    subprocess.run(["mount", "-t", "tmpfs", "second", disk], check=True)
    assert "on another disk" in refusal(folder) or "holds no video any more" in refusal(folder)

    for name, (data, mtime_ns) in content.items():
        write_file(disk / name, content=data, mtime_ns=mtime_ns)
    assert scan(folder) == {"seen": 30, "unchanged": 30}


def test_nothing_is_written_into_a_folder_unless_it_is_asked_for(tmp_path):
    folder = make_folder(path=tmp_path)
    scan(folder)

    assert list(tmp_path.iterdir()) == []


def test_without_its_marker_file_a_folder_counts_as_away(tmp_path):
    folder = make_folder(path=tmp_path)
    use_marker(folder=folder, is_wanted=True)
    known(folder)
    marker = tmp_path / disks.MARKER_NAME
    content = marker.read_text()
    marker.unlink()

    assert "is not in" in refusal(folder)
    assert not is_available(folder)

    marker.write_text("another\n")
    assert "that of another folder" in refusal(folder)

    marker.write_text(content)
    assert scan(folder) == {"seen": 30, "unchanged": 30}


def test_a_marker_file_that_somebody_deleted_is_made_again_on_the_owners_word(tmp_path):
    folder = make_folder(path=tmp_path)
    use_marker(folder=folder, is_wanted=True)
    known(folder)
    (tmp_path / disks.MARKER_NAME).unlink()

    scan(folder, accept_missing=True)

    folder.refresh_from_db()
    assert (tmp_path / disks.MARKER_NAME).read_text().strip() == folder.sentinel != ""


def test_a_marker_file_goes_when_it_is_not_wanted_any_more(tmp_path):
    folder = make_folder(path=tmp_path)
    use_marker(folder=folder, is_wanted=True)
    use_marker(folder=folder, is_wanted=False)

    assert list(tmp_path.iterdir()) == []
    assert Folder.objects.get(pk=folder.pk).sentinel == ""


def test_where_no_marker_file_can_be_written_the_owner_is_told(tmp_path):
    with pytest.raises(FolderUnavailableError, match="No marker file can be written"):
        use_marker(folder=make_folder(path=tmp_path / "gone"), is_wanted=True)
