"""What the admin's first page says of the library: from the newest snapshots and those of some days before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from stats.queries.forecast import DiskForecast, forecasts
from stats.queries.series import Point, before, latest, series
from stats.queries.summary import Coverage, coverage_of, percent

DAYS = 7
GROWTH_DAYS = 90
_MOST_POINTS = 60


@dataclass(frozen=True, slots=True)
class Front:
    """The newest snapshots (None before the first) and how it was DAYS ago; `growth` is the number of videos over the
    last GROWTH_DAYS."""

    library: Any
    library_before: Any
    content: Any
    content_before: Any
    storage: Any
    coverage: Sequence[Coverage]
    disks: Sequence[DiskForecast]
    growth: Sequence[Point]

    @property
    def organised_percent(self) -> float:
        return percent(self.content.organised_count, self.content.video_count) if self.content else 0.0

    @property
    def organised_before_percent(self) -> float | None:
        """None without a snapshot of then."""
        row = self.content_before
        return percent(row.organised_count, row.video_count) if row else None

    @property
    def full_on(self) -> date | None:
        """When the first of the disks is full; None where none will be for years, or nobody knows."""
        return min((disk.full_on for disk in self.disks if disk.full_on), default=None)


def load_front(*, now: datetime | None = None) -> Front | None:
    """None before the library was counted, and for an empty one. Seven queries, of one row each but for two series."""
    moment = now or timezone.now()
    library = latest("library", now=moment)
    if library is None or not library.total_count:
        return None
    content = latest("content", now=moment)
    content_before = before("content", days=DAYS, now=moment) if content else None
    return Front(
        library,
        before("library", days=DAYS, now=moment),
        content,
        content_before,
        latest("storage", now=moment),
        coverage_of(content, content_before) if content else (),
        forecasts(now=moment),
        series("library", "total_count", days=GROWTH_DAYS, now=moment, most=_MOST_POINTS).points,
    )
