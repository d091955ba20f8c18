"""Receiving uploads: pieces, their place, duplicates, crashes, full disks. With real files."""

import errno
import hashlib
import io
import os
import random
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from library.exceptions import (
    NoSpaceError,
    ScanInProgressError,
    UploadBusyError,
    UploadChecksumError,
    UploadError,
    UploadGoneError,
    UploadOffsetError,
)
from library.models import Folder, LibrarySettings, Upload, User, Video, VideoFile
from library.models.upload import UploadStatus
from library.services import record_facts, scan_folder
from library.services.receiving import (
    accept_duplicate,
    begin_upload,
    cancel_upload,
    offset_of,
    purge_uploads,
    receive_piece,
    take_upload,
    taking,
)
from library.services.receiving.places import PARTS, part_path
from processing.media.heads import refusal_of
from processing.models import Job
from processing.services.uploads import finish_upload, take_waiting, tend_uploads
from tests.library.factories import LONG_AGO_NS, make_facts, make_file, make_folder, make_user, write_file

pytestmark = pytest.mark.django_db

CONTENT = b"\x00\x00\x00\x18ftypmp42" + random.Random(5).randbytes(500_000)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    root = tmp_path / "films"
    root.mkdir()
    LibrarySettings.objects.create(upload_margin_gb=0, settle_seconds=0)
    return make_folder(path=root, is_default=True, name="Films")


@pytest.fixture
def user(folder: Folder) -> User:
    return make_user(username="ana")


def begin(user: User, *, name: str = "Harbour.mp4", content: bytes = CONTENT, **more: Any) -> Upload:
    return begin_upload(user=user, name=name, size_bytes=len(content), **more)[0]


def send(upload: Upload, offset: int, data: bytes, *, length: int | None = None, **more: Any) -> Upload:
    length = len(data) if length is None else length
    return receive_piece(upload=upload, offset=offset, length=length, read=io.BytesIO(data).read, **more)


def take(upload: Upload, on_found: Callable[[list[int]], None] = lambda ids: None) -> Upload:
    return take_upload(upload=upload, on_found=on_found)


def on_disk(folder: Folder) -> dict[str, bytes]:
    """What people see in the folder."""
    return {path.name: path.read_bytes() for path in Path(folder.fs_path).iterdir() if path.is_file()}


def partials(folder: Folder) -> list[str]:
    place = Path(folder.fs_path) / PARTS
    return sorted(path.name for path in place.iterdir()) if place.exists() else []


# ---- beginning ----------------------------------------------------------------------------
def test_without_a_default_folder_it_is_said_who_helps() -> None:
    with pytest.raises(UploadError, match="owner chooses one"):
        begin(make_user())


