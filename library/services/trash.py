"""The trash: a wish of a person, kept apart from missing. What lies in it keeps every link, and comes back with all.

What can be trashed is registered, by `library.services.purge` for videos, files and tags, by other apps when Django
starts for theirs; so is what they must do about it. The model has `trashed_at`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Model, QuerySet
from django.utils import timezone

from library.models import ChangeBatch, LibrarySettings
from library.services.changes import change_batch

# (ids of the rows); called in the transaction that trashes or restores them.
Told = Callable[[Sequence[int]], None]


@dataclass(frozen=True, slots=True)
class Trashable:
    """A kind of things that can be trashed.

    `purge(ids, user)` deletes rows that are in the trash for good, in its own transactions, passes over those that
    were taken out meanwhile, and returns how many it deleted. `check(ids)` raises a LibraryError when they can't go.
    """

    kind: str
    model: type[Model]
    one: str
    many: str
    purge: Callable[[Sequence[int], Any], int]
    order: int = 100
    check: Callable[[Sequence[int]], None] = lambda ids: None

    def rows(self) -> QuerySet[Any]:
        """Those of the kind that are in the trash."""
        return self.model._default_manager.exclude(trashed_at=None)

    def counted(self, count: int) -> str:
        """ "1 video", "312 videos"."""
        return f"{count:,} {self.one if count == 1 else self.many}"


_kinds: dict[str, Trashable] = {}
_on_trashed: dict[str, list[Told]] = {}
_on_restored: dict[str, list[Told]] = {}


def register_trashable(kind: Trashable) -> None:
    """Makes a kind known; one of the same name takes the first one's place."""
    _kinds[kind.kind] = kind


def trashables() -> list[Trashable]:
    """Every kind, in the order in which pages show them."""
    return sorted(_kinds.values(), key=lambda kind: (kind.order, kind.kind))


def trashable(kind: str) -> Trashable:
    """The kind of that name. Raises KeyError."""
    return _kinds[kind]


def on_trashed(kind: str, tell: Told) -> None:
    """`tell(ids)` is called when rows of the kind have been put into the trash, in the same transaction."""
    _on_trashed.setdefault(kind, []).append(tell)


def on_restored(kind: str, tell: Told) -> None:
    """`tell(ids)` is called when rows of the kind have been taken out of the trash, in the same transaction."""
    _on_restored.setdefault(kind, []).append(tell)


@dataclass(frozen=True, slots=True)
class Trashed:
    """What `trash` or `restore` did: how many rows, and the batch by which it can be undone."""

    count: int
    batch: ChangeBatch


def trash(*, kind: str, ids: Iterable[int], user: Any = None) -> Trashed:
    """Puts rows into the trash; those that lie in it already don't count. One change batch.

    Raises KeyError for an unknown kind, a LibraryError when the kind says that they can't go.
    """
    known, wanted = _kinds[kind], list(ids)
    with change_batch(summary=f"Put {known.counted(len(wanted))} into the trash", user=user) as batch:
        rows = known.model._default_manager.select_for_update(of=("self",)).filter(pk__in=wanted, trashed_at=None)
        found = list(rows.order_by("pk").values_list("pk", flat=True))
        known.check(found)
        known.model._default_manager.filter(pk__in=found).update(trashed_at=timezone.now())
        for tell in _on_trashed.get(kind, []):
            tell(found)
        _say(batch, f"Put {known.counted(len(found))} into the trash")
    return Trashed(len(found), batch)


def restore(*, kind: str, ids: Iterable[int], user: Any = None) -> Trashed:
    """Takes rows out of the trash, with everything that was linked to them. One change batch. Raises KeyError."""
    known = _kinds[kind]
    with change_batch(summary="Took something out of the trash", user=user) as batch:
        rows = known.rows().select_for_update(of=("self",)).filter(pk__in=list(ids))
        found = list(rows.order_by("pk").values_list("pk", flat=True))
        known.model._default_manager.filter(pk__in=found).update(trashed_at=None)
        for tell in _on_restored.get(kind, []):
            tell(found)
        _say(batch, f"Took {known.counted(len(found))} out of the trash")
    return Trashed(len(found), batch)


def _say(batch: ChangeBatch, summary: str) -> None:
    # A batch around this one has its own sentence.
    if batch.summary.startswith(("Put ", "Took something ")):
        batch.summary = summary


def due_before() -> datetime | None:
    """What was trashed before this moment is due for the purge; None when the trash keeps things for ever."""
    days = LibrarySettings.load().trash_days
    return timezone.now() - timedelta(days=days) if days else None


def days_left(trashed_at: datetime, trash_days: int) -> int | None:
    """Whole days until the purge takes it, 0 when it is due; None when it is kept for ever."""
    if not trash_days:
        return None
    return max(0, -int((timezone.now() - trashed_at - timedelta(days=trash_days)).total_seconds() // 86400))
