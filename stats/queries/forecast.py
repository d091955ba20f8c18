"""When a disk will be full."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import Max
from django.db.models.functions import TruncDay
from django.utils import timezone

from stats.models import StorageSnapshot

# What counts is how it went lately; fewer days than this say nothing.
_LOOKED_AT_DAYS = 60
_FEWEST_DAYS = 3.0
# Further away than that it is only said that it lasts for years.
_FURTHEST_DAYS = 3650


@dataclass(frozen=True, slots=True)
class DiskForecast:
    """A disk, its room in bytes, what goes a day (None while too little is known; negative where it becomes emptier),
    and the day on which nothing is left (None where that isn't within ten years, or isn't known)."""

    path: str
    folders: Sequence[str]
    total_bytes: int
    free_bytes: int
    bytes_a_day: float | None
    full_on: date | None

    @property
    def used_percent(self) -> float:
        """0 to 100."""
        return round(100 * (1 - self.free_bytes / self.total_bytes), 1) if self.total_bytes else 0.0


def forecasts(*, now: datetime | None = None) -> list[DiskForecast]:
    """For each disk of the newest snapshot: a line through its free room of the last 60 days, a point for the end of
    each. One query."""
    moment = now or timezone.now()
    rows = StorageSnapshot.objects.filter(period__gte=moment - timedelta(days=_LOOKED_AT_DAYS), period__lte=moment)
    ends = rows.order_by().values(day=TruncDay("period", tzinfo=UTC)).annotate(end=Max("period")).values("end")
    found_rows = StorageSnapshot.objects.filter(period__in=ends).order_by("period")
    taken: list[tuple[datetime, list[dict[str, Any]]]] = list(found_rows.values_list("period", "disks"))
    if not taken:
        return []
    found = []
    for disk in taken[-1][1]:
        # A disk is known by its place and size: a larger one in the same place begins anew.
        points = [
            (at.timestamp() / 86400, other["free_bytes"])
            for at, disks in taken
            for other in disks
            if other["path"] == disk["path"] and other["total_bytes"] == disk["total_bytes"]
        ]
        slope = slope_of(points) if points[-1][0] - points[0][0] >= _FEWEST_DAYS else None
        found.append(
            DiskForecast(
                disk["path"],
                disk["folders"],
                disk["total_bytes"],
                disk["free_bytes"],
                -slope if slope is not None else None,
                _full_on(disk["free_bytes"], slope, taken[-1][0]),
            )
        )
    return found


def slope_of(points: Sequence[tuple[float, float]]) -> float:
    """The slope of the line that is nearest to the points (least squares); 0 for points of one time."""
    middle_x = sum(x for x, _ in points) / len(points)
    middle_y = sum(y for _, y in points) / len(points)
    spread = sum((x - middle_x) ** 2 for x, _ in points)
    return sum((x - middle_x) * (y - middle_y) for x, y in points) / spread if spread else 0.0


def _full_on(free: int, slope: float | None, since: datetime) -> date | None:
    if slope is None or slope >= 0:
        return None
    days = free / -slope
    return (since.astimezone(UTC) + timedelta(days=days)).date() if days <= _FURTHEST_DAYS else None
