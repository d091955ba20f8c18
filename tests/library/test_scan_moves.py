"""History follows content: what a scan makes of files that moved, swapped, were replaced or copied."""

import os
import threading
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from library.hashing import oshash
from library.models import Folder, VideoFile
from library.models.file import FileState
from library.services import intake as intake_module
from library.services import moves as moves_module
from library.services import scan as scan_module
from library.services import videos as videos_module
from tests.library.factories import make_file, make_folder, make_video, write_file
from tests.library.scanning import present_paths, scan, scan_and_finish

pytestmark = pytest.mark.django_db

KIB_64 = 64 * 1024


def known(path: Path, folder: Folder, **columns: Any) -> VideoFile:
    """A file on disk that the library knows as finished, with a video of its own."""
    return make_file(folder=folder, path=write_file(path), **columns)


def place(file: VideoFile) -> tuple[str, bool]:
    file.refresh_from_db()
    return file.relative_path, file.missing_since is None


def test_a_file_moved_inside_the_folder_keeps_its_row(tmp_path):
    folder, found = make_folder(path=tmp_path), list[int]()
    file = known(tmp_path / "a.mp4", folder)
    (tmp_path / "deep").mkdir()
    (tmp_path / "a.mp4").rename(tmp_path / "deep/b.mp4")

    assert scan(folder, on_found=found.extend) == {"seen": 1, "moved": 1}
    assert (place(file), folder.files.count(), found) == (("deep/b.mp4", True), 1, [])


def test_a_moved_file_is_unchanged_at_the_next_scan(tmp_path):
    folder = make_folder(path=tmp_path)
    known(tmp_path / "a.mp4", folder)
    (tmp_path / "a.mp4").rename(tmp_path / "b.mp4")
    scan(folder)

    assert scan(folder) == {"seen": 1, "unchanged": 1}


def test_a_file_moved_to_another_folder_keeps_its_row(tmp_path):
    one, other = make_folder(path=tmp_path / "one"), make_folder(path=tmp_path / "other")
    file = known(tmp_path / "one/a.mp4", one)
    known(tmp_path / "one/stays.mp4", one)
    (tmp_path / "other").mkdir()
    (tmp_path / "one/a.mp4").rename(tmp_path / "other/a.mp4")

    assert scan(other) == {"seen": 1, "moved": 1}
    assert scan(one) == {"seen": 1, "unchanged": 1}
    assert (place(file), file.folder) == (("a.mp4", True), other)


def test_a_file_moved_to_another_folder_is_found_after_it_was_marked_missing(tmp_path):
    one, other = make_folder(path=tmp_path / "one"), make_folder(path=tmp_path / "other")
    file = known(tmp_path / "one/a.mp4", one)
    known(tmp_path / "one/stays.mp4", one)
    (tmp_path / "other").mkdir()
    (tmp_path / "one/a.mp4").rename(tmp_path / "other/b.mp4")

    assert scan(one) == {"seen": 1, "unchanged": 1, "missing": 1}
    assert scan(other) == {"seen": 1, "moved": 1}
    assert (place(file), file.folder) == (("b.mp4", True), other)


def test_a_renamed_folder_moves_all_its_files(tmp_path):
    folder = make_folder(path=tmp_path)
    files = [known(tmp_path / f"z/{number}.mp4", folder) for number in range(20)]
    (tmp_path / "z").rename(tmp_path / "a")

    assert scan(folder) == {"seen": 20, "moved": 20}
    assert [place(file) for file in files] == [(f"a/{number}.mp4", True) for number in range(20)]


def test_more_files_than_a_batch_move_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr(scan_module, "BATCH", 3)
    folder = make_folder(path=tmp_path)
    for number in range(10):
        known(tmp_path / f"old/{number}.mp4", folder)
    (tmp_path / "old").rename(tmp_path / "new")

    assert scan(folder) == {"seen": 10, "moved": 10}


def test_a_copy_is_a_file_of_its_own(tmp_path):
    folder = make_folder(path=tmp_path)
    path = Path(write_file(tmp_path / "b.mp4", content=b"the same"))
    file = make_file(folder=folder, path=path)
    write_file(tmp_path / "a.mp4", content=b"the same")

    assert scan(folder) == {"seen": 2, "new": 1, "unchanged": 1}
    assert place(file) == ("b.mp4", True)


