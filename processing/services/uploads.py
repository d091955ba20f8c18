"""What becomes of uploads that are all there: at once where that goes, else by a job."""

import logging
import time
from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone

from library.exceptions import LibraryError, ScanInProgressError
from library.models import Upload
from library.models.upload import UploadStatus
from library.services.receiving import purge_uploads, take_upload
from processing.services.submit import MANUAL, submit_jobs
from processing.services.triggers import submit_import

logger = logging.getLogger(__name__)

STAGE = "uploads"
_LOOK_SECONDS = 1.0
_LONGEST_SECONDS = 60.0
# The one who sent the last piece takes it in; a job does where that was cut off.
_LEFT_ALONE = timedelta(minutes=2)


def finish_upload(*, upload: Upload) -> Upload:
    """Takes a received upload into the library and has it processed; beside a scan of its folder a job does it later.

    What can't be done now is logged and tried again: the bytes are safe.
    """
    try:
        return _take(upload)
    except (LibraryError, OSError) as error:
        if not isinstance(error, ScanInProgressError):
            logger.warning("The upload %s waits: %s", upload.public_id, error)
        submit_jobs(stage=STAGE, target_ids=[upload.folder_id], folder_id=upload.folder_id, priority=MANUAL)
        upload.refresh_from_db()
        return upload


def take_waiting(*, folder_id: int, report: Callable[[int, int], None]) -> int:
    """Takes in every received upload of a folder; returns how many. Waits a minute for a scan to end.

    Raises ScanInProgressError when that goes on, OSError when the disk is away; then the job is tried again.
    """
    waiting = Upload.objects.filter(folder=folder_id, status=UploadStatus.RECEIVED).select_related("folder", "user")
    taken, total = 0, waiting.count()
    for upload in waiting.order_by("pk"):
        until = time.monotonic() + _LONGEST_SECONDS
        while True:
            try:
                _take(upload)
                break
            except ScanInProgressError:
                report(taken, total)
                if time.monotonic() > until:
                    raise
                time.sleep(_LOOK_SECONDS)
        taken += 1
        report(taken, total)
    return taken


def tend_uploads() -> int:
    """Ends abandoned uploads, and submits those that a crash left waiting; returns how many were ended. The scheduler
    calls it every few minutes."""
    left = Upload.objects.filter(status=UploadStatus.RECEIVED, last_received_at__lt=timezone.now() - _LEFT_ALONE)
    for folder_id in left.values_list("folder_id", flat=True).distinct().order_by("folder_id"):
        submit_jobs(stage=STAGE, target_ids=[folder_id], folder_id=folder_id)
    return purge_uploads()


def _take(upload: Upload) -> Upload:
    def submit(file_ids: list[int]) -> None:
        submit_import(file_ids=file_ids, folder_id=upload.folder_id, priority=MANUAL, requested_by_id=upload.user_id)

    return take_upload(upload=upload, on_found=submit)
