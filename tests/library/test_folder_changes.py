"""Default folder, removal and return of folders."""

import pytest

from library.exceptions import FolderUnavailableError, ScanInProgressError
from library.models import ChangeBatch, Folder, Video, VideoFile
from library.services import folders, register_folder, remove_folder
from library.services.folders import figures_of, make_default
from library.services.history import undo_batch
from tests.library.factories import make_file, make_folder, make_user, make_video, write_file
from tests.library.scanning import scan
from tests.library.test_scan_lock import OtherScan

pytestmark = pytest.mark.django_db


def default() -> list[str]:
    return list(Folder.objects.filter(is_default=True).values_list("name", flat=True))


def test_the_first_folder_is_the_default_one(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        register_folder(path=str(tmp_path / name))

    assert default() == ["a"]


def test_making_another_folder_the_default_one_moves_it(tmp_path):
    make_folder(name="a", is_default=True)
    other = make_folder(name="b")

    make_default(folder=other)

    assert default() == ["b"]


def test_removing_the_default_folder_promotes_an_active_one(tmp_path):
    first = make_folder(name="a", is_default=True)
    make_folder(name="b", is_active=False)
    make_folder(name="c")

    remove_folder(folder=first)

    assert default() == ["c"]


def test_a_removed_folders_videos_are_missing_in_one_change(tmp_path):
    user = make_user()
    folder = make_folder(path=tmp_path)
    files = [make_file(folder=folder, path=write_file(tmp_path / f"{n}.mp4")) for n in range(3)]
    elsewhere = make_file(video=files[0].video)

    assert remove_folder(folder=folder, user=user) == 3

    assert Video.objects.missing().count() == 2
    assert VideoFile.objects.get(pk=elsewhere.pk).is_primary
    assert (tmp_path / "0.mp4").exists()
    batch = ChangeBatch.objects.get()
    assert (batch.user, batch.summary) == (user, f"Removed the folder {folder.name}")


def test_a_removal_can_be_undone_and_the_next_scan_finds_the_files(tmp_path):
    folder = make_folder(path=tmp_path, is_default=True)
    make_file(folder=folder, path=write_file(tmp_path / "a.mp4"))
    remove_folder(folder=folder)

    undo_batch(batch=ChangeBatch.objects.get(), user=None)

    folder.refresh_from_db()
    assert (folder.removed_at, folder.is_default) == (None, True)
    assert scan(folder) == {"seen": 1, "returned": 1}


def test_the_same_path_again_brings_the_folder_and_its_files_back(tmp_path):
    folder = make_folder(path=tmp_path, kind="movies")
    file = make_file(folder=folder, path=write_file(tmp_path / "a.mp4"))
    remove_folder(folder=folder)

    again = register_folder(path=str(tmp_path))

    assert (again.pk, again.kind, again.removed_at) == (folder.pk, "movies", None)
    assert scan(again) == {"seen": 1, "returned": 1}
    assert VideoFile.objects.get().video == file.video


def test_videos_that_lie_nowhere_else_are_trashed_when_told_so(tmp_path):
    folder = make_folder(path=tmp_path)
    only = make_file(folder=folder)
    both = make_file(folder=folder)
    make_file(video=both.video)

    remove_folder(folder=folder, trash_videos=True)

    assert list(Video.objects.trashed()) == [only.video]


def test_files_of_a_removed_folder_are_recognised_in_the_one_above(tmp_path):
    inner = make_folder(path=tmp_path / "inner")
    file = make_file(folder=inner, path=write_file(tmp_path / "inner/a.mp4"))
    outer = make_folder(path=tmp_path)
    remove_folder(folder=inner)

    assert scan(outer) == {"seen": 1, "moved": 1}
    assert VideoFile.objects.get().pk == file.pk


def test_a_removed_folder_is_not_scanned(tmp_path):
    folder = make_folder(path=tmp_path)
    remove_folder(folder=folder)

    with pytest.raises(FolderUnavailableError, match="was removed from the library"):
        scan(folder)


@pytest.mark.django_db(transaction=True)
def test_a_folder_is_not_removed_while_it_is_scanned(tmp_path):
    write_file(tmp_path / "a.mp4")
    folder = make_folder(path=tmp_path)

    with OtherScan(folder), pytest.raises(ScanInProgressError):
        remove_folder(folder=folder)

    assert Folder.objects.get().removed_at is None


def test_figures_tell_what_a_removal_concerns(tmp_path):
    folder = make_folder(path=tmp_path)
    make_file(folder=folder, size_bytes=10)
    make_file(folder=folder, size_bytes=20, missing_since="2026-01-01T00:00Z")
    make_file(folder=folder, video=make_file().video, size_bytes=5, is_primary=False)
    make_file(folder=folder, video=make_video(trashed_at="2026-01-01T00:00Z"), size_bytes=1)

    assert figures_of(folder) == folders.FolderFigures(files=4, present=3, videos=3, only_here=2, size_bytes=16)
