"""Figures of one person, studio, tag or folder, and of one user's year, asked when somebody looks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import ExtractHour, ExtractIsoWeekDay, TruncMonth
from django.utils import timezone

from library.models import Tag, User, Video, VideoFile, VideoTag
from library.services.tags import descendant_ids
from people.models import Creator, Credit, Studio, VideoStudio
from playback.models import PlayCount, Watch

Entity = Literal["creator", "studio", "tag", "folder"]
_MONTHS = 24
_TOP = 10


@dataclass(frozen=True, slots=True)
class Month:
    """How many videos were linked in a month, and how many there were by its end."""

    month: date
    added: int
    total: int


@dataclass(frozen=True, slots=True)
class Numbers:
    """Of videos outside the trash: how many, how long (s), how large (bytes), how often and how long (s) all users
    watched them, and their number over the last two years."""

    videos: int
    seconds: float
    size_bytes: int
    plays: int
    watch_seconds: float
    months: Sequence[Month]


def numbers_of(kind: Entity, key: int) -> Numbers:
    """Of a person, a studio, a tag (with what lies below it) or a folder by its row id. Three queries, four for a
    tag."""
    links = _links(kind, key)
    videos = Video.objects.in_library().filter(pk__in=links.values("video"))
    totals = videos.aggregate(n=Count("pk"), seconds=Sum("duration_seconds"), size=Sum("size_bytes"))
    plays = PlayCount.objects.filter(video__in=videos.values("pk"))
    watched = plays.aggregate(plays=Sum("play_count"), seconds=Sum("total_watch_seconds"))
    dated = links.filter(video__trashed_at=None).order_by()
    months = dated.annotate(month=TruncMonth("created_at")).values("month").annotate(n=Count("video", distinct=True))
    counted = [(row["month"].date(), row["n"]) for row in months.order_by("month")]
    return Numbers(
        totals["n"],
        totals["seconds"] or 0.0,
        totals["size"] or 0,
        watched["plays"] or 0,
        watched["seconds"] or 0.0,
        _summed(counted),
    )


def _links(kind: Entity, key: int) -> "QuerySet[Any]":
    if kind == "creator":
        return Credit.objects.filter(creator=key)
    if kind == "studio":
        return VideoStudio.objects.filter(studio=key)
    if kind == "tag":
        return VideoTag.objects.filter(tag__in=descendant_ids([key]))
    return VideoFile.objects.filter(folder=key, video__isnull=False)


def _summed(counted: Sequence[tuple[date, int]]) -> list[Month]:
    """With the sum up to each month, and those between in which nothing was added; the latest two years of them."""
    months: list[Month] = []
    for month, added in counted:
        while months and (following := _following(months[-1].month)) < month:
            months.append(Month(following, 0, months[-1].total))
        months.append(Month(month, added, added + (months[-1].total if months else 0)))
    return months[-_MONTHS:]


def _following(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


@dataclass(frozen=True, slots=True)
class Year:
    """What one user watched in a year of their own days. `hours` are seconds by day of the week (Monday first) and
    hour; `months` seconds of each month; the tops are (thing, seconds)."""

    year: int
    years: Sequence[int]
    seconds: float
    sittings: int
    videos: int
    completed: int
    months: Sequence[float]
    hours: Sequence[Sequence[float]]
    top_videos: Sequence[tuple[Video, float]]
    top_people: Sequence[tuple[Creator, float]]
    top_studios: Sequence[tuple[Studio, float]]
    top_tags: Sequence[tuple[Tag, float]]


def year_of(user: User, year: int) -> Year:
    """Twelve queries over the user's own sittings of one year."""
    mine = Watch.objects.filter(user=user)
    span = (
        timezone.make_aware(datetime(year, 1, 1)),
        timezone.make_aware(datetime(year + 1, 1, 1)),
    )
    rows = mine.filter(watched_at__gte=span[0], watched_at__lt=span[1])
    totals = rows.aggregate(
        seconds=Sum("watched_seconds"),
        sittings=Count("pk"),
        videos=Count("video", distinct=True),
        completed=Count("video", distinct=True, filter=Q(is_completed=True)),
    )
    months, hours = [0.0] * 12, [[0.0] * 24 for _ in range(7)]
    by_month = rows.annotate(month=TruncMonth("watched_at")).values_list("month").annotate(s=Sum("watched_seconds"))
    for month, seconds in by_month.order_by():
        months[month.month - 1] += seconds
    by_hour = rows.annotate(day=ExtractIsoWeekDay("watched_at"), hour=ExtractHour("watched_at"))
    for day, hour, seconds in by_hour.values_list("day", "hour").annotate(s=Sum("watched_seconds")).order_by():
        hours[day - 1][hour] = seconds
    first = mine.order_by("watched_at").values_list("watched_at", flat=True).first()
    this = timezone.localdate().year
    begun = timezone.localtime(first).year if first else this
    return Year(
        year,
        range(this, min(begun, this) - 1, -1),
        totals["seconds"] or 0.0,
        totals["sittings"],
        totals["videos"],
        totals["completed"],
        months,
        hours,
        _top(Video, rows.filter(video__trashed_at=None), "video"),
        _top(Creator, rows.filter(video__credits__creator__trashed_at=None), "video__credits__creator"),
        _top(Studio, rows.filter(video__video_studios__studio__trashed_at=None), "video__video_studios__studio"),
        _top(Tag, rows.filter(video__video_tags__tag__trashed_at=None), "video__video_tags__tag"),
    )


def _top(model: Any, rows: "QuerySet[Watch]", path: str) -> list[tuple[Any, float]]:
    watched = rows.filter(**{f"{path}__isnull": False}).order_by().values_list(path)
    top = list(watched.annotate(s=Sum("watched_seconds")).filter(s__gt=0).order_by(F("s").desc(), path)[:_TOP])
    found = model._default_manager.in_bulk([key for key, _ in top])
    return [(found[key], seconds) for key, seconds in top if key in found]
