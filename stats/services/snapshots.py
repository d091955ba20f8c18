"""Taking snapshots, and thinning those that are old."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from django.db import models, transaction
from django.utils import timezone

from library.models import LibrarySettings
from library.services.triage.coverage import record_coverage
from stats.models import ContentSnapshot, LibrarySnapshot, StatsSettings, StorageSnapshot, UsageSnapshot
from stats.services.measuring import content, library, storage, usage

Kind = Literal["storage", "library", "content", "usage"]
KINDS: Mapping[Kind, type[models.Model]] = {
    "storage": StorageSnapshot,
    "library": LibrarySnapshot,
    "content": ContentSnapshot,
    "usage": UsageSnapshot,
}
DAILY: tuple[Kind, ...] = ("library", "content", "usage")


def _storage(now: datetime) -> dict[str, Any]:
    return storage.measure(now=now, derived_every=timedelta(hours=StatsSettings.load().derived_hours))


def _library(now: datetime) -> dict[str, Any]:
    return library.measure(now=now, scan_interval_minutes=LibrarySettings.load().scan_interval_minutes)


def _content(now: datetime) -> dict[str, Any]:
    # The day's rest of the queues is kept for the pace page, too.
    return content.measure(now=now, left=record_coverage().left)


_MEASURES: Mapping[Kind, Callable[[datetime], dict[str, Any]]] = {
    "storage": _storage,
    "library": _library,
    "content": _content,
    "usage": lambda now: usage.measure(now=now),
}


def period_of(kind: Kind, now: datetime) -> dict[str, Any]:
    """What tells a snapshot from others of its kind: the hour or the day in UTC."""
    utc = now.astimezone(UTC)
    if kind == "storage":
        return {"period": utc.replace(minute=0, second=0, microsecond=0)}
    return {"day": utc.date()}


def take_snapshot(kind: Kind, *, now: datetime | None = None) -> Any:
    """Measures and keeps; a second one of the same period takes the first one's place. Returns the row."""
    moment = now or timezone.now()
    values = _MEASURES[kind](moment)
    model: Any = KINDS[kind]
    with transaction.atomic():
        row, _ = model.objects.update_or_create(**period_of(kind, moment), defaults={**values, "taken_at": moment})
    return row


def thin_snapshots(*, now: datetime | None = None) -> dict[str, int]:
    """Of what is older than the settings keep, the first of each month stays; returns how many went, by kind."""
    moment, kept = now or timezone.now(), StatsSettings.load()
    gone: dict[str, int] = {}
    for kind, model in KINDS.items():
        column = "period" if kind == "storage" else "day"
        days = kept.storage_days if kind == "storage" else kept.daily_days
        before = period_of(kind, moment - timedelta(days=days))[column]
        rows: Any = model._default_manager.filter(**{f"{column}__lt": before})
        months = rows.order_by().values(f"{column}__year", f"{column}__month").annotate(first=models.Min(column))
        firsts = [month["first"] for month in months]
        gone[kind] = rows.exclude(**{f"{column}__in": firsts}).delete()[0]
    return gone
