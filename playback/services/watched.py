"""What users do to what is remembered of their watching: mark videos, forget what they watched.

None of it is a change batch: batches are listed for those who keep the library, and what somebody watched is theirs.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from library.models import User, Video
from playback.models import Watch, WatchProgress


def mark_watched(*, user: User, video_ids: Sequence[int]) -> int:
    """Says that the videos were watched to their end; returns how many there are. They start at their beginning."""
    ids = list(Video.objects.filter(pk__in=video_ids).order_by("pk").values_list("pk", flat=True))
    now = timezone.now()
    rows = [WatchProgress(user=user, video_id=video_id, is_completed=True, watched_at=now) for video_id in ids]
    WatchProgress.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["user", "video"],
        update_fields=["is_completed", "position_seconds", "watched_at", "session"],
    )
    return len(ids)


def mark_unwatched(*, user: User, video_ids: Sequence[int]) -> int:
    """Forgets the place in videos and that they were watched; returns how many had one. The history stays."""
    return WatchProgress.objects.filter(user=user, video__in=video_ids).delete()[0]


def forget_watched(*, user: User, day: date | None = None, video_id: int | None = None) -> int:
    """Removes a video of a day, a day (in local time) or, without either, everything from a user's history.

    Returns how many rows went. Of videos that are nowhere in the history any more the place goes too: what somebody
    takes out isn't to come back as something to go on with.
    """
    rows = Watch.objects.filter(user=user)
    if day is not None:
        rows = rows.filter(**within_day(day))
    if video_id is not None:
        rows = rows.filter(video=video_id)
    with transaction.atomic():
        places = _places(user, rows, is_everything=day is None and video_id is None)
        count = rows.delete()[0]
        still = Watch.objects.filter(user=user, video=OuterRef("video"))
        places.filter(~Exists(still)).delete()
    return count


def _places(user: User, rows: "QuerySet[Any]", *, is_everything: bool) -> "QuerySet[Any]":
    places = WatchProgress.objects.filter(user=user)
    return places if is_everything else places.filter(video__in=set(rows.values_list("video", flat=True)))


def within_day(day: date) -> dict[str, datetime]:
    """The bounds of a local day, as lookups of `watched_at`."""
    start = timezone.make_aware(datetime.combine(day, datetime.min.time()))
    end = timezone.make_aware(datetime.combine(day + timedelta(days=1), datetime.min.time()))
    return {"watched_at__gte": start, "watched_at__lt": end}
