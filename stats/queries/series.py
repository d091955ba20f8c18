"""Figures over time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import models
from django.utils import timezone

from stats.services.snapshots import KINDS, Kind

MOST_DAYS = 3650
MOST_POINTS = 1000


class NoSuchSeriesError(ValueError):
    """A kind or a field that no snapshot has; the text is a sentence."""


@dataclass(frozen=True, slots=True)
class Point:
    """A figure of a day, or of an hour; `at` is ISO 8601 in UTC."""

    at: str
    value: float | int


@dataclass(frozen=True, slots=True)
class Series:
    """The points of one field, the oldest first; a period without a snapshot has none."""

    kind: Kind
    field: str
    label: str
    unit: str
    points: Sequence[Point]


# How the numbers of a snapshot are called on pages, and what they count.
_SPOKEN = {"id", "taken_at", "created_at", "updated_at", "day", "period", "derived_at"}
_NUMBERS = (models.IntegerField, models.FloatField)


def kind_of(text: str) -> Kind:
    """Raises NoSuchSeriesError."""
    for kind in KINDS:
        if kind == text:
            return kind
    raise NoSuchSeriesError(f"There are no snapshots called “{text}”; there are {', '.join(KINDS)}.")


def fields_of(kind: Kind) -> Mapping[str, str]:
    """The numbers of a kind of snapshot: field -> name in words."""
    return {
        field.name: str(field.verbose_name)[:1].upper() + str(field.verbose_name)[1:]
        for field in KINDS[kind]._meta.concrete_fields
        if isinstance(field, _NUMBERS) and field.name not in _SPOKEN
    }


def unit_of(field: str) -> str:
    """bytes, seconds, percent or count."""
    if field.endswith("_bytes"):
        return "bytes"
    if field.endswith("_seconds"):
        return "seconds"
    return "percent" if field == "average_completion" else "count"


def series(
    kind: str,
    field: str,
    *,
    days: int = 30,
    ended_days_ago: int = 0,
    now: datetime | None = None,
    most: int = MOST_POINTS,
) -> Series:
    """A field's points of the last `days` days, at most `most` of them: evenly left out where there are more. With
    `ended_days_ago`, of as many days that ended then: the range before, to compare with.

    Raises NoSuchSeriesError. One query.
    """
    known_kind = kind_of(kind)
    known = fields_of(known_kind)
    if field not in known:
        raise NoSuchSeriesError(f"Snapshots of the {kind} have no number called “{field}”.")
    end = (now or timezone.now()) - timedelta(days=min(max(ended_days_ago, 0), MOST_DAYS))
    rows = _of_days(known_kind, days, end).order_by(_column(kind)).values_list(_column(kind), field)
    found = [Point(at.isoformat(), value) for at, value in rows]
    return Series(known_kind, field, known[field], unit_of(field), thinned(found, most))


def history(kind: str, *, days: int = 30, limit: int = 100, now: datetime | None = None) -> list[dict[str, Any]]:
    """Whole snapshots of the last `days` days, the newest first. Raises NoSuchSeriesError. One query."""
    rows = _of_days(kind_of(kind), days, now or timezone.now())
    return [as_dict(row) for row in rows.order_by(f"-{_column(kind)}")[:limit]]


def latest(kind: Kind, *, now: datetime | None = None) -> Any:
    """The newest snapshot; None before the first. Those of later than now come of a clock that was ahead, and don't
    count. One query."""
    return before(kind, days=0, now=now)


def before(kind: Kind, *, days: int, now: datetime | None = None) -> Any:
    """The newest snapshot that is at least `days` days old, to compare with; None without one. One query."""
    column, until = _column(kind), (now or timezone.now()) - timedelta(days=days)
    return KINDS[kind]._default_manager.filter(**{f"{column}__lte": _bound(kind, until)}).order_by(f"-{column}").first()


def as_dict(row: Any) -> dict[str, Any]:
    """All fields of a snapshot as JSON takes them, without those that only the database needs."""
    values = {
        field.name: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if field.name not in ("id", "created_at", "updated_at")
    }
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in values.items()}


def thinned(points: Sequence[Point], most: int) -> Sequence[Point]:
    """At most `most` of them, spread evenly; the first and the last always stay."""
    if len(points) <= most or most < 2:
        return points
    step = (len(points) - 1) / (most - 1)
    return [points[round(number * step)] for number in range(most)]


def _column(kind: str) -> str:
    return "period" if kind == "storage" else "day"


def _bound(kind: str, moment: datetime) -> datetime | date:
    return moment if kind == "storage" else moment.astimezone(UTC).date()


def _of_days(kind: Kind, days: int, end: datetime) -> "models.QuerySet[Any]":
    """Those of the `days` days that end then."""
    column, since = _column(kind), end - timedelta(days=min(max(days, 1), MOST_DAYS))
    return KINDS[kind]._default_manager.filter(
        **{f"{column}__gte": _bound(kind, since), f"{column}__lte": _bound(kind, end)}
    )
