"""Receiving a piece of an upload: from the network straight to the disk."""

import contextlib
import errno
import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection
from django.utils import timezone

from library.exceptions import (
    NoSpaceError,
    UploadBusyError,
    UploadChecksumError,
    UploadError,
    UploadGoneError,
    UploadOffsetError,
)
from library.models import Upload
from library.models.upload import UploadStatus
from library.services.receiving.places import check_room, part_path

_READ_BYTES = 256 * 1024
# A long piece is written down in between, so that little is lost with the connection.
_NOTE_BYTES = 16 * 1024 * 1024
_HEAD_BYTES = 64
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
# (name, first bytes) -> why it is no video, in a sentence, or "".
Judge = Callable[[str, bytes], str]


def offset_of(upload: Upload) -> int:
    """How many bytes are safely there: what is written down, or less where the disk has lost some."""
    if upload.status != UploadStatus.RECEIVING:
        return upload.received_bytes
    try:
        return min(upload.received_bytes, os.stat(part_path(upload)).st_size)
    except OSError:
        return 0


def receive_piece(
    *,
    upload: Upload,
    offset: int,
    length: int,
    read: Callable[[int], bytes],
    sha256: bytes | None = None,
    judge: Judge = lambda name, head: "",
) -> Upload:
    """Writes `length` bytes that `read(at most)` gives to the upload, from `offset` on; returns it as it is then.

    When `read` ends early, what arrived is kept, unless there is a checksum to compare. The piece is on the disk when
    this returns; the last one makes the upload "received". Gives its database connection back while bytes flow.

    Raises UploadOffsetError when the upload is elsewhere, UploadBusyError beside another piece, UploadChecksumError and
    NoSpaceError with nothing of the piece kept, UploadGoneError when the upload is over.
    """
    with _part(upload) as handle:
        # Another process may have gone on, or ended it, before the lock was had.
        upload.refresh_from_db()
        _check(upload, offset, length, os.fstat(handle).st_size)
        check_room(upload.folder, length, besides=upload)
        if not connection.in_atomic_block:
            connection.close()
        try:
            _receive(upload, handle, offset, length, read, sha256, judge)
        except OSError as error:
            _cut(handle, offset)
            if error.errno in _FULL:
                raise NoSpaceError(f"The disk of {upload.folder.name} is full: the owner has to make room.") from None
            raise UploadError(f"The disk of {upload.folder.name} can't be written to ({error.strerror}).") from None
    return upload


@contextmanager
def _part(upload: Upload) -> Iterator[int]:
    """The partial file, open and held: another process that wants it is turned away."""
    path = part_path(upload)
    try:
        Path(path).parent.mkdir(exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
    except OSError as error:
        raise UploadError(f"Nothing can be written into {upload.folder.name} ({error.strerror}).") from None
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UploadBusyError("This file is being sent from another window already.") from None
        yield handle
    finally:
        os.close(handle)


def _check(upload: Upload, offset: int, length: int, on_disk: int) -> None:
    if upload.status != UploadStatus.RECEIVING:
        # Made anew by the opening, if it had been removed.
        if upload.status in (UploadStatus.CANCELLED, UploadStatus.REFUSED, UploadStatus.DONE):
            with contextlib.suppress(OSError):
                os.unlink(part_path(upload))
        raise UploadGoneError(upload.error or f"This upload is over: {upload.get_status_display().lower()}.")
    present = min(upload.received_bytes, on_disk)
    if offset != present:
        if present < upload.received_bytes:
            Upload.objects.filter(pk=upload.pk).update(received_bytes=present)
        raise UploadOffsetError(present)
    if offset + length > upload.size_bytes:
        raise UploadError("There are more bytes than the file was said to have: begin again.")


def _receive(
    upload: Upload,
    handle: int,
    offset: int,
    length: int,
    read: Callable[[int], bytes],
    sha256: bytes | None,
    judge: Judge,
) -> None:
    # What a process that was killed wrote without writing it down.
    _cut(handle, offset)
    os.lseek(handle, offset, os.SEEK_SET)
    digest = hashlib.sha256()
    at, noted, head = offset, offset, b""
    while at < offset + length:
        data = read(min(_READ_BYTES, offset + length - at))
        if not data:
            break
        if at < _HEAD_BYTES:
            head = (head + data)[:_HEAD_BYTES]
        if sha256 is not None:
            digest.update(data)
        _write(handle, data)
        at += len(data)
        if sha256 is None and at - noted >= _NOTE_BYTES:
            _note(upload, handle, at)
            noted = at
    if sha256 is not None and (at < offset + length or digest.digest() != sha256):
        _cut(handle, offset)
        raise UploadChecksumError("A piece arrived damaged; it has to be sent again.")
    if offset == 0 and len(head) >= min(_HEAD_BYTES, upload.size_bytes) and (why := judge(upload.name, head)):
        _refuse(upload, why)
    _note(upload, handle, at)


def _write(handle: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]


def _cut(handle: int, size: int) -> None:
    with contextlib.suppress(OSError):
        os.ftruncate(handle, size)


def _note(upload: Upload, handle: int, received: int) -> None:
    """Writes down how far it is, once that is on the disk. Raises UploadGoneError when it was cancelled meanwhile."""
    os.fdatasync(handle)
    now = timezone.now()
    status = UploadStatus.RECEIVED if received == upload.size_bytes else UploadStatus.RECEIVING
    rows = Upload.objects.filter(pk=upload.pk, status=UploadStatus.RECEIVING)
    if not rows.update(received_bytes=received, last_received_at=now, status=status):
        with contextlib.suppress(OSError):
            os.unlink(part_path(upload))
        raise UploadGoneError("This upload was cancelled.")
    upload.received_bytes, upload.last_received_at, upload.status = received, now, status


def _refuse(upload: Upload, why: str) -> None:
    Upload.objects.filter(pk=upload.pk).update(status=UploadStatus.REFUSED, error=why)
    with contextlib.suppress(OSError):
        os.unlink(part_path(upload))
    raise UploadGoneError(why)