def test_a_copy_of_a_touched_file_is_no_move(tmp_path):
    folder = make_folder(path=tmp_path)
    path = write_file(tmp_path / "b.mp4", content=b"the same")
    file = make_file(folder=folder, path=path)
    write_file(path, content=b"the same")
    write_file(tmp_path / "a.mp4", content=b"the same")

    assert scan(folder) == {"seen": 2, "new": 1, "unchanged": 1}
    assert place(file) == ("b.mp4", True)


def test_one_of_two_copies_that_moved_keeps_its_own_row(tmp_path):
    folder = make_folder(path=tmp_path)
    one = make_file(folder=folder, path=write_file(tmp_path / "x/one.mp4", content=b"the same"))
    two = make_file(folder=folder, path=write_file(tmp_path / "x/two.mp4", content=b"the same"))
    (tmp_path / "x").rename(tmp_path / "y")

    assert scan(folder) == {"seen": 2, "moved": 2}
    assert (place(one), place(two)) == (("y/one.mp4", True), ("y/two.mp4", True))


def test_a_file_missing_from_a_folder_that_is_unplugged_is_not_taken_for_moved(tmp_path):
    unplugged, folder = make_folder(path=tmp_path / "gone"), make_folder(path=tmp_path / "here")
    path = write_file(tmp_path / "here/a.mp4", content=b"the same")
    file = make_file(folder=unplugged, size_bytes=8, oshash=oshash(path))

    assert scan(folder) == {"seen": 1, "new": 1}
    assert place(file)[1]


def test_empty_files_are_never_taken_for_each_other(tmp_path):
    folder = make_folder(path=tmp_path)
    (tmp_path / "a.mp4").touch()
    os.utime(tmp_path / "a.mp4", (0, 0))
    scan(folder)
    (tmp_path / "a.mp4").rename(tmp_path / "b.mp4")

    assert scan(folder) == {"seen": 1, "new": 1, "missing": 1}


def test_small_files_that_differ_in_their_last_bytes_only_are_not_taken_for_each_other(tmp_path):
    folder = make_folder(path=tmp_path)
    write_file(tmp_path / "a.mp4", content=b"text 1")
    scan(folder)
    (tmp_path / "a.mp4").unlink()
    write_file(tmp_path / "b.mp4", content=b"text 2")

    assert scan(folder) == {"seen": 1, "new": 1, "missing": 1}


def test_large_files_that_differ_in_the_middle_are_not_taken_for_each_other_where_that_is_known(tmp_path):
    folder = make_folder(path=tmp_path)
    head, tail = b"h" * KIB_64, b"t" * KIB_64
    path = write_file(tmp_path / "a.mp4", content=head + b"1" + tail)
    make_file(folder=folder, path=path, content_hash="known to be another")
    Path(path).unlink()
    write_file(tmp_path / "b.mp4", content=head + b"2" + tail)

    assert scan(folder) == {"seen": 1, "new": 1, "missing": 1}


def test_a_moved_file_whose_probe_failed_because_it_moved_is_probed_again(tmp_path):
    folder, found = make_folder(path=tmp_path), list[int]()
    file = known(tmp_path / "a.mp4", folder, state=FileState.FAILED, error="There is no such file.")
    (tmp_path / "a.mp4").rename(tmp_path / "b.mp4")

    scan(folder, on_found=found.extend)

    file.refresh_from_db()
    assert (file.state, file.error, found) == (FileState.NEW, "", [file.pk])


def unread(path: Path, folder: Folder) -> VideoFile:
    """A file on disk that could not be read when it was found."""
    return known(path, folder, oshash="", state="failed", error="This file may not be read.")


@pytest.mark.parametrize("is_known_missing", [True, False])
def test_a_file_that_could_not_be_read_is_known_by_size_and_name_when_it_moves(tmp_path, is_known_missing):
    folder, found = make_folder(path=tmp_path), list[int]()
    file = unread(tmp_path / "a.mp4", folder)
    known(tmp_path / "stays.mp4", folder)
    (tmp_path / "a.mp4").rename(tmp_path / "aside")
    if is_known_missing:
        scan(folder)
    (tmp_path / "deep").mkdir()
    (tmp_path / "aside").rename(tmp_path / "deep/a.mp4")

    assert scan(folder, on_found=found.extend) == {"seen": 2, "moved": 1, "unchanged": 1}
    assert (place(file), found) == (("deep/a.mp4", True), [file.pk])
    assert file.oshash == oshash(file.fs_path)


def test_a_file_that_could_not_be_read_and_is_still_there_has_not_moved(tmp_path):
    folder = make_folder(path=tmp_path)
    file = unread(tmp_path / "a.mp4", folder)
    write_file(tmp_path / "deep/a.mp4", content=(tmp_path / "a.mp4").read_bytes())

    scan(folder)

    assert (place(file), folder.files.count()) == (("a.mp4", True), 2)


