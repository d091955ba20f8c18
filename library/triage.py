"""The library's own queues, and answering suggestions as a kind of edit. Loaded when Django starts."""

from datetime import timedelta

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from library.models import DuplicatePair, Suggestion, User, VideoFile
from library.models.duplicate import DuplicateVerdict
from library.models.file import FileState
from library.models.video import VideoQuerySet
from library.services.bulk_edit import register_bulk_step
from library.services.triage.queues import SURE, Queue, by_filter, register_queue
from library.services.triage.steps import ANSWER_SUGGESTIONS

NEW_DAYS = 7


def _new(rows: VideoQuerySet, user: User) -> VideoQuerySet:
    return rows.filter(created_at__gte=timezone.now() - timedelta(days=NEW_DAYS))


def _failed(rows: VideoQuerySet, user: User) -> VideoQuerySet:
    files = VideoFile.objects.filter(video=OuterRef("pk"), is_primary=True, state=FileState.FAILED)
    return rows.filter(Exists(files))


def _unsure(rows: VideoQuerySet, user: User) -> VideoQuerySet:
    return rows.filter(Exists(Suggestion.objects.open().filter(video=OuterRef("pk"), confidence__lt=SURE)))


def _duplicates(rows: VideoQuerySet, user: User) -> VideoQuerySet:
    pairs = DuplicatePair.objects.filter(verdict=DuplicateVerdict.OPEN)
    return rows.filter(Q(Exists(pairs.filter(first=OuterRef("pk")))) | Q(Exists(pairs.filter(second=OuterRef("pk")))))


register_queue(
    Queue(
        "without-tags", "Without tags", "Say what they are about", by_filter({"facet": "tag", "op": "empty"}), 10, True
    ),
    Queue("low-confidence", "Unsure suggestions", "Say yes or no to what is only guessed", _unsure, 50),
    Queue("new", "New", f"What came in the last {NEW_DAYS} days", _new, 60),
    Queue("all", "Everything", "All videos, one after another", by_filter({}), 70),
    Queue(
        "missing", "Missing", "Their files can't be found", by_filter({"facet": "missing", "op": "is", "value": True}),
        90, has_missing=True,
    ),
    Queue("duplicates", "Duplicates", "They look like another one", _duplicates, 80),
    Queue("failed", "Failed", "Something about their file went wrong", _failed, 95, has_missing=True),
)  # fmt: skip
register_bulk_step(ANSWER_SUGGESTIONS)
