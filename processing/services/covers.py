"""Having a cover taken out of a video. Loads no decoder."""

from django.contrib.auth.base_user import AbstractBaseUser

from processing.models import Job
from processing.models.job import TargetKind
from processing.services.submit import MANUAL, submit_jobs

STAGE = "cover"


def request_cover(*, video_id: int, seconds: float, requested_by: AbstractBaseUser | None = None) -> int:
    """Has the picture shown at `seconds` made the cover, soon and by a worker; returns how many jobs were made."""
    return submit_jobs(
        stage=STAGE,
        target_ids=[video_id],
        priority=MANUAL,
        # Two places of one video are two wishes; the one asked for last is done last.
        variant=f"{seconds:.3f}",
        params={"seconds": seconds},
        requested_by_id=requested_by.pk if requested_by is not None else None,
    )


def last_cover_job(video_id: int) -> Job | None:
    """The cover that was asked for last, done or not."""
    jobs = Job.objects.filter(target_kind=TargetKind.VIDEO, target_id=video_id, stage=STAGE)
    return jobs.order_by("-pk").first()
