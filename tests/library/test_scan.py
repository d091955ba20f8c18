"""What a scan finds: new, unchanged, touched, changed, busy, unreadable."""

import os
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from library.exceptions import FolderUnavailableError
from library.hashing import content_hash, oshash
from library.models import ScanLog, VideoFile
from library.models.file import FileState
from library.models.scan_log import ScanStatus
from library.services import scan as scan_module
from library.services import scan_folder
from library.services.intake import Intake
from tests.library.factories import make_file, make_folder, make_video, write_file
from tests.library.privileges import ordinary_user
from tests.library.scanning import counts, present_paths, scan, scan_and_finish

pytestmark = pytest.mark.django_db


def row_versions() -> list[tuple[Any, ...]]:
    """Where each file's row lies in its table: writing it, with whatever values, moves it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, ctid::text, updated_at FROM library_videofile ORDER BY id")
        return list(cursor.fetchall())


def test_new_files_get_rows_with_what_is_on_disk(tmp_path):
    path = write_file(tmp_path / "a/x.mp4", content=b"12345", mtime_ns=1_600_000_000_123_456_789)
    folder = make_folder(path=tmp_path)

    assert scan(folder) == {"seen": 1, "new": 1}
    file = folder.files.get()
    assert (file.relative_path, file.size_bytes, file.mtime_ns) == ("a/x.mp4", 5, 1_600_000_000_123_456_789)
    assert (file.oshash, file.state, file.video, file.is_primary) == (oshash(path), FileState.NEW, None, False)


def test_new_files_are_handed_over_for_probing(tmp_path):
    write_file(tmp_path / "a.mp4")
    folder, found = make_folder(path=tmp_path), list[int]()

    scan(folder, on_found=found.extend)

    assert found == [folder.files.get().pk]


def test_files_are_handed_over_in_the_transaction_that_writes_them(tmp_path):
    write_file(tmp_path / "a.mp4")
    folder = make_folder(path=tmp_path)

    def refuse(ids):
        raise RuntimeError("the queue is full")

    with pytest.raises(RuntimeError):
        scan(folder, on_found=refuse)

    assert not folder.files.exists()


def test_an_empty_file_is_new(tmp_path):
    (tmp_path / "a.mp4").touch()
    os.utime(tmp_path / "a.mp4", (0, 0))
    folder = make_folder(path=tmp_path)

    assert scan(folder) == {"seen": 1, "new": 1}


def test_the_log_says_when_and_how_it_ended(tmp_path):
    folder = make_folder(path=tmp_path)

    log = scan_folder(folder=folder, trigger="ingest")

    log.refresh_from_db()
    folder.refresh_from_db()
    assert (log.status, log.trigger, log.error) == (ScanStatus.COMPLETED, "ingest", "")
    assert folder.last_scanned_at == log.finished_at


def test_unchanged_files_are_counted_and_not_probed(tmp_path):
    write_file(tmp_path / "a.mp4")
    folder, found = make_folder(path=tmp_path), list[int]()
    scan(folder)

    assert scan(folder, on_found=found.extend) == {"seen": 1, "unchanged": 1}
    assert found == []


def test_an_unchanged_file_is_not_opened(tmp_path, monkeypatch):
    write_file(tmp_path / "a.mp4")
    folder, opened = make_folder(path=tmp_path), list[str]()
    scan(folder)
    monkeypatch.setattr("library.services.looking.oshash", opened.append)

    scan(folder)

    assert opened == []


def test_a_scan_of_unchanged_files_writes_none_of_their_rows(tmp_path):
    for number in range(3):
        write_file(tmp_path / f"{number}.mp4")
    folder = make_folder(path=tmp_path)
    scan(folder)
    before = row_versions()

    scan(folder)

    assert row_versions() == before


def test_a_scan_of_unchanged_files_writes_its_record_and_the_folders_last_scan_only(tmp_path):
    write_file(tmp_path / "a.mp4")
    folder = make_folder(path=tmp_path)
    scan(folder)

    with CaptureQueriesContext(connection) as queries:
        scan_folder(folder=folder)

    writes = [
        query["sql"].split("SET")[0].strip() for query in queries if query["sql"].startswith(("UPD", "INS", "DEL"))
    ]
    tables = [sql.split('"')[1] for sql in writes]
    assert sorted(tables) == ["library_folder", "library_scanlog", "library_scanlog", "library_scanlog"]


def test_a_scan_of_unchanged_files_costs_the_same_queries_however_many(tmp_path):
    few, many = make_folder(path=tmp_path / "few"), make_folder(path=tmp_path / "many")
    write_file(tmp_path / "few/a.mp4")
    for number in range(1200):
        write_file(tmp_path / f"many/{number}.mp4")
    scan(few)
    scan(many)

    with CaptureQueriesContext(connection) as for_few:
        scan_folder(folder=few)
    with CaptureQueriesContext(connection) as for_many:
        scan_folder(folder=many)

    assert len(for_many) == len(for_few)


def test_more_files_than_a_batch_are_all_taken(tmp_path):
    for number in range(scan_module.BATCH + 3):
        write_file(tmp_path / f"{number}.mp4")
    folder, found = make_folder(path=tmp_path), list[int]()

    assert scan(folder, on_found=found.extend) == {"seen": 503, "new": 503}
    assert len(set(found)) == folder.files.count() == 503


@pytest.mark.slow
def test_many_files_go_through_in_batches_of_bounded_size_and_number_of_queries(tmp_path, monkeypatch):
    for number in range(3000):
        write_file(tmp_path / f"{number // 100}/{number}.mp4")
    folder, sizes = make_folder(path=tmp_path), list[int]()
    real = Intake.take

    def take(intake, batch, known, **options):
        sizes.append(len(batch))
        return real(intake, batch, known, **options)

    monkeypatch.setattr(Intake, "take", take)

    with CaptureQueriesContext(connection) as queries:
        scan(folder)

    assert sizes == [500] * 6
    assert len(queries) <= 16 + 6 * 7


def test_progress_is_told_as_files_are_seen(tmp_path, monkeypatch):
    monkeypatch.setattr(scan_module, "BATCH", 2)
    for number in range(5):
        write_file(tmp_path / f"{number}.mp4")
    folder, seen = make_folder(path=tmp_path), list[int]()

    scan(folder, on_progress=seen.append)

    assert seen == sorted(seen)
    assert seen[-1] == 5


def test_a_touched_file_keeps_its_state_and_is_not_probed(tmp_path):
    path = write_file(tmp_path / "a.mp4")
    folder, found = make_folder(path=tmp_path), list[int]()
    scan_and_finish(folder)
    os.utime(path, ns=(1, 1_700_000_000 * 10**9))

    assert scan(folder, on_found=found.extend) == {"seen": 1, "unchanged": 1}
    file = folder.files.get()
    assert (file.state, file.mtime_ns, found) == (FileState.READY, 1_700_000_000 * 10**9, [])


def test_a_touched_file_that_failed_is_tried_again(tmp_path):
    path = write_file(tmp_path / "a.mp4")
    folder, found = make_folder(path=tmp_path), list[int]()
    scan(folder)
    folder.files.update(state=FileState.FAILED, error="It was not there.")
    os.utime(path, ns=(1, 1_700_000_000 * 10**9))

    scan(folder, on_found=found.extend)

    file = folder.files.get()
    assert (file.state, file.error, found) == (FileState.NEW, "", [file.pk])


def test_a_changed_file_begins_anew_and_keeps_its_video(tmp_path):
    path = write_file(tmp_path / "a.mp4")
    folder, video, found = make_folder(path=tmp_path), make_video(), list[int]()
    file = make_file(folder=folder, path=path, video=video, content_hash="f" * 32)
    write_file(path, content=b"edited")

    assert scan(folder, on_found=found.extend) == {"seen": 1, "changed": 1}
    file.refresh_from_db()
    assert (file.state, file.size_bytes, file.oshash, file.content_hash) == (
        FileState.NEW,
        6,
        oshash(path),
        content_hash(path),
    )
    assert (file.video, found) == (video, [file.pk])


def test_a_change_that_leaves_size_and_time_is_taken_for_none(tmp_path):
    path = write_file(tmp_path / "a.mp4", content=b"one", mtime_ns=5)
    folder = make_folder(path=tmp_path)
    scan(folder)
    write_file(path, content=b"two", mtime_ns=5)

    assert scan(folder) == {"seen": 1, "unchanged": 1}


def test_a_file_that_vanishes_before_it_is_opened_is_left_out(tmp_path, monkeypatch):
    write_file(tmp_path / "a.mp4")
    folder = make_folder(path=tmp_path)
    real = Intake.take

    def vanish_then_take(intake, batch, known, **options):
        for found in batch:
            Path(found.fs_path).unlink()
        return real(intake, batch, known, **options)

    monkeypatch.setattr(Intake, "take", vanish_then_take)

    assert scan(folder) == {}
    assert not folder.files.exists()


def test_a_row_that_is_deleted_during_the_scan_is_written_anew(tmp_path):
    path = write_file(tmp_path / "a.mp4")
    folder = make_folder(path=tmp_path)
    scan(folder)
    write_file(path, content=b"edited")

    def delete(seen: int) -> None:
        VideoFile.objects.all().delete()

    log = scan_folder(folder=folder, on_progress=delete)

    assert counts(log)["new"] == 1


def test_a_file_open_for_writing_waits_for_the_next_scan(tmp_path):
    folder = make_folder(path=tmp_path)

    with open(tmp_path / "a.mp4", "wb") as writer:
        writer.write(b"half")
        writer.flush()
        while_written = scan(folder)

    assert while_written == {"seen": 1, "busy": 1}
    assert scan(folder) == {"seen": 1, "new": 1}


def test_a_file_that_grows_waits_for_the_next_scan(tmp_path, monkeypatch):
    path = tmp_path / "a.mp4"
    path.write_bytes(b"half")
    folder = make_folder(path=tmp_path)

    def grow(seconds):
        with open(path, "ab") as target:
            target.write(b" and more")

    monkeypatch.setattr("library.services.settling.time.sleep", grow)

    assert scan(folder) == {"seen": 1, "busy": 1}
    assert not folder.files.exists()


def test_a_known_file_that_is_written_over_is_busy_and_not_missing(tmp_path):
    path = write_file(tmp_path / "a.mp4")
    folder = make_folder(path=tmp_path)
    scan_and_finish(folder)

    with open(path, "wb"):
        assert scan(folder) == {"seen": 1, "busy": 1}

    assert folder.files.get().missing_since is None


def test_a_fresh_file_that_settled_is_taken_at_once(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"done")
    folder = make_folder(path=tmp_path)

    assert scan(folder) == {"seen": 1, "new": 1}


def test_a_file_that_may_not_be_read_gets_a_row_with_a_sentence(public_path):
    path = Path(write_file(public_path / "a.mp4"))
    path.chmod(0)
    folder, found = make_folder(path=public_path), list[int]()

    with ordinary_user():
        result = scan(folder, on_found=found.extend)

    file = folder.files.get()
    assert (result, found) == ({"seen": 1, "unreadable": 1}, [])
    assert (file.state, file.oshash) == (FileState.FAILED, "")
    assert file.error.startswith("This file may not be read: give the user")


def test_an_unreadable_file_that_stays_so_is_not_written_again(public_path):
    Path(write_file(public_path / "a.mp4")).chmod(0)
    folder = make_folder(path=public_path)

    with ordinary_user():
        scan(folder)
        before = row_versions()
        again = scan(folder)

    assert again == {"seen": 1, "unreadable": 1}
    assert row_versions() == before


def test_a_file_that_may_be_read_at_last_is_new(public_path):
    path = Path(write_file(public_path / "a.mp4"))
    path.chmod(0)
    folder, found = make_folder(path=public_path), list[int]()
    with ordinary_user():
        scan(folder)
    path.chmod(0o644)

    with ordinary_user():
        result = scan(folder, on_found=found.extend)

    file = folder.files.get()
    assert result == {"seen": 1, "new": 1}
    assert (file.state, file.error, found) == (FileState.NEW, "", [file.pk])


def test_a_known_file_that_can_no_longer_be_read_keeps_what_is_known_and_recovers(public_path):
    path = Path(write_file(public_path / "a.mp4"))
    folder = make_folder(path=public_path)
    scan_and_finish(folder)
    digest = folder.files.get().oshash
    os.utime(path, ns=(1, 1))
    path.chmod(0)

    with ordinary_user():
        closed = scan(folder)
    file = folder.files.get()
    path.chmod(0o644)
    reopened = scan(folder)

    assert (closed, file.oshash, file.state) == ({"seen": 1, "unreadable": 1}, digest, FileState.FAILED)
    assert reopened == {"seen": 1, "unchanged": 1}
    assert folder.files.get().state == FileState.NEW


def test_a_file_in_a_folder_that_may_not_be_entered_is_unreadable_and_not_missing(public_path):
    write_file(public_path / "closed/a.mp4")
    write_file(public_path / "b.mp4")
    folder = make_folder(path=public_path)
    scan_and_finish(folder)
    (public_path / "closed").chmod(0o744)

    with ordinary_user():
        assert scan(folder) == {"seen": 2, "unchanged": 1, "unreadable": 1}

    assert present_paths(folder) == ["b.mp4", "closed/a.mp4"]


def test_files_below_a_folder_that_may_not_be_listed_stay_as_they_are_and_the_log_says_so(public_path):
    write_file(public_path / "closed/deep/a.mp4")
    write_file(public_path / "b.mp4")
    folder = make_folder(path=public_path)
    scan_and_finish(folder)
    (public_path / "closed").chmod(0)

    with ordinary_user():
        log = scan_folder(folder=folder)

    assert counts(log) == {"seen": 1, "unchanged": 1}
    assert log.error.startswith("Could not be listed: closed.")
    assert present_paths(folder) == ["b.mp4", "closed/deep/a.mp4"]


def test_a_read_error_is_a_sentence_too(tmp_path, monkeypatch):
    write_file(tmp_path / "a.mp4")
    folder = make_folder(path=tmp_path)

    def fail(path):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("library.services.looking.oshash", fail)
    scan(folder)

    assert folder.files.get().error == (
        "This file can't be read (input/output error): check its disk, then scan again."
    )


def test_a_name_that_is_not_utf_8_makes_the_round_trip(tmp_path):
    path = os.path.join(tmp_path, os.fsdecode(b"fold\xe9r/n\xff.mp4"))
    write_file(path)
    folder = make_folder(path=tmp_path)

    scan(folder)

    assert VideoFile.objects.get(folder=folder).fs_path == path
    assert scan(folder) == {"seen": 1, "unchanged": 1}


def test_a_name_with_a_line_break_makes_the_round_trip(tmp_path):
    path = write_file(tmp_path / "two\nlines.mp4")
    folder = make_folder(path=tmp_path)

    scan(folder)

    file = VideoFile.objects.get(folder=folder)
    assert (file.fs_path, file.shown_name) == (path, r"two\nlines.mp4")


def test_two_paths_of_3000_bytes_that_begin_alike_are_two_files(tmp_path):
    deep = tmp_path.joinpath(*["d" * 200] * 15)
    write_file(deep / "a.mp4")
    write_file(deep / "b.mp4")
    folder = make_folder(path=tmp_path)

    assert scan(folder) == {"seen": 2, "new": 2}
    assert scan(folder) == {"seen": 2, "unchanged": 2}


def test_a_registered_folder_inside_is_left_to_its_own_scan(tmp_path):
    write_file(tmp_path / "inner/a.mp4")
    write_file(tmp_path / "b.mp4")
    inner, outer = make_folder(path=tmp_path / "inner"), make_folder(path=tmp_path)

    assert scan(outer) == {"seen": 1, "new": 1}
    assert scan(inner) == {"seen": 1, "new": 1}


def test_a_scan_of_a_part_sees_and_marks_only_that_part(tmp_path):
    for name in ("part/a.mp4", "part/b.mp4", "part too/c.mp4", "d.mp4"):
        write_file(tmp_path / name)
    folder = make_folder(path=tmp_path)
    scan(folder)
    for name in ("part/a.mp4", "part too/c.mp4", "d.mp4"):
        (tmp_path / name).unlink()
    write_file(tmp_path / "new.mp4")

    assert scan(folder, subpath="part") == {"seen": 1, "unchanged": 1, "missing": 1}
    assert present_paths(folder) == ["d.mp4", "part too/c.mp4", "part/b.mp4"]


def test_a_scan_of_a_part_is_no_scan_of_the_folder(tmp_path):
    write_file(tmp_path / "part/a.mp4")
    folder = make_folder(path=tmp_path)

    scan(folder, subpath="part")

    folder.refresh_from_db()
    assert folder.last_scanned_at is None


def test_a_part_may_have_a_name_that_is_not_utf_8(tmp_path):
    write_file(os.path.join(tmp_path, os.fsdecode(b"p\xe4rt/a.mp4")))
    folder = make_folder(path=tmp_path)
    scan(folder)
    stored = folder.files.get().relative_path.split("/")[0]

    assert scan(folder, subpath=stored) == {"seen": 1, "unchanged": 1}


def test_percent_signs_in_the_name_of_a_part_stand_for_themselves(tmp_path):
    write_file(tmp_path / "100%/a.mp4")
    write_file(tmp_path / "1000/b.mp4")
    folder = make_folder(path=tmp_path)
    scan(folder)

    assert scan(folder, subpath="100%") == {"seen": 1, "unchanged": 1}


def test_a_part_that_is_not_there_fails_with_a_sentence(tmp_path):
    folder = make_folder(path=tmp_path)

    with pytest.raises(FolderUnavailableError, match="There is no folder"):
        scan(folder, subpath="gone")

    assert ScanLog.objects.get().status == ScanStatus.FAILED


def test_a_scan_that_a_crash_left_running_is_closed_by_the_next(tmp_path):
    folder = make_folder(path=tmp_path)
    left = ScanLog.objects.create(folder=folder, started_at="2026-01-01T00:00:00Z")

    scan(folder)

    left.refresh_from_db()
    assert (left.status, left.error) == (ScanStatus.FAILED, "The scan was cut off; a later one took over.")


def test_an_unforeseen_error_closes_the_log_with_a_sentence(tmp_path):
    write_file(tmp_path / "a.mp4")
    folder = make_folder(path=tmp_path)

    with pytest.raises(ZeroDivisionError):
        scan(folder, on_progress=lambda seen: 1 // 0)

    log = ScanLog.objects.get()
    assert log.status == ScanStatus.FAILED
    assert "something unforeseen went wrong (ZeroDivisionError" in log.error


def test_a_scan_that_is_stopped_closes_its_log(tmp_path):
    write_file(tmp_path / "a.mp4")
    folder = make_folder(path=tmp_path)

    def stop(seen):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        scan(folder, on_progress=stop)

    assert (ScanLog.objects.get().status, ScanLog.objects.get().error) == (ScanStatus.FAILED, "The scan was cut off.")
