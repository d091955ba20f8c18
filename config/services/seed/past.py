"""The year before today, for a library to look at: what was watched, and how its figures have grown."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from django.db import models
from django.utils import timezone

from library.models import User, Video
from playback.models import PlayCount, Watch
from stats.models import StorageSnapshot
from stats.services.snapshots import DAILY, KINDS, take_snapshot

_DAYS, _STORAGE_DAYS = 364, 90
_NOT_COPIED = ("id", "created_at", "updated_at")
# How much of today's figure there was at the beginning.
_AT_FIRST = {"library": 0.4, "content": 0.1, "usage": 0.0}
_GROWING = {
    "library": ("total_count", "available_count", "total_bytes", "total_seconds"),
    "content": ("organised_count", "tag_count", "creator_count", "studio_count", "playlist_count", "marker_count"),
    "usage": ("play_count", "watch_seconds", "watched_videos", "completed_videos"),
}
_LACKING = ("tags", "creators", "studios", "ratings")
_EATEN_A_DAY_BYTES = 150_000_000


def add_past(*, user: User, videos: Sequence[Video], now: datetime | None = None) -> None:
    """Sittings of the user over a year with what they have played already, mostly in the evening, and snapshots of all
    kinds that lead to today's, which are taken. What is there of a period stays."""
    moment = now or timezone.now()
    counts = {row.video_id: row for row in PlayCount.objects.filter(user=user)}
    sittings = _sittings(user, [video for video in videos if video.pk in counts and video.duration_seconds], moment)
    Watch.objects.bulk_create(sittings)
    for sitting in sittings:
        count = counts[sitting.video_id]
        count.play_count += 1
        count.total_watch_seconds += sitting.watched_seconds
    PlayCount.objects.bulk_update(counts.values(), ["play_count", "total_watch_seconds"])
    for kind in DAILY:
        row = take_snapshot(kind, now=moment)
        days = [_of_day(kind, row, ago, total=len(videos)) for ago in range(1, _DAYS + 1)]
        KINDS[kind]._default_manager.bulk_create(days, ignore_conflicts=True)
    disks = take_snapshot("storage", now=moment)
    StorageSnapshot.objects.bulk_create(
        [_of_disks(disks, ago) for ago in range(1, _STORAGE_DAYS + 1)], ignore_conflicts=True
    )


def _sittings(user: User, videos: Sequence[Video], now: datetime) -> list[Watch]:
    chance, made = Random(7), []
    for ago in range(1, _DAYS + 1):
        day = timezone.localtime(now) - timedelta(days=ago)
        is_weekend = day.weekday() >= 5
        for _ in range(chance.randint(0, 6 if is_weekend else 2) if videos else 0):
            video = chance.choice(videos)
            length, share = video.duration_seconds or 0.0, chance.choice((0.4, 1.0, 1.0))
            hour = chance.choice((10, 15, 16, 20, 21, 22) if is_weekend else (7, 19, 20, 20, 21, 21, 22))
            watched_at = day.replace(hour=hour, minute=chance.randrange(60))
            made.append(
                Watch(
                    user=user,
                    video=video,
                    watched_at=watched_at,
                    watched_seconds=length * share,
                    position_seconds=length * share,
                    is_completed=share == 1.0,
                )
            )
    return made


def _of_day(kind: str, row: Any, ago: int, *, total: int) -> models.Model:
    share = _AT_FIRST[kind] + (1 - _AT_FIRST[kind]) * (1 - ago / (_DAYS + 1)) ** 1.5
    values: dict[str, Any] = {name: type(getattr(row, name))(getattr(row, name) * share) for name in _GROWING[kind]}
    if kind == "content":
        values["video_count"] = max(1, round(total * (0.4 + 0.6 * (1 - ago / _DAYS))))
        for name in _LACKING:
            has = min(values["video_count"], round((total - getattr(row, f"without_{name}")) * share))
            values[f"without_{name}"] = values["video_count"] - has
    back = timedelta(days=ago)
    made: models.Model = _copy(row, values | {"day": row.day - back, "taken_at": row.taken_at - back})
    return made


def _of_disks(row: StorageSnapshot, ago: int) -> StorageSnapshot:
    disks = [disk | {"free_bytes": disk["free_bytes"] + ago * _EATEN_A_DAY_BYTES} for disk in row.disks]
    back = timedelta(days=ago)
    values = {"period": row.period - back, "taken_at": row.taken_at - back, "disks": disks}
    made: StorageSnapshot = _copy(row, values | {"video_bytes": int(row.video_bytes * (1 - ago / (2 * _STORAGE_DAYS)))})
    return made


def _copy(row: Any, values: Mapping[str, Any]) -> Any:
    columns = (field.name for field in row._meta.concrete_fields if field.name not in _NOT_COPIED)
    return type(row)(**{**{name: getattr(row, name) for name in columns}, **values})
