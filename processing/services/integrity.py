"""Which files are due to be read again. Loads no decoder."""

import math
from datetime import timedelta

from django.db.models import Exists, OuterRef
from django.utils import timezone

from library.models import VideoFile
from library.models.file import VideoFileQuerySet
from processing.models import FileCheck, Job, ProcessingSettings
from processing.models.job import ACTIVE
from processing.services.control import rerun_files
from processing.services.submit import IDLE

# The share of a day is handed out in so many parts, so that other work of a whole night doesn't wait behind it.
_PARTS_OF_DAY = 24


def files_to_verify(*, older_than_days: float | None = None) -> VideoFileQuerySet:
    """Present files in the library that were never verified, or not for so many days (None: any), as a query."""
    files = VideoFile.objects.present().filter(trashed_at=None, folder__removed_at=None)
    if older_than_days is None:
        return files
    since = timezone.now() - timedelta(days=older_than_days)
    return files.exclude(Exists(FileCheck.objects.filter(file=OuterRef("pk"), verified_at__gte=since)))


def oldest_first(files: VideoFileQuerySet, limit: int) -> list[int]:
    """Ids of at most `limit` of the files: those never verified, then those whose last time is longest ago."""
    never = FileCheck.objects.filter(file=OuterRef("pk"), verified_at__isnull=False)
    ids = list(files.exclude(Exists(never)).order_by("pk").values_list("pk", flat=True)[:limit])
    if len(ids) < limit:
        known = files.filter(check_state__verified_at__isnull=False).order_by("check_state__verified_at", "pk")
        ids += known.values_list("pk", flat=True)[: limit - len(ids)]
    return ids


def submit_due_verifications() -> int:
    """Submits the next part of the day's share of the library, the oldest first; returns how many. Called hourly.

    Counts what was verified in the last day and what waits already, so that neither a restart nor slow disks make it
    more than the share.
    """
    percent = ProcessingSettings.load().verify_percent_per_day
    if percent <= 0:
        return 0
    files = files_to_verify()
    share = math.ceil(files.count() * percent / 100)
    since = timezone.now() - timedelta(days=1)
    done = FileCheck.objects.filter(verified_at__gte=since).count()
    waiting = Job.objects.filter(stage="verify", status__in=ACTIVE).count()
    number = min(share - done - waiting, math.ceil(share / _PARTS_OF_DAY))
    if number <= 0:
        return 0
    busy = Job.objects.filter(stage="verify", target_kind="file", target_id=OuterRef("pk"), status__in=ACTIVE)
    return rerun_files(
        file_ids=oldest_first(files_to_verify(older_than_days=1).exclude(Exists(busy)), number),
        stage="verify",
        priority=IDLE,
    )