def test_a_file_of_another_name_or_size_is_not_the_one_that_could_not_be_read(tmp_path):
    folder = make_folder(path=tmp_path)
    file = unread(tmp_path / "a.mp4", folder)
    content = (tmp_path / "a.mp4").read_bytes()
    (tmp_path / "a.mp4").unlink()
    write_file(tmp_path / "b.mp4", content=content)
    write_file(tmp_path / "deep/a.mp4", content=content + b"and longer")

    assert scan(folder) == {"seen": 2, "new": 2, "missing": 1}
    assert not place(file)[1]


def test_where_two_files_have_the_size_and_name_none_is_taken_for_the_one_that_could_not_be_read(tmp_path):
    folder = make_folder(path=tmp_path)
    file = unread(tmp_path / "a.mp4", folder)
    (tmp_path / "a.mp4").unlink()
    write_file(tmp_path / "one/a.mp4", content=b"0" * file.size_bytes)
    write_file(tmp_path / "two/a.mp4", content=b"1" * file.size_bytes)

    assert scan(folder) == {"seen": 2, "new": 2, "missing": 1}


def test_two_files_that_swapped_names_swap_their_rows(tmp_path):
    folder = make_folder(path=tmp_path)
    a, b = known(tmp_path / "a.mp4", folder), known(tmp_path / "b.mp4", folder)
    (tmp_path / "a.mp4").rename(tmp_path / "c")
    (tmp_path / "b.mp4").rename(tmp_path / "a.mp4")
    (tmp_path / "c").rename(tmp_path / "b.mp4")

    assert scan(folder) == {"seen": 2, "moved": 2}
    assert (place(a), place(b)) == (("b.mp4", True), ("a.mp4", True))


def test_a_swap_over_two_batches_is_a_swap_too(tmp_path, monkeypatch):
    monkeypatch.setattr(scan_module, "BATCH", 1)
    folder = make_folder(path=tmp_path)
    a, b = known(tmp_path / "a.mp4", folder), known(tmp_path / "b.mp4", folder)
    (tmp_path / "a.mp4").rename(tmp_path / "c")
    (tmp_path / "b.mp4").rename(tmp_path / "a.mp4")
    (tmp_path / "c").rename(tmp_path / "b.mp4")

    assert scan(folder) == {"seen": 2, "moved": 2}
    assert (place(a), place(b)) == (("b.mp4", True), ("a.mp4", True))


def test_three_files_that_moved_up_by_one_keep_their_rows(tmp_path):
    folder = make_folder(path=tmp_path)
    files = [known(tmp_path / f"{number}.mp4", folder) for number in (1, 2, 3)]
    for number in (1, 2, 3):
        (tmp_path / f"{number}.mp4").rename(tmp_path / f"{number - 1}.mp4")

    assert scan(folder) == {"seen": 3, "moved": 3}
    assert [place(file) for file in files] == [("0.mp4", True), ("1.mp4", True), ("2.mp4", True)]


def test_a_file_that_was_moved_over_another_leaves_that_one_missing(tmp_path):
    folder = make_folder(path=tmp_path)
    a, b = known(tmp_path / "a.mp4", folder), known(tmp_path / "b.mp4", folder)
    video = b.video
    (tmp_path / "a.mp4").replace(tmp_path / "b.mp4")

    assert scan(folder) == {"seen": 1, "moved": 1, "missing": 1}
    assert (place(a), place(b)) == (("b.mp4", True), ("b.mp4", False))
    assert (b.video, b.oshash != a.oshash) == (video, True)


def test_a_file_that_was_moved_over_comes_back_elsewhere_with_its_history(tmp_path):
    folder = make_folder(path=tmp_path)
    known(tmp_path / "a.mp4", folder)
    b = known(tmp_path / "b.mp4", folder)
    content = (tmp_path / "b.mp4").read_bytes()
    (tmp_path / "a.mp4").replace(tmp_path / "b.mp4")
    scan(folder)
    write_file(tmp_path / "restored.mp4", content=content)

    assert scan(folder) == {"seen": 2, "unchanged": 1, "moved": 1}
    assert place(b) == ("restored.mp4", True)


