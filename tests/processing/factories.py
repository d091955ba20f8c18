"""Rows for tests of the engine. Every argument is keyword-only."""

import itertools
from datetime import timedelta
from typing import Any

from django.db.models.functions import Now

from library.models import VideoFile
from processing.models import Job, JobStatus
from processing.services.claim import worker_name
from processing.stages import get_stage

_numbers = itertools.count(1_000_000)


def make_job(*, stage: str = "probe", file: VideoFile | None = None, **columns: Any) -> Job:
    """A waiting job; its target is the file, or one that doesn't exist. `status="running"` brings worker and lease."""
    known = get_stage(stage)
    values: dict[str, Any] = {
        "stage": stage,
        "queue": known.queue,
        "target_kind": known.target_kind,
        "target_id": file.pk if file else next(_numbers),
        "folder": file.folder if file else None,
        "max_attempts": known.max_attempts,
    }
    if columns.get("status") == JobStatus.RUNNING:
        values |= {"worker": worker_name(), "attempts": 1, "lease_expires_at": Now() + timedelta(seconds=30)}
    job = Job.objects.create(**values | columns)
    job.refresh_from_db()
    return job