def test_a_folder_that_is_away_or_read_only_is_said(folder: Folder, user: User, monkeypatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(UploadError, match="Nothing can be written into Films"):
        begin(user)

    shutil.rmtree(folder.fs_path)
    with pytest.raises(UploadError, match="is not there right now"):
        begin(user)


def test_the_same_file_of_the_same_user_goes_on_and_others_begin_anew(user: User) -> None:
    first = begin(user, content_key="abc-1")

    again, is_new = begin_upload(user=user, name="other.mp4", size_bytes=len(CONTENT), content_key="abc-1")

    assert (again.pk, is_new) == (first.pk, False)
    assert begin(user, content_key="abc-2").pk != first.pk
    assert begin(user, content=CONTENT + b"1", content_key="abc-1").pk != first.pk
    assert begin(make_user(), content_key="abc-1").pk != first.pk


def test_room_is_looked_for_before_and_counts_what_others_have_to_bring(user: User, monkeypatch) -> None:
    usage = shutil.disk_usage("/")._replace(free=3 * len(CONTENT) // 2)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    begin(user)

    with pytest.raises(NoSpaceError, match="not enough room"):
        begin(make_user())


def test_a_name_that_scans_leave_out_is_refused(folder: Folder, user: User) -> None:
    Folder.objects.update(exclude_globs=["*sample*"])

    with pytest.raises(UploadError, match="rename the file"):
        begin(user, name="A sample.mp4")


@pytest.mark.parametrize("size", [0, -1, 2**62])
def test_sizes_that_can_not_be_are_refused(user: User, size: int) -> None:
    with pytest.raises(UploadError):
        begin_upload(user=user, name="a.mp4", size_bytes=size)


# ---- pieces ----------------------------------------------------------------------------
def test_pieces_make_the_file_and_nothing_is_seen_before(folder: Folder, user: User) -> None:
    upload = begin(user)

    for at in range(0, len(CONTENT), 200_000):
        piece = CONTENT[at : at + 200_000]
        send(upload, at, piece, sha256=hashlib.sha256(piece).digest())
        assert on_disk(folder) == {}
        assert scan_folder(folder=folder).files_seen == 0
    take(upload)

    assert upload.status == UploadStatus.DONE
    assert on_disk(folder) == {"Harbour.mp4": CONTENT}
    assert partials(folder) == []


def test_a_piece_from_elsewhere_is_refused_with_the_right_place(user: User) -> None:
    upload = begin(user)
    send(upload, 0, CONTENT[:1000])

    for offset in (0, 999, 1001):
        with pytest.raises(UploadOffsetError) as told:
            send(upload, offset, b"x")
        assert told.value.offset == 1000
    with pytest.raises(UploadError, match="more bytes"):
        send(upload, 1000, CONTENT)


def test_a_damaged_piece_leaves_nothing(folder: Folder, user: User) -> None:
    upload = begin(user)
    send(upload, 0, CONTENT[:1000])

    with pytest.raises(UploadChecksumError):
        send(upload, 1000, b"wrong", sha256=hashlib.sha256(b"right").digest())

    assert offset_of(upload) == 1000
    assert os.stat(part_path(upload)).st_size == 1000


def test_a_connection_that_breaks_keeps_what_arrived_unless_it_can_be_damaged(user: User) -> None:
    upload = begin(user)

    send(upload, 0, CONTENT[:700], length=1000)
    with pytest.raises(UploadChecksumError):
        send(upload, 700, CONTENT[700:800], length=1000, sha256=hashlib.sha256(CONTENT[700:1700]).digest())

    assert offset_of(Upload.objects.get()) == 700


def test_two_windows_on_one_upload_do_not_mix(user: User) -> None:
    upload = begin(user)
    other = Upload.objects.get(pk=upload.pk)
    tried = []

    def read(most: int) -> bytes:
        with pytest.raises(UploadBusyError) as told:
            send(other, 0, b"intruder")
        tried.append(told.value)
        return CONTENT[:1000]

    receive_piece(upload=upload, offset=0, length=1000, read=read)

    assert len(tried) == 1
    assert Path(part_path(upload)).read_bytes() == CONTENT[:1000]
    with pytest.raises(UploadOffsetError):
        send(other, 0, b"intruder")


def test_what_a_killed_process_wrote_without_writing_it_down_is_sent_again(user: User) -> None:
    upload = begin(user)
    send(upload, 0, CONTENT[:1000])
    with open(part_path(upload), "ab") as part:
        part.write(b"half a piece")

    assert offset_of(upload) == 1000
    send(upload, 1000, CONTENT[1000:])
    take(upload)
    assert on_disk(upload.folder) == {"Harbour.mp4": CONTENT}


def test_what_the_disk_lost_is_sent_again(user: User) -> None:
    upload = begin(user)
    send(upload, 0, CONTENT[:1000])
    os.truncate(part_path(upload), 400)

    with pytest.raises(UploadOffsetError) as told:
        send(upload, 1000, CONTENT[1000:])

    assert told.value.offset == 400 == offset_of(Upload.objects.get())


def test_a_disk_that_fills_up_keeps_what_was_there(user: User, monkeypatch) -> None:
    upload = begin(user)
    send(upload, 0, CONTENT[:1000])

    def full(handle: int, data: Any) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(NoSpaceError, match="full"):
        send(upload, 1000, CONTENT[1000:])
    monkeypatch.undo()

    assert offset_of(upload) == 1000
    send(upload, 1000, CONTENT[1000:])


def test_a_disk_that_filled_up_meanwhile_is_noticed_before_a_piece(user: User, monkeypatch) -> None:
    upload = begin(user)
    usage = shutil.disk_usage("/")._replace(free=10)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)

    with pytest.raises(NoSpaceError):
        send(upload, 0, CONTENT)


@pytest.mark.parametrize(
    "head", [b"MZ\x90", b"\x7fELF", b"PK\x03\x04", b"<!DOCTYPE html>", b"#!/bin/sh\n", b"%PDF-1.7"]
)
def test_what_is_no_video_by_its_first_bytes_is_refused_and_removed(folder: Folder, user: User, head: bytes) -> None:
    upload = begin(user)

    with pytest.raises(UploadGoneError, match="is not a video but"):
        send(upload, 0, (head + CONTENT)[:1000], judge=refusal_of)

    assert partials(folder) == []
    assert Upload.objects.get().status == UploadStatus.REFUSED


def test_a_cancelled_upload_takes_no_more_and_leaves_nothing(folder: Folder, user: User) -> None:
    upload = begin(user)
    send(upload, 0, CONTENT[:1000])

    assert cancel_upload(upload=Upload.objects.get())
    with pytest.raises(UploadGoneError):
        send(upload, 1000, CONTENT[1000:])

    assert partials(folder) == []
    assert not cancel_upload(upload=upload)


def test_cancelling_while_a_piece_arrives_leaves_nothing(folder: Folder, user: User) -> None:
    upload = begin(user)

    def read(most: int) -> bytes:
        cancel_upload(upload=Upload.objects.get())
        return CONTENT[:1000]

    with pytest.raises(UploadGoneError):
        receive_piece(upload=upload, offset=0, length=1000, read=read)

    assert partials(folder) == []


# ---- into the library ----------------------------------------------------------------------------
def test_an_upload_becomes_a_video_that_knows_where_it_came_from(folder: Folder, user: User) -> None:
    taken = datetime(2020, 5, 1, tzinfo=UTC)
    upload = begin(user, name="What? A harbour.mp4", modified_at=taken)
    send(upload, 0, CONTENT)
    found: list[int] = []

    take(upload, found.extend)
    file = VideoFile.objects.get(pk=found[0])
    record_facts(file_id=file.pk, mtime_ns=file.mtime_ns, facts=make_facts())

    video = Video.objects.get()
    assert (video.title, video.origin) == ("What? A harbour", "upload")
    assert video.original_file_name == "What? A harbour.mp4"
    assert file.relative_path == "What_ A harbour.mp4"
    assert file.mtime_ns == int(taken.timestamp()) * 10**9
    assert Upload.objects.get().file == file
    log = scan_folder(folder=folder)
    assert (log.files_unchanged, log.files_new) == (1, 0), "a scan finds it as it is known"


def test_nothing_is_overwritten(folder: Folder, user: User) -> None:
    write_file(Path(folder.fs_path) / "Harbour.mp4", content=b"older")
    upload = begin(user)
    send(upload, 0, CONTENT)

    take(upload)

    assert on_disk(folder) == {"Harbour.mp4": b"older", "Harbour (2).mp4": CONTENT}


def test_the_same_content_is_told_and_waits_for_an_answer(folder: Folder, user: User) -> None:
    known = make_file(folder=folder, path=write_file(Path(folder.fs_path) / "old.mp4", content=CONTENT))
    upload = begin(user)
    send(upload, 0, CONTENT)

    take(upload)
    waits = Upload.objects.get()
    names = set(on_disk(folder))
    accept_duplicate(upload=upload)
    take(upload)

    assert (waits.status, waits.file) == (UploadStatus.DUPLICATE, known)
    assert names == {"old.mp4"}
    assert upload.status == UploadStatus.DONE
    assert set(on_disk(folder)) == {"old.mp4", "Harbour.mp4"}


def test_other_content_of_the_same_hash_is_no_duplicate(folder: Folder, user: User) -> None:
    """The hash looks at both ends only."""
    other = CONTENT[:200_000] + bytes(1000) + CONTENT[201_000:]
    make_file(folder=folder, path=write_file(Path(folder.fs_path) / "old.mp4", content=other))
    upload = begin(user)
    send(upload, 0, CONTENT)

    take(upload)

    assert upload.status == UploadStatus.DONE


def test_what_was_missing_is_back_with_its_history(folder: Folder, user: User) -> None:
    path = write_file(Path(folder.fs_path) / "old.mp4", content=CONTENT)
    known = make_file(folder=folder, path=path)
    os.unlink(path)
    VideoFile.objects.update(missing_since=timezone.now())
    upload = begin(user)
    send(upload, 0, CONTENT)

    take(upload)

    known.refresh_from_db()
    assert (known.missing_since, known.relative_path) == (None, "Harbour.mp4")
    assert Upload.objects.get().file == known
    assert VideoFile.objects.count() == 1


def test_beside_a_scan_a_job_takes_it_in_later(folder: Folder, user: User, monkeypatch) -> None:
    upload = begin(user)
    send(upload, 0, CONTENT)
    monkeypatch.setattr("processing.services.uploads._LONGEST_SECONDS", 0)

    def busy(folder: Folder) -> Any:
        raise ScanInProgressError("busy")

    with monkeypatch.context() as patch:
        patch.setattr(taking, "one_at_a_time", busy)
        finish_upload(upload=upload)
        assert Job.objects.get(stage="uploads").target_id == folder.pk
        with pytest.raises(ScanInProgressError):
            take_waiting(folder_id=folder.pk, report=lambda done, total: None)
    taken = take_waiting(folder_id=folder.pk, report=lambda done, total: None)

    assert taken == 1
    assert Upload.objects.get().status == UploadStatus.DONE
    assert Job.objects.filter(stage="probe").count() == 1


@pytest.mark.parametrize("moment", ["before the name", "after the placeholder", "after the rename"])
def test_a_crash_at_any_moment_is_gone_on_from(folder: Folder, user: User, monkeypatch, moment: str) -> None:
    upload = begin(user)
    send(upload, 0, CONTENT)

    class Crash(BaseException):
        pass

    def crash(*args: Any, **kwargs: Any) -> Any:
        raise Crash

    where = {
        "before the name": (taking, "clean_name"),
        "after the placeholder": (Path, "replace"),
        "after the rename": (taking, "Intake"),
    }
    with monkeypatch.context() as patch:
        patch.setattr(*where[moment], crash)
        with pytest.raises(Crash):
            take(upload)
    again = Upload.objects.get()
    take(again)

    assert again.status == UploadStatus.DONE
    assert on_disk(folder) == {"Harbour.mp4": CONTENT}
    assert VideoFile.objects.count() == 1


def test_it_is_taken_in_once(folder: Folder, user: User) -> None:
    upload = begin(user)
    send(upload, 0, CONTENT)
    stale = Upload.objects.get()

    take(upload)
    take(stale)

    assert VideoFile.objects.count() == 1
    assert on_disk(folder) == {"Harbour.mp4": CONTENT}


# ---- looking after them ----------------------------------------------------------------------------
def test_abandoned_uploads_and_stray_partial_files_are_removed(folder: Folder, user: User) -> None:
    old, fresh = begin(user), begin(user)
    for upload in (old, fresh):
        send(upload, 0, CONTENT[:1000])
    Upload.objects.filter(pk=old.pk).update(last_received_at=timezone.now() - timedelta(days=8))
    stray = write_file(Path(folder.fs_path) / PARTS / "00000000-0000-4000-8000-000000000000.part", mtime_ns=LONG_AGO_NS)

    count = purge_uploads()

    assert count == 1
    assert partials(folder) == [f"{fresh.public_id}.part"]
    assert not os.path.exists(stray)


def test_what_a_crash_left_received_is_submitted_again(folder: Folder, user: User) -> None:
    upload = begin(user)
    send(upload, 0, CONTENT)
    Upload.objects.update(last_received_at=timezone.now() - timedelta(minutes=3))

    tend_uploads()

    assert Job.objects.get().stage == "uploads"