def test_a_file_that_was_moved_away_and_replaced_by_a_new_one_takes_its_history_along(tmp_path):
    folder = make_folder(path=tmp_path)
    file = known(tmp_path / "camera.mp4", folder)
    (tmp_path / "camera.mp4").rename(tmp_path / "holiday.mp4")
    write_file(tmp_path / "camera.mp4")

    assert scan(folder) == {"seen": 2, "new": 1, "moved": 1}
    assert place(file) == ("holiday.mp4", True)


def test_a_file_that_was_moved_over_another_and_replaced_by_a_new_one_takes_its_history_along(tmp_path):
    folder = make_folder(path=tmp_path)
    camera, holiday = known(tmp_path / "camera.mp4", folder), known(tmp_path / "holiday.mp4", folder)
    (tmp_path / "camera.mp4").replace(tmp_path / "holiday.mp4")
    write_file(tmp_path / "camera.mp4")

    assert scan(folder) == {"seen": 2, "new": 1, "moved": 1, "missing": 1}
    assert (place(camera), place(holiday)) == (("holiday.mp4", True), ("holiday.mp4", False))


def test_a_file_is_not_taken_for_edited_while_its_content_may_lie_in_a_later_batch(tmp_path, monkeypatch):
    monkeypatch.setattr(scan_module, "BATCH", 1)
    folder = make_folder(path=tmp_path)
    a, z = known(tmp_path / "a.mp4", folder), known(tmp_path / "z.mp4", folder)
    (tmp_path / "a.mp4").replace(tmp_path / "z.mp4")
    write_file(tmp_path / "a.mp4")

    assert scan(folder) == {"seen": 2, "new": 1, "moved": 1, "missing": 1}
    assert (place(a), place(z)) == (("z.mp4", True), ("z.mp4", False))


def test_a_copy_over_another_file_is_a_change_of_that_file(tmp_path):
    folder = make_folder(path=tmp_path)
    a, b = known(tmp_path / "a.mp4", folder), known(tmp_path / "b.mp4", folder)
    write_file(tmp_path / "b.mp4", content=(tmp_path / "a.mp4").read_bytes())

    assert scan(folder) == {"seen": 2, "unchanged": 1, "changed": 1}
    assert (place(a), place(b)) == (("a.mp4", True), ("b.mp4", True))


def test_a_missing_file_is_marked(tmp_path):
    folder = make_folder(path=tmp_path)
    file = known(tmp_path / "a.mp4", folder)
    known(tmp_path / "b.mp4", folder)
    (tmp_path / "a.mp4").unlink()

    assert scan(folder) == {"seen": 1, "unchanged": 1, "missing": 1}
    file.refresh_from_db()
    assert (file.missing_since is None, file.state) == (False, FileState.READY)


def test_a_file_is_missing_since_the_first_scan_that_missed_it(tmp_path):
    folder = make_folder(path=tmp_path)
    file = known(tmp_path / "a.mp4", folder)
    known(tmp_path / "b.mp4", folder)
    (tmp_path / "a.mp4").unlink()
    scan(folder)
    file.refresh_from_db()
    since = file.missing_since

    assert scan(folder) == {"seen": 1, "unchanged": 1}
    file.refresh_from_db()
    assert file.missing_since == since


def test_a_file_that_is_back_is_there_and_not_probed_again(tmp_path):
    folder, found = make_folder(path=tmp_path), list[int]()
    path = write_file(tmp_path / "a.mp4")
    file = make_file(folder=folder, path=path, missing_since="2026-01-01T00:00:00Z")

    assert scan(folder, on_found=found.extend) == {"seen": 1, "returned": 1}
    assert (place(file), found) == (("a.mp4", True), [])


def test_a_file_that_is_back_and_had_failed_is_probed_again(tmp_path):
    folder, found = make_folder(path=tmp_path), list[int]()
    file = known(tmp_path / "a.mp4", folder, missing_since="2026-01-01T00:00:00Z", state="failed", error="It is gone.")

    scan(folder, on_found=found.extend)

    file.refresh_from_db()
    assert (file.state, file.error, found) == (FileState.NEW, "", [file.pk])


def test_other_content_where_a_file_went_missing_is_a_new_file(tmp_path):
    folder = make_folder(path=tmp_path)
    file = known(tmp_path / "a.mp4", folder, missing_since="2026-01-01T00:00:00Z")
    digest = file.oshash
    write_file(tmp_path / "a.mp4", content=b"another video")

    assert scan(folder) == {"seen": 1, "new": 1}
    assert place(file) == ("a.mp4", False)
    assert (file.oshash, present_paths(folder)) == (digest, ["a.mp4"])


