"""Giving a file that is all there its name, and the library its row."""

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

from library.exceptions import UploadError
from library.hashing import oshash
from library.models import ScanLog, Upload, VideoFile
from library.models.upload import UploadStatus
from library.paths import decode_path, encode_path
from library.services.intake import Intake, Known
from library.services.receiving.begin import find_known
from library.services.receiving.names import clean_name, names_from
from library.services.receiving.places import part_path
from library.services.turns import one_at_a_time
from library.services.walk import FoundFile, mtime_ns

# Files up to here are compared whole with what looks the same, larger ones in places.
_WHOLE_BYTES = 256 * 1024 * 1024
_BLOCK_BYTES = 64 * 1024
_PLACES = 64


def take_upload(*, upload: Upload, on_found: Callable[[list[int]], None]) -> Upload:
    """Takes a received upload into the library; `on_found` gets the id of the file to probe, in the transaction that
    wrote it.

    A file that the library has already becomes "duplicate" and waits for an answer, unless that was given before. May
    be called again after a crash at any moment. Raises ScanInProgressError beside a scan of its folder, UploadError
    when its bytes are gone, OSError when the disk is away.
    """
    with one_at_a_time(upload.folder):
        # Another process may have taken it in before.
        upload.refresh_from_db()
        if upload.status == UploadStatus.RECEIVED:
            _take_received(upload, on_found)
    return upload


def _take_received(upload: Upload, on_found: Callable[[list[int]], None]) -> None:
    part = part_path(upload)
    if not _is_placed(upload, part):
        _check_part(upload, part)
        known = None if upload.is_duplicate_accepted else _same_as(upload, part)
        if known is not None:
            _set(upload, status=UploadStatus.DUPLICATE, file=known)
            return
        _place(upload, part)
    _take(upload, on_found)


def _final(upload: Upload) -> str:
    return os.path.join(upload.folder.fs_path, decode_path(upload.relative_path))


def _is_placed(upload: Upload, part: str) -> bool:
    """Whether it had its name already, before a crash."""
    if not upload.relative_path or os.path.exists(part):
        return False
    try:
        return os.stat(_final(upload)).st_size == upload.size_bytes
    except OSError:
        return False


def _check_part(upload: Upload, part: str) -> None:
    try:
        size = os.stat(part).st_size
    except FileNotFoundError:
        size = 0
    if size == upload.size_bytes:
        return
    # The disk lost some of it: the sender goes on from there.
    _set(upload, status=UploadStatus.RECEIVING, received_bytes=min(size, upload.size_bytes))
    raise UploadError("A part of the file got lost on the disk: it has to be sent again.")


def _same_as(upload: Upload, part: str) -> VideoFile | None:
    known = find_known(size_bytes=upload.size_bytes, oshash=oshash(part))
    try:
        return known if known is not None and _is_same(part, known.fs_path) else None
    except OSError:
        return None


def _is_same(first: str, second: str) -> bool:
    with open(first, "rb", buffering=0) as one, open(second, "rb", buffering=0) as other:
        size = os.fstat(one.fileno()).st_size
        if os.fstat(other.fileno()).st_size != size:
            return False
        step = _BLOCK_BYTES if size <= _WHOLE_BYTES else max(_BLOCK_BYTES, size // _PLACES)
        return all(
            os.pread(one.fileno(), _BLOCK_BYTES, at) == os.pread(other.fileno(), _BLOCK_BYTES, at)
            for at in range(0, size, step)
        )


def _place(upload: Upload, part: str) -> None:
    """Renames it to a name that nothing has; what has one is never overwritten. The name is written down before, so
    that after a crash it is known for its own."""
    if upload.modified_at is not None:
        moment = int(upload.modified_at.timestamp() * 1_000_000_000)
        with contextlib.suppress(OSError):
            os.utime(part, ns=(moment, moment))
    if upload.relative_path and _is_own_placeholder(upload):
        Path(part).replace(_final(upload))
        return
    for name in names_from(clean_name(upload.name)):
        final = os.path.join(upload.folder.fs_path, name)
        if os.path.lexists(final):
            continue
        _set(upload, relative_path=encode_path(name))
        try:
            os.close(os.open(final, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o644))
        except FileExistsError:
            continue
        Path(part).replace(final)
        break
    with contextlib.suppress(OSError):
        folder = os.open(upload.folder.fs_path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _is_own_placeholder(upload: Upload) -> bool:
    try:
        return os.lstat(_final(upload)).st_size == 0
    except OSError:
        return False


def _take(upload: Upload, on_found: Callable[[list[int]], None]) -> None:
    """Writes the row as a scan would, so that content which was missing gets its old row back."""
    final = _final(upload)
    status = os.stat(final)
    found = FoundFile(upload.relative_path, final, status.st_size, mtime_ns(status))

    def found_new(file_ids: list[int]) -> None:
        _set(upload, status=UploadStatus.DONE, file_id=file_ids[0])
        on_found(file_ids)

    intake = Intake(folder=upload.folder, log=ScanLog(folder=upload.folder), on_found=found_new)
    intake.take([found], _known(upload))
    if upload.status != UploadStatus.DONE:
        here = VideoFile.objects.present().filter(folder=upload.folder, relative_path=upload.relative_path)
        _set(upload, status=UploadStatus.DONE, file_id=here.values_list("pk", flat=True).first())


def _known(upload: Upload) -> dict[str, Known]:
    """What was at that path before."""
    rows = VideoFile.objects.filter(folder=upload.folder, relative_path=upload.relative_path)
    columns = rows.order_by("-missing_since").values_list("pk", "size_bytes", "mtime_ns", "missing_since", "oshash")
    row = columns.first()
    return {upload.relative_path: Known(*row[:4], row[4] == "")} if row is not None else {}


def _set(upload: Upload, **values: object) -> None:
    Upload.objects.filter(pk=upload.pk).update(**values)
    for name, value in values.items():
        setattr(upload, name, value)
