"""Which video is next, and where a user is in a queue."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils import timezone

from library.models import TriageAnswer, TriageProgress, User
from library.models.triage import AnswerKind
from library.models.video import VideoQuerySet
from library.services.triage.leases import give_back, not_with_others, take_leases
from library.services.triage.queues import Queue, videos_in

STALE_DAYS = 7
# What somebody else answered in the queue is not shown to others for so long.
_SEEN_DAYS = 7
COUNTED_AT_MOST = 10_000
_COUNTED_ANEW_AFTER = timedelta(hours=1)
_MOST_TRIES = 6


def open_queue(*, user: User, queue: Queue) -> TriageProgress:
    """Where the user is in the queue; from now on, where they weren't in it yet. What is left is counted, up to
    COUNTED_AT_MOST, at the beginning and after a pause."""
    progress, is_new = TriageProgress.objects.get_or_create(user=user, queue=queue.key)
    if is_new or timezone.now() - progress.active_at > _COUNTED_ANEW_AFTER or not progress.total:
        _count(progress, queue, user)
        progress.save(update_fields=["total", "is_total_exact"])
    return progress


def reset_queue(*, user: User, queue: Queue) -> TriageProgress:
    """Begins the queue again: what was skipped, and what others held meanwhile, comes too."""
    with transaction.atomic():
        progress, _ = TriageProgress.objects.get_or_create(user=user, queue=queue.key)
        progress = TriageProgress.objects.select_for_update().get(pk=progress.pk)
        progress.position = progress.processed = 0
        progress.started_at = progress.active_at = timezone.now()
        _count(progress, queue, user)
        progress.save(update_fields=["position", "processed", "started_at", "active_at", "total", "is_total_exact"])
        give_back(user=user, queue=queue.key)
    return progress


def forget_progress(*, user: User, queue: Queue) -> bool:
    """Forgets where the user was; whether there was something to forget. Answers stay."""
    give_back(user=user, queue=queue.key)
    return bool(TriageProgress.objects.filter(user=user, queue=queue.key).delete()[0])


def is_stale(progress: TriageProgress, now: datetime | None = None) -> bool:
    """Whether nobody has gone on with it for a week: what was left behind may be worth beginning again."""
    return progress.processed > 0 and (now or timezone.now()) - progress.active_at > timedelta(days=STALE_DAYS)


def next_videos(
    *, user: User, queue: Queue, count: int, held: Sequence[int] = (), beyond: int | None = None
) -> list[int]:
    """The next videos for this user, which nobody else is shown meanwhile, by id: at most `count`, beside those that
    they hold already (`held`, which are renewed). Behind `beyond`, or else behind the user's place in the queue.

    Fewer than `count` mean that the queue has come to its end. Four statements where nobody else takes the same ones.
    """
    place = beyond
    if place is None:
        progress = TriageProgress.objects.filter(user=user, queue=queue.key).first()
        place = progress.position if progress else 0
    rows = unseen(not_with_others(videos_in(queue, user), user), queue, user).exclude(pk__in=held)
    found: list[int] = []
    keeping = list(held)
    for _ in range(_MOST_TRIES):
        wanted = count - len(found)
        candidates: list[int] = []
        if wanted > 0:
            candidates = list(rows.filter(pk__gt=place).order_by("pk").values_list("pk", flat=True)[:wanted])
        taken = set(take_leases(user=user, queue=queue.key, video_ids=[*keeping, *candidates]))
        # Another one may have taken a candidate, answered it and given it back since it was looked up.
        unanswered = set(rows.filter(pk__in=taken.intersection(candidates)).values_list("pk", flat=True))
        found += [pk for pk in candidates if pk in unanswered]
        keeping = []
        if len(candidates) < wanted or len(found) == count:
            break
        place = candidates[-1]
    return found


def unseen(rows: VideoQuerySet, queue: Queue, user: User) -> VideoQuerySet:
    """Videos that nobody else has answered in this queue lately, nor the user among many since they began it: their
    place says nothing of those. What was skipped or taken back is unanswered."""
    begun = TriageProgress.objects.filter(user=user, queue=queue.key).values("started_at")
    answered = TriageAnswer.objects.filter(
        video=OuterRef("pk"),
        queue=queue.key,
        kind__in=(AnswerKind.CHANGED, AnswerKind.PASSED),
        is_last=True,
        undone_by=None,
        part_of__undone_by=None,
        created_at__gt=timezone.now() - timedelta(days=_SEEN_DAYS),
    ).filter(~Q(user=user) | Q(part_of__isnull=False, created_at__gte=Subquery(begun)))
    return rows.filter(~Exists(answered))


def _count(progress: TriageProgress, queue: Queue, user: User) -> None:
    rows = videos_in(queue, user).filter(pk__gt=progress.position)
    left = rows.order_by().values("pk")[: COUNTED_AT_MOST + 1].count()
    progress.total = progress.processed + min(left, COUNTED_AT_MOST)
    progress.is_total_exact = left <= COUNTED_AT_MOST