def test_of_files_last_seen_at_the_same_path_the_one_with_the_content_is_back(tmp_path):
    folder = make_folder(path=tmp_path)
    older = known(tmp_path / "a.mp4", folder, missing_since="2026-01-01T00:00:00Z")
    newer = make_file(folder=folder, relative_path="a.mp4", missing_since="2026-02-01T00:00:00Z")

    assert scan(folder) == {"seen": 1, "returned": 1}
    assert (place(older), place(newer)) == (("a.mp4", True), ("a.mp4", False))


def test_a_file_that_is_back_while_a_copy_appears_elsewhere_is_back(tmp_path):
    folder = make_folder(path=tmp_path)
    file = known(tmp_path / "b.mp4", folder, missing_since="2026-01-01T00:00:00Z")
    write_file(tmp_path / "a.mp4", content=(tmp_path / "b.mp4").read_bytes())

    assert scan(folder) == {"seen": 2, "new": 1, "returned": 1}
    assert place(file) == ("b.mp4", True)


def test_when_the_primary_file_goes_missing_a_present_copy_takes_its_place(tmp_path):
    folder, video = make_folder(path=tmp_path), make_video(duration_seconds=1.0)
    lost = known(tmp_path / "a.mp4", folder, video=video)
    copy = known(tmp_path / "b.mp4", folder, video=video, duration_seconds=7.0)
    (tmp_path / "a.mp4").unlink()

    scan(folder)

    for row in (lost, copy, video):
        row.refresh_from_db()
    assert (lost.is_primary, copy.is_primary, video.duration_seconds) == (False, True, 7.0)


def test_when_a_copy_comes_back_to_a_video_without_one_it_is_shown(tmp_path):
    folder, video = make_folder(path=tmp_path), make_video()
    make_file(folder=folder, video=video, missing_since="2026-01-01T00:00:00Z")
    copy = known(tmp_path / "b.mp4", folder, video=video, missing_since="2026-01-01T00:00:00Z")

    scan(folder)

    copy.refresh_from_db()
    assert copy.is_primary


def test_a_row_that_another_scan_took_meanwhile_is_left_to_it(tmp_path, monkeypatch):
    folder, other = make_folder(path=tmp_path), make_folder(path=tmp_path.parent / "other")
    file = known(tmp_path / "a.mp4", folder)
    (tmp_path / "a.mp4").rename(tmp_path / "b.mp4")
    real = videos_module.lock_files

    def be_late(ids):
        VideoFile.objects.filter(pk=file.pk).update(folder=other, relative_path="c.mp4")
        real(ids)

    monkeypatch.setattr(intake_module, "lock_files", be_late)

    assert scan(folder) == {"seen": 1, "new": 1}
    file.refresh_from_db()
    assert (file.folder, file.relative_path, file.missing_since) == (other, "c.mp4", None)


def test_a_file_found_elsewhere_during_the_scan_is_not_marked_missing_here(tmp_path):
    folder, other = make_folder(path=tmp_path), make_folder()
    file = known(tmp_path / "a.mp4", folder)
    known(tmp_path / "b.mp4", folder)
    (tmp_path / "a.mp4").unlink()

    def find_elsewhere(seen):
        VideoFile.objects.filter(pk=file.pk).update(folder=other)

    assert scan(folder, on_progress=find_elsewhere) == {"seen": 1, "unchanged": 1}
    assert place(file) == ("a.mp4", True)


@pytest.mark.django_db(transaction=True)
def test_a_scan_keeps_the_state_that_a_stage_writes_meanwhile(tmp_path, monkeypatch):
    folder = make_folder(path=tmp_path)
    path = write_file(tmp_path / "a.mp4")
    scan(folder)
    os.utime(path, (1, 1))
    real = moves_module.find_origins

    def stage_writes(looks, of_folder):
        def write():
            Folder.objects.get(pk=of_folder.pk).files.update(state=FileState.PROBED)
            connection.close()

        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
        return real(looks, of_folder)

    monkeypatch.setattr(intake_module, "find_origins", stage_writes)
    scan(folder)

    assert folder.files.get().state == FileState.PROBED


def test_files_without_a_video_are_taken_through_a_rename_too(tmp_path):
    folder, found = make_folder(path=tmp_path), list[int]()
    write_file(tmp_path / "a.mp4")
    scan_and_finish(folder)
    folder.files.update(state=FileState.NEW)
    (tmp_path / "a.mp4").rename(tmp_path / "b.mp4")

    scan(folder, on_found=found.extend)

    assert found == [folder.files.get().pk]
