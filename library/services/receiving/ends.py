"""How uploads end otherwise than in the library."""

import contextlib
import os
import uuid
from datetime import timedelta

from django.utils import timezone

from library.models import Folder, LibrarySettings, Upload
from library.models.upload import UNFINISHED, UploadStatus
from library.services.receiving.places import PARTS, part_path

# Rows of finished uploads are of no use for longer.
_ROWS_KEPT = timedelta(days=30)


def cancel_upload(*, upload: Upload) -> bool:
    """Ends an unfinished upload and removes its bytes; False when it had ended before, or has its name already."""
    unfinished = Upload.objects.filter(pk=upload.pk, status__in=UNFINISHED, relative_path="")
    if not unfinished.update(status=UploadStatus.CANCELLED):
        return False
    _remove(part_path(upload))
    upload.status = UploadStatus.CANCELLED
    return True


def accept_duplicate(*, upload: Upload) -> bool:
    """The user wants it although the library has the same: it may be taken in. False when that wasn't the question."""
    rows = Upload.objects.filter(pk=upload.pk, status=UploadStatus.DUPLICATE)
    if not rows.update(status=UploadStatus.RECEIVED, is_duplicate_accepted=True, file=None):
        return False
    upload.refresh_from_db()
    return True


def purge_uploads() -> int:
    """Ends uploads that nobody went on with for the settings' days, and removes old rows and partial files that no row
    knows; returns how many uploads were ended. The scheduler calls it."""
    now = timezone.now()
    before = now - timedelta(days=LibrarySettings.load().upload_days)
    waiting = (UploadStatus.RECEIVING, UploadStatus.DUPLICATE)
    stale = Upload.objects.filter(status__in=waiting, last_received_at__lt=before).select_related("folder")
    count = sum(cancel_upload(upload=upload) for upload in stale)
    Upload.objects.exclude(status__in=UNFINISHED).filter(last_received_at__lt=now - _ROWS_KEPT).delete()
    for folder in Folder.objects.in_library():
        _remove_strays(folder, before.timestamp())
    return count


def _remove_strays(folder: Folder, before: float) -> None:
    """Partial files without a row: of users that were deleted, or from before a restore."""
    try:
        with os.scandir(os.path.join(folder.fs_path, PARTS)) as listing:
            found = {entry.name: entry.path for entry in listing if entry.name.endswith(".part")}
    except OSError:
        return
    ids = {}
    for name in found:
        with contextlib.suppress(ValueError):
            ids[uuid.UUID(name.removesuffix(".part"))] = name
    for known in Upload.objects.filter(public_id__in=ids, status__in=UNFINISHED).values_list("public_id", flat=True):
        found.pop(ids[known], None)
    for path in found.values():
        with contextlib.suppress(OSError):
            if os.stat(path).st_mtime < before:
                os.unlink(path)


def _remove(path: str) -> None:
    with contextlib.suppress(OSError):
        os.unlink(path)
