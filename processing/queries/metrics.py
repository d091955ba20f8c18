"""Figures about the work, for monitoring. A fixed number of statements, whatever the number of rows."""

from collections import defaultdict
from dataclasses import dataclass, field

from django.db import connection
from django.db.models import Count, Q, Sum

from library.models import Video, VideoFile
from processing.models.tally import DURATION_BOUNDS, GROUPED
from processing.queries.workers import alive_workers

_ACTIVE = """
    SELECT stage, queue, status, count(*),
           count(*) FILTER (WHERE status = 'running' AND lease_expires_at < statement_timestamp()),
           EXTRACT(EPOCH FROM statement_timestamp() - min(due_at)
                   FILTER (WHERE status = 'pending' AND due_at <= statement_timestamp()))::float8
      FROM processing_job WHERE status IN ('pending', 'running') GROUP BY stage, queue, status
"""
_ENDED = (
    GROUPED.format(source="processing_job")
    + " UNION ALL SELECT stage, queue, status, error_class, jobs, seconds, within FROM processing_jobtally"
)


@dataclass(slots=True)
class Durations:
    """How long the completed jobs of a stage took: for each of DURATION_BOUNDS how many took at most so long."""

    within: list[int] = field(default_factory=lambda: [0] * len(DURATION_BOUNDS))
    jobs: int = 0
    seconds: float = 0.0


@dataclass(slots=True)
class JobFigures:
    """Jobs by what they are. `ended` and `durations` count everything there ever was, deleted rows too.

    `active` by (stage, queue, status), `oldest_seconds` by queue: how long the row that is due longest has waited.
    `ended` by (stage, queue, status), `failures` by (stage, error class).
    """

    active: dict[tuple[str, str, str], int] = field(default_factory=dict)
    expired_leases: int = 0
    oldest_seconds: dict[str, float] = field(default_factory=dict)
    ended: dict[tuple[str, str, str], int] = field(default_factory=lambda: defaultdict(int))
    failures: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    durations: dict[str, Durations] = field(default_factory=lambda: defaultdict(Durations))


@dataclass(frozen=True, slots=True)
class LibraryFigures:
    """Sizes of the library."""

    videos: int
    trashed: int
    files: dict[str, int]
    missing_files: int
    present_bytes: int


def job_figures() -> JobFigures:
    """Two statements: the active rows by their index, and all ended ones, which are read."""
    figures = JobFigures()
    with connection.cursor() as cursor:
        cursor.execute(_ACTIVE)
        for stage, queue, status, count, expired, oldest in cursor.fetchall():
            figures.active[stage, queue, status] = count
            figures.expired_leases += expired
            if oldest is not None:
                figures.oldest_seconds[queue] = max(oldest, figures.oldest_seconds.get(queue, 0.0))
        cursor.execute(_ENDED)
        for stage, queue, status, error_class, jobs, seconds, within in cursor.fetchall():
            figures.ended[stage, queue, status] += int(jobs)
            if status == "completed":
                took = figures.durations[stage]
                took.jobs += int(jobs)
                took.seconds += float(seconds)
                took.within = [a + b for a, b in zip(took.within, within, strict=True)]
            elif status in ("failed", "timed_out"):
                figures.failures[stage, error_class] += int(jobs)
    return figures


def worker_figures() -> dict[str, int]:
    """Living workers by queue; one that serves several counts for each. One statement."""
    alive: dict[str, int] = defaultdict(int)
    for queues in alive_workers():
        for queue in queues:
            alive[queue] += 1
    return alive


def library_figures() -> LibraryFigures:
    """Two statements that read both tables."""
    videos = Video.objects.aggregate(all=Count("pk"), trashed=Count("pk", filter=Q(trashed_at__isnull=False)))
    present, missing = Q(missing_since=None), Q(missing_since__isnull=False)
    files = VideoFile.objects.order_by().values_list("state")
    by_state = list(
        files.annotate(
            there=Count("pk", filter=present),
            gone=Count("pk", filter=missing),
            size=Sum("size_bytes", filter=present),
        )
    )
    return LibraryFigures(
        videos=videos["all"] - videos["trashed"],
        trashed=videos["trashed"],
        files={state: there for state, there, _, _ in by_state},
        missing_files=sum(gone for _, _, gone, _ in by_state),
        present_bytes=sum(size or 0 for _, _, _, size in by_state),
    )
