"""Too many missing files at once: the scan stops and asks, and loses nothing."""

from pathlib import Path

import pytest

from library.models import LibrarySettings, ScanLog, Tag, Video, VideoTag
from library.models.scan_log import ScanStatus
from library.services.breaker import keep_held
from tests.library.factories import make_file, make_folder, write_file
from tests.library.scanning import present_paths, scan

pytestmark = pytest.mark.django_db


@pytest.fixture
def full(tmp_path):
    """A folder of forty files, one of whose videos has a tag."""
    folder = make_folder(path=tmp_path)
    for number in range(40):
        make_file(folder=folder, path=write_file(tmp_path / f"{number:02}.mp4"))
    VideoTag.objects.create(video=Video.objects.order_by("pk")[0], tag=Tag.objects.create(name="Beach"))
    return folder


def take_away(folder, count: int) -> dict[str, bytes]:
    """Deletes that many files; returns their content."""
    paths = sorted(Path(folder.fs_path).glob("*.mp4"))[:count]
    contents = {str(path): path.read_bytes() for path in paths}
    for path in paths:
        path.unlink()
    return contents


def last_log(folder) -> ScanLog:
    return folder.scans.order_by("-started_at", "-pk")[0]


def test_a_scan_that_misses_nine_tenths_of_a_folder_marks_nothing_and_asks(full):
    take_away(full, 36)

    assert scan(full) == {"seen": 4, "unchanged": 4, "held": 36}

    log = last_log(full)
    assert len(present_paths(full)) == 40
    assert log.status == ScanStatus.HELD
    assert "36 of 40 files (90 %) were not found" in log.error
    assert not Video.objects.missing().exists()


def test_accepted_they_are_missing_and_files_that_come_back_bring_their_history(full):
    contents = take_away(full, 36)
    scan(full)

    assert scan(full, accept_missing=True) == {"seen": 4, "unchanged": 4, "missing": 36}
    assert Video.objects.missing().count() == 36

    for path, content in contents.items():
        write_file(path, content=content)
    assert scan(full) == {"seen": 40, "unchanged": 4, "returned": 36}
    assert not Video.objects.missing().exists()
    assert VideoTag.objects.get().video.files.get().missing_since is None


def test_a_later_scan_settles_the_question(full):
    take_away(full, 36)
    scan(full)
    scan(full, accept_missing=True)

    assert not ScanLog.objects.filter(status=ScanStatus.HELD).exists()


def test_told_to_keep_them_scans_ask_no_more_until_more_are_missing(full):
    take_away(full, 30)
    scan(full)

    assert keep_held(log=last_log(full))
    scan(full)
    first = last_log(full)
    take_away(full, 5)
    scan(full)

    assert (first.status, first.files_held) == (ScanStatus.COMPLETED, 30)
    assert "kept as they are" in first.error
    assert (last_log(full).status, last_log(full).files_held) == (ScanStatus.HELD, 35)
    assert len(present_paths(full)) == 40


def test_a_question_that_nobody_answered_is_asked_again_of_its_part(full):
    for number in range(40):
        make_file(folder=full, path=write_file(Path(full.fs_path) / f"part/{number}.mp4"))
    for path in Path(full.fs_path, "part").glob("*.mp4"):
        path.unlink()

    scan(full, subpath="part")
    scan(full)
    scan(full, subpath="part")

    assert last_log(full).status == ScanStatus.HELD


def with_part(folder, count: int) -> list[Path]:
    """Adds that many files in a folder of their own."""
    paths = [Path(write_file(Path(folder.fs_path) / f"part/{number}.mp4")) for number in range(count)]
    for path in paths:
        make_file(folder=folder, path=path)
    return paths


@pytest.mark.parametrize("is_answered", [False, True])
def test_what_is_held_as_a_whole_is_not_marked_part_by_part(full, is_answered):
    part = with_part(full, 5)
    take_away(full, 30)
    for path in part[:3]:
        path.unlink()
    scan(full)
    if is_answered:
        keep_held(log=last_log(full))

    first, again = scan(full, subpath="part"), scan(full, subpath="part")

    assert first == again == {"seen": 2, "unchanged": 2, "held": 3}
    assert len(present_paths(full)) == 45
    assert last_log(full).status == ScanStatus.COMPLETED
    assert ("as you said" if is_answered else "the whole folder waits for your answer") in last_log(full).error
    assert ScanLog.objects.filter(status=ScanStatus.HELD).exists() is not is_answered


def test_once_the_whole_is_found_again_a_part_is_judged_by_itself(full):
    part = with_part(full, 5)
    contents = take_away(full, 30)
    scan(full)
    keep_held(log=last_log(full))
    for path, content in contents.items():
        write_file(path, content=content)
    scan(full)
    part[0].unlink()

    assert scan(full, subpath="part") == {"seen": 4, "unchanged": 4, "missing": 1}


def test_an_answer_about_a_part_ends_with_a_scan_of_the_whole(full):
    part = with_part(full, 40)
    for path in part:
        path.unlink()
    scan(full, subpath="part")
    keep_held(log=last_log(full))
    scan(full, accept_missing=True)
    for path in part:
        write_file(path)
    scan(full)
    for path in part:
        path.unlink()

    scan(full, subpath="part")

    assert last_log(full).status == ScanStatus.HELD


def test_a_scan_settles_the_questions_about_what_lies_in_its_part(full):
    for number in range(40):
        path = write_file(Path(full.fs_path) / f"part/deep/{number}.mp4")
        make_file(folder=full, path=path)
        Path(path).unlink()
    write_file(Path(full.fs_path) / "part/other.mp4")
    scan(full, subpath="part/deep")

    scan(full, subpath="part", accept_missing=True)

    assert not ScanLog.objects.filter(status=ScanStatus.HELD).exists()


def test_an_answer_that_comes_too_late_does_nothing(full):
    take_away(full, 30)
    scan(full)
    log = last_log(full)
    scan(full, accept_missing=True)

    assert not keep_held(log=log)


def test_few_missing_files_are_marked_without_a_question(full):
    take_away(full, 10)

    assert scan(full) == {"seen": 30, "unchanged": 30, "missing": 10}


def test_the_share_is_the_owners_to_set(full):
    LibrarySettings.objects.create(pk=1, missing_limit_percent=90, missing_limit_files=0, settle_seconds=0)
    take_away(full, 36)

    assert scan(full)["missing"] == 36


def test_a_part_is_judged_by_its_share_of_the_whole_folder(full):
    for number in range(12):
        make_file(folder=full, path=write_file(Path(full.fs_path) / f"part/{number}.mp4"))
    for path in Path(full.fs_path, "part").glob("*.mp4"):
        path.unlink()

    assert scan(full, subpath="part") == {"missing": 12}


def test_moved_files_are_not_counted_as_missing(full):
    Path(full.fs_path, "sub").mkdir()
    for path in sorted(Path(full.fs_path).glob("*.mp4")):
        path.rename(Path(full.fs_path, "sub", path.name))

    assert scan(full) == {"seen": 40, "moved": 40}
    assert last_log(full).status == ScanStatus.COMPLETED
