"""What a person does to conversions: cancel, try again, throw the output away."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from library.services.trash import Trashed, trash
from processing.models import Conversion, Job, JobStatus
from processing.models.conversion import CONVERSION_STAGE
from processing.models.job import TargetKind
from processing.services.control import cancel_jobs
from processing.services.submit import MANUAL, submit_jobs

_ENDED_BADLY = (JobStatus.FAILED, JobStatus.TIMED_OUT, JobStatus.CANCELLED)


def cancel_conversions(*, conversion_ids: Iterable[int], user: Any = None) -> int:
    """Takes waiting and running ones out; returns how many. FFmpeg ends within seconds, and what it wrote goes."""
    ids = list(conversion_ids)
    with transaction.atomic():
        wanted = list(Conversion.objects.active().filter(pk__in=ids).order_by("pk").values_list("pk", flat=True))
        jobs = Job.objects.active().filter(
            target_kind=TargetKind.CONVERSION, target_id__in=wanted, stage=CONVERSION_STAGE
        )
        cancel_jobs(job_ids=list(jobs.values_list("pk", flat=True)), requested_by=user)
        # One whose job was lost would wait for ever.
        who = f" by {user.get_username()}" if user is not None else ""
        Conversion.objects.active().filter(pk__in=wanted).update(
            status=JobStatus.CANCELLED, finished_at=Now(), error=f"Cancelled{who}."
        )
    return len(wanted)


def retry_conversions(*, conversion_ids: Iterable[int], user: Any = None) -> int:
    """Submits anew what failed or was cancelled, by the settings it was asked for with; returns how many.

    Left alone are those whose video or file is gone, and those whose like waits or runs.
    """
    with transaction.atomic():
        same = Conversion.objects.active().filter(video=OuterRef("video"), preset_key=OuterRef("preset_key"))
        rows = Conversion.objects.filter(
            ~Exists(same),
            pk__in=list(conversion_ids),
            status__in=_ENDED_BADLY,
            video__trashed_at=None,
            source_file__isnull=False,
        )
        # Of two of one kind only the newest.
        latest: dict[tuple[int | None, str], int] = {}
        for row in rows.select_for_update(of=("self",)).order_by("pk"):
            latest[row.video_id, row.preset_key] = row.pk
        chosen = sorted(latest.values())
        Conversion.objects.filter(pk__in=chosen).update(percent=0, speed=None, left_seconds=None, attempts=[], notes=[])
        return submit_jobs(
            stage=CONVERSION_STAGE, target_ids=chosen, priority=MANUAL, requested_by_id=user.pk if user else None
        )


def delete_outputs(*, conversion_ids: Iterable[int], user: Any = None) -> Trashed:
    """Puts the files that conversions made into the trash. One change batch.

    Raises LibraryError for the only file of a video that is left.
    """
    made = Conversion.objects.filter(pk__in=list(conversion_ids), output_file__trashed_at=None)
    ids = [pk for pk in made.values_list("output_file_id", flat=True) if pk is not None]
    return trash(kind="file", ids=ids, user=user)


def cancel_for_videos(video_ids: Iterable[int]) -> None:
    """Nobody wants another file of what is in the trash."""
    rows = Conversion.objects.active().filter(video__in=list(video_ids))
    cancel_conversions(conversion_ids=rows.values_list("pk", flat=True))


def cancel_for_files(file_ids: Iterable[int]) -> None:
    """Their source is in the trash."""
    rows = Conversion.objects.active().filter(source_file__in=list(file_ids), output_file=None)
    cancel_conversions(conversion_ids=rows.values_list("pk", flat=True))
