"""A folder lies elsewhere now."""

from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from library.exceptions import FolderOverlapError, FolderUnavailableError
from library.models import ChangeBatch, Folder, OldPath, VideoFile
from library.services.history import undo_batch
from library.services.relocation import plan_relocation, relocate
from tests.library.factories import make_file, make_folder, make_user, write_file
from tests.library.scanning import scan

pytestmark = pytest.mark.django_db


@pytest.fixture
def old(tmp_path) -> Folder:
    """A folder of twelve files, half of them in a part of its own."""
    folder = make_folder(path=tmp_path / "old", name="Films", device="uuid 1")
    for number in range(12):
        part = "part/" if number % 2 else ""
        make_file(folder=folder, path=write_file(tmp_path / f"old/{part}{number}.mp4"))
    return folder


def test_the_plan_says_what_lies_at_the_new_place(old, tmp_path):
    (tmp_path / "old").rename(tmp_path / "new")
    (tmp_path / "new/0.mp4").unlink()

    plan = plan_relocation(folder=old, new_path=str(tmp_path / "new") + "/")

    assert (plan.files, plan.sampled, plan.matching, plan.absent) == (12, 12, 11, ("0.mp4",))
    assert plan.problem == ""
    assert Folder.objects.get().path == old.path


def test_a_whole_folder_is_moved_in_two_statements_and_keeps_its_old_paths(old, tmp_path):
    user = make_user()
    (tmp_path / "old").rename(tmp_path / "new")

    with CaptureQueriesContext(connection) as queries:
        done = relocate(folder=old, new_path=str(tmp_path / "new"), user=user)

    assert sum('UPDATE "library_videofile"' in query["sql"] for query in queries) == 0
    assert (done.moved, done.batch.user, ChangeBatch.objects.get().can_undo) == (12, user, True)
    assert OldPath.objects.filter(path=f"{tmp_path}/old/part/1.mp4").count() == 1
    assert OldPath.objects.count() == 12
    assert scan(Folder.objects.get()) == {"seen": 12, "unchanged": 12}


def test_a_relocation_can_be_undone(old, tmp_path):
    (tmp_path / "old").rename(tmp_path / "new")
    done = relocate(folder=old, new_path=str(tmp_path / "new"))

    undo_batch(batch=done.batch, user=None)
    (tmp_path / "new").rename(tmp_path / "old")

    assert scan(Folder.objects.get(path=str(tmp_path / "old"))) == {"seen": 12, "unchanged": 12}


def test_another_folder_is_refused(old, tmp_path):
    write_file(tmp_path / "new/0.mp4")

    with pytest.raises(FolderUnavailableError, match="this is another folder"):
        relocate(folder=old, new_path=str(tmp_path / "new"))

    assert not OldPath.objects.exists()


def test_a_place_in_another_folder_of_the_library_is_refused(old, tmp_path):
    (tmp_path / "other/deep").mkdir(parents=True)
    make_folder(path=tmp_path / "other")

    with pytest.raises(FolderOverlapError, match="already"):
        plan_relocation(folder=old, new_path=str(tmp_path / "other/deep"))


def test_a_part_that_was_split_off_goes_to_the_folder_that_holds_it(old, tmp_path):
    target = make_folder(path=tmp_path / "target")
    (tmp_path / "target").mkdir()
    (tmp_path / "old/part").rename(tmp_path / "target/films")
    there = make_file(folder=target, path=write_file(tmp_path / "target/films/1.mp4", content=b"y" * 800))

    done = relocate(folder=old, subpath="part", new_path=str(tmp_path / "target/films"))

    assert (done.folder, done.moved, done.stayed) == (target, 5, 1)
    moved = VideoFile.objects.filter(folder=target).exclude(pk=there.pk)
    assert set(moved.values_list("relative_path", flat=True)) == {f"films/{n}.mp4" for n in (3, 5, 7, 9, 11)}
    assert OldPath.objects.filter(path=f"{tmp_path}/old/part/3.mp4").exists()


def test_a_part_that_lies_nowhere_in_the_library_becomes_a_folder(old, tmp_path):
    (tmp_path / "old/part").rename(tmp_path / "alone")

    done = relocate(folder=old, subpath="part", new_path=str(tmp_path / "alone"))

    assert (done.folder.path, done.moved) == (str(tmp_path / "alone"), 6)
    assert scan(done.folder) == {"seen": 6, "unchanged": 6}
    assert scan(old) == {"seen": 6, "unchanged": 6}


def test_every_recognised_move_keeps_the_old_path(old, tmp_path):
    Path(tmp_path / "old/0.mp4").rename(tmp_path / "old/renamed.mp4")

    scan(old)

    assert [str(path) for path in OldPath.objects.all()] == [f"{tmp_path}/old/0.mp4"]
