"""What the pages of triage ask: how much each queue holds, how fast it goes, what was answered last."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.db.models import F, Q, QuerySet, Sum
from django.db.models.functions import TruncDay, TruncHour
from django.utils import timezone

from library.models import TriageAnswer, TriageCoverage, TriageProgress, User
from library.models.triage import AnswerKind
from library.services.triage.queues import Queue, all_queues, videos_in
from library.services.triage.serving import is_stale

COUNTED_AT_MOST = 1_000
_KEPT_SECONDS = 60
PACE_DAYS = 30
COVERAGE_DAYS = 90
_COVERAGE_KEPT = timedelta(minutes=10)
MOST_ANSWERS = 50


@dataclass(frozen=True, slots=True)
class QueueState:
    """A queue as somebody finds it: how many are in it (at most COUNTED_AT_MOST + 1; None: not counted), and where they
    are in it."""

    queue: Queue
    count: int | None
    progress: TriageProgress | None = None

    @property
    def is_stale(self) -> bool:
        return self.progress is not None and is_stale(self.progress)


@dataclass(frozen=True, slots=True)
class Step:
    """What was done in an hour or a day."""

    at: datetime
    videos: int
    keys: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Person:
    """What somebody did in the days that are shown."""

    user: str
    videos: int
    keys: int
    seconds: float

    @property
    def keys_each(self) -> float | None:
        return self.keys / self.videos if self.videos else None

    @property
    def per_hour(self) -> float | None:
        return 3600 * self.videos / self.seconds if self.seconds else None


@dataclass(frozen=True, slots=True)
class Left:
    """What a queue still holds, and how long it takes at this pace (None: nobody knows)."""

    key: str
    label: str
    left: int
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Covered:
    """How much of the library was organised on a day, by queue (0 to 1)."""

    day: date
    videos: int
    shares: dict[str, float]


@dataclass(frozen=True, slots=True)
class Pace:
    """The pace page. `hours` are the last 24 that were worked in, `days` the last PACE_DAYS."""

    days: list[Step]
    hours: list[Step]
    people: list[Person]
    left: list[Left]
    coverage: list[Covered]
    videos: int = 0
    keys: int = 0
    seconds: float = 0.0
    labels: dict[str, str] = field(default_factory=dict)

    @property
    def keys_each(self) -> float | None:
        return self.keys / self.videos if self.videos else None

    @property
    def seconds_each(self) -> float | None:
        return self.seconds / self.videos if self.videos else None

    @property
    def per_hour(self) -> float | None:
        return 3600 * self.videos / self.seconds if self.seconds else None


def states_of(user: User, queues: Sequence[Queue], *, is_counted: bool = True) -> list[QueueState]:
    """Every queue with what is known of it. Two statements; the counts are kept for a minute."""
    counts = count_queues(user, queues) if is_counted else {}
    progress = {row.queue: row for row in TriageProgress.objects.filter(user=user)}
    return [QueueState(one, counts.get(one.key), progress.get(one.key)) for one in queues]


def count_queues(user: User, queues: Sequence[Queue]) -> dict[str, int]:
    """How many videos each queue holds, at most COUNTED_AT_MOST + 1, in one statement; kept for a minute."""
    key = f"triage-counts-{user.pk}"
    kept: dict[str, int] = cache.get(key) or {}
    wanted = [queue for queue in queues if queue.key not in kept]
    if wanted:
        numbers = _bounded([videos_in(queue, user) for queue in wanted])
        kept |= dict(zip((queue.key for queue in wanted), numbers, strict=True))
        cache.set(key, kept, _KEPT_SECONDS)
    return kept


def _bounded(several: list[Any]) -> list[int]:
    parts = [rows.order_by().values("pk")[: COUNTED_AT_MOST + 1].query.sql_with_params() for rows in several]
    with connection.cursor() as cursor:
        counted = ", ".join(f"(SELECT count(*) FROM ({sql}) AS counted)" for sql, _ in parts)
        cursor.execute(f"SELECT {counted}", [value for _, values in parts for value in values])
        return list(cursor.fetchone())


def answers_of(user: User, queue: Queue | None = None, limit: int = MOST_ANSWERS) -> list[TriageAnswer]:
    """The user's last answers with their changes, the latest first. One query."""
    rows = TriageAnswer.objects.filter(user=user, part_of=None).exclude(kind=AnswerKind.UNDONE)
    if queue is not None:
        rows = rows.filter(queue=queue.key)
    return list(rows.select_related("batch", "edit__batch", "undone_by").order_by("-pk")[:limit])


def load_pace(user: User | None = None, *, days: int = PACE_DAYS) -> Pace:
    """How fast it goes, of one or of all; what is left and how long that takes; how much was organised day by day.

    Five statements, over the answers of these days; today's coverage is counted when the last count is old."""
    rows = _counting().filter(created_at__gt=timezone.now() - timedelta(days=days))
    if user is not None:
        rows = rows.filter(user=user)
    people = [
        Person(name, videos or 0, keys or 0, seconds or 0.0)
        for name, videos, keys, seconds in rows.values_list("user__username")
        .annotate(videos=_videos(), keys=Sum("keys"), spent=Sum("seconds"))
        .order_by(F("videos").desc(nulls_last=True), "user__username")
    ]
    videos, keys = sum(one.videos for one in people), sum(one.keys for one in people)
    seconds = sum(one.seconds for one in people)
    each = seconds / videos if videos else None
    covered = _coverage()
    labels = {queue.key: queue.label for queue in all_queues() if queue.counts_as_left}
    now = covered[-1] if covered else None
    left = [
        Left(key, label, now.left.get(key, 0), each * now.left.get(key, 0) if each else None)
        for key, label in labels.items()
        if now is not None
    ]
    return Pace(
        days=_steps(rows, TruncDay("created_at")),
        hours=_steps(rows.filter(created_at__gt=timezone.now() - timedelta(hours=24)), TruncHour("created_at")),
        people=people,
        left=left,
        coverage=[Covered(row.day, row.videos, _shares(row, labels)) for row in covered],
        videos=videos,
        keys=keys,
        seconds=seconds,
        labels=labels,
    )


def last_coverage_is_old() -> bool:
    """Whether today's rest was not counted in the last minutes."""
    last = TriageCoverage.objects.order_by("-day").first()
    return last is None or last.day != timezone.localdate() or timezone.now() - last.updated_at > _COVERAGE_KEPT


def _coverage() -> list[TriageCoverage]:
    since = timezone.localdate() - timedelta(days=COVERAGE_DAYS)
    return list(TriageCoverage.objects.filter(day__gte=since).order_by("day"))


def _shares(row: TriageCoverage, labels: dict[str, str]) -> dict[str, float]:
    return {key: 1 - row.left[key] / row.videos if row.videos else 1.0 for key in labels if key in row.left}


def _counting() -> "QuerySet[TriageAnswer]":
    """Answers that still count."""
    return TriageAnswer.objects.filter(undone_by=None, part_of=None).exclude(kind=AnswerKind.UNDONE).order_by()


def _videos() -> Sum:
    """Videos that were left behind, one by one or many at once."""
    return Sum("video_count", filter=Q(is_last=True) | Q(kind=AnswerKind.BATCH), default=0)


def _steps(rows: "QuerySet[TriageAnswer]", trunc: Any) -> list[Step]:
    found = rows.annotate(at=trunc).values_list("at").annotate(videos=_videos(), keys=Sum("keys"), spent=Sum("seconds"))
    return [Step(at, videos, keys, spent) for at, videos, keys, spent in found.order_by("at")]
