"""Figures of conversions, for pages and commands."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, F, Q, Sum
from django.db.models.functions import TruncWeek
from django.utils import timezone

from processing.models import Conversion, JobStatus


@dataclass(frozen=True, slots=True)
class Totals:
    """Over all conversions that are over; bytes. `saved_bytes` may be negative."""

    completed: int
    failed: int
    waiting: int
    running: int
    bytes_before: int
    bytes_after: int

    @property
    def saved_bytes(self) -> int:
        """How much smaller the outputs are than their sources."""
        return self.bytes_before - self.bytes_after


@dataclass(frozen=True, slots=True)
class Week:
    """What was saved in the week that begins on that Monday."""

    begins_on: date
    count: int
    saved_bytes: int


def conversion_totals() -> Totals:
    """One query over all conversions."""
    done = Q(status=JobStatus.COMPLETED, output_bytes__isnull=False)
    numbers = Conversion.objects.aggregate(
        completed=Count("pk", filter=Q(status=JobStatus.COMPLETED)),
        failed=Count("pk", filter=Q(status__in=(JobStatus.FAILED, JobStatus.TIMED_OUT))),
        waiting=Count("pk", filter=Q(status=JobStatus.PENDING)),
        running=Count("pk", filter=Q(status=JobStatus.RUNNING)),
        bytes_before=Sum("source_bytes", filter=done, default=0),
        bytes_after=Sum("output_bytes", filter=done, default=0),
    )
    return Totals(**numbers)


def saved_by_week(*, weeks: int = 26) -> list[Week]:
    """Those of the last weeks in which something was converted, the oldest first; one query over an index."""
    since = timezone.now() - timedelta(weeks=weeks)
    done = Conversion.objects.filter(status=JobStatus.COMPLETED, output_bytes__isnull=False, finished_at__gte=since)
    rows = (
        done.annotate(week=TruncWeek("finished_at"))
        .order_by()
        .values("week")
        .annotate(count=Count("pk"), saved=Sum(F("source_bytes") - F("output_bytes")))
        .order_by("week")
    )
    return [Week(row["week"].date(), row["count"], row["saved"]) for row in rows]
