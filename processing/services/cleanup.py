"""Cleaning up the storages: by the stage `cleanup` once a day, and by `manage.py cleanup_storage`."""

from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone

from library.services.sweeping import Sweep, sweep
from processing.models import Job, ProcessingSettings
from processing.models.job import TargetKind
from processing.services.conversions.leftovers import remove_leftovers
from processing.services.submit import IDLE, submit_jobs

# The only target of a stage that is about everything.
WHOLE_LIBRARY = 1
_AGAIN_AFTER = timedelta(hours=20)


def clean_up(*, dry_run: bool = False, report: Callable[[int, int], None] = lambda done, total: None) -> Sweep:
    """Removes every derived file and every upload that has no owner and is older than the settings' grace time, and
    what conversions left that were cut off."""
    if not dry_run:
        remove_leftovers()
    grace = timedelta(hours=ProcessingSettings.load().cleanup_grace_hours)
    return sweep(grace=grace, dry_run=dry_run, report=report)


def submit_cleanup() -> int:
    """Submits the stage unless it has run lately; returns how many jobs were made."""
    lately = Job.objects.filter(
        target_kind=TargetKind.LIBRARY,
        target_id=WHOLE_LIBRARY,
        stage="cleanup",
        finished_at__gte=timezone.now() - _AGAIN_AFTER,
    )
    return 0 if lately.exists() else submit_jobs(stage="cleanup", target_ids=[WHOLE_LIBRARY], priority=IDLE)
