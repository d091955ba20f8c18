"""What a user watched and goes on with, and who watches now."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, DateField, Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce, TruncDate
from django.utils import timezone

from library.models import User, VideoFile
from library.queries import find_videos, listed_videos, matching_videos
from playback.models import PlaybackSession, PlaybackSettings, Watch, WatchProgress
from playback.services.sessions import IDLE
from playback.services.watched import within_day

# Of what was begun longer ago nobody goes on; it also bounds how much is looked through.
_CONTINUED_AT_MOST = 1_000
HISTORY_PAGE = 30
MOST_DAYS = 366


class HistoryPlaceError(ValueError):
    """A place in the history that no page of ours wrote."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A video on a day of the history: its newest sitting. `file` has `video` and `folder` loaded."""

    watch: Watch
    file: VideoFile
    day: date


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """The latest first; `next_place` is None on the last page."""

    rows: Sequence[Watched]
    next_place: str | None


def continued_ids(user: User, *, limit: int) -> list[int]:
    """Videos that the user is in the middle of, the latest first: between the settings' shares of their length. One
    that was begun again after it was watched to its end counts too. Two queries, one of them for the settings."""
    rules = PlaybackSettings.load()
    latest = WatchProgress.objects.filter(user=user).order_by("-watched_at").values("pk")[:_CONTINUED_AT_MOST]
    length = Coalesce(F("duration_seconds"), F("watch_progress__duration_seconds"))
    rows = listed_videos().filter(
        watch_progress__pk__in=latest,
        watch_progress__user=user,
        watch_progress__position_seconds__gte=max(rules.resume_after_seconds, 1),
        missing_since=None,
    )
    rows = rows.alias(ends=length * (rules.completed_percent / 100))
    rows = rows.filter(Q(ends=None) | Q(watch_progress__position_seconds__lt=F("ends")))
    return list(rows.order_by("-watch_progress__watched_at", "-pk").values_list("pk", flat=True)[:limit])


def history_page(user: User, *, text: str = "", after: str = "", limit: int = HISTORY_PAGE) -> HistoryPage:
    """What a user watched, each video once a day with its newest sitting, the latest first. Two queries.

    `text` are words that the videos match. Raises HistoryPlaceError.
    """
    newer = Watch.objects.filter(user=user, video=OuterRef("video"), watched_at__gte=OuterRef("watched_at"))
    newer = newer.filter(watched_at__lt=OuterRef("watched_at") + timedelta(hours=26))
    newer = newer.filter(Q(watched_at__gt=OuterRef("watched_at")) | Q(pk__gt=OuterRef("pk")))
    newer = newer.annotate(own_day=_local_day("watched_at")).filter(own_day=OuterRef("day"))
    videos = matching_videos(text=text, user=user) if text else listed_videos()
    rows = Watch.objects.filter(user=user).annotate(day=_local_day("watched_at")).filter(~Exists(newer))
    rows = rows.filter(Exists(videos.filter(pk=OuterRef("video"))))
    if after:
        at, row_id = _decoded(after)
        rows = rows.filter(Q(watched_at__lt=at) | Q(watched_at=at, pk__lt=row_id))
    found = list(rows.order_by("-watched_at", "-pk")[: limit + 1])
    shown = found[:limit]
    files = {file.video_id: file for file in find_videos([row.video_id for row in shown])} if shown else {}
    watched = [Watched(row, files[row.video_id], _day_of(row)) for row in shown if row.video_id in files]
    return HistoryPage(watched, _encoded(shown[-1]) if len(found) > limit else None)


def activity(user: User, *, days: int) -> list[tuple[date, int]]:
    """How many different videos the user watched on each of the last days, the oldest first, 0 included. One query."""
    today = timezone.localdate()
    first = today - timedelta(days=min(max(days, 1), MOST_DAYS) - 1)
    rows = Watch.objects.filter(user=user, watched_at__gte=within_day(first)["watched_at__gte"])
    counted = rows.annotate(day=_local_day("watched_at")).order_by().values_list("day")
    counts: dict[date, int] = dict(counted.annotate(videos=Count("video", distinct=True)))
    return [
        (first + timedelta(days=n), counts.get(first + timedelta(days=n), 0)) for n in range((today - first).days + 1)
    ]


def active_sessions() -> "QuerySet[PlaybackSession]":
    """Who watches or has paused now, whoever spoke last first; with `user` and `video`."""
    rows = PlaybackSession.objects.filter(ended_at=None, last_activity_at__gte=timezone.now() - IDLE)
    return rows.select_related("user", "video").order_by("-last_activity_at", "-pk")


def _local_day(field: str) -> TruncDate:
    return TruncDate(field, output_field=DateField())


def _day_of(row: Any) -> date:
    day: date = row.day
    return day


def _encoded(row: Watch) -> str:
    raw = json.dumps([row.watched_at.isoformat(), row.pk]).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _decoded(text: str) -> tuple[datetime, int]:
    try:
        moment, row_id = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        at = datetime.fromisoformat(moment)
    except (ValueError, TypeError, binascii.Error) as error:
        raise HistoryPlaceError(text) from error
    if at.tzinfo is None or type(row_id) is not int or not 0 <= row_id < 2**63:
        raise HistoryPlaceError(text)
    return at, row_id
