"""The unit of every curated change: a batch that is shown in the history and can be undone."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import pghistory
from django.db import transaction
from django.db.models import Model, QuerySet
from pghistory import runtime

from library.models import ChangeBatch, User
from library.models.change import ChangeSource
from library.models.tracking import tracked_models

_open: ContextVar[ChangeBatch | None] = ContextVar("open_batch", default=None)


@contextmanager
def change_batch(
    *,
    summary: str,
    user: Any = None,
    source: str = ChangeSource.MANUAL,
    undoes: ChangeBatch | None = None,
    can_undo: bool = True,
) -> Iterator[ChangeBatch]:
    """Everything written to tracked tables inside belongs to one batch; one transaction.

    `summary` says in the past tense what happened; the block may set `batch.summary` to a better sentence and
    `batch.change_count`, which are saved at its end. A block within a block joins the outer one (and its sentence).
    A batch in which nothing changed is not kept. `user` is whoever is logged in, or None for machines.
    """
    outer = _open.get()
    if outer is not None:
        yield outer
        return
    author = user if isinstance(user, User) else None
    with transaction.atomic(), pghistory.context():
        batch = ChangeBatch.objects.create(
            user=author,
            user_name=author.get_username() if author else "",
            source=source,
            summary=summary[:500],
            undoes=undoes,
            can_undo=can_undo,
        )
        token = _open.set(batch)
        # Events carry the batch's own id, not that of the request around it, which may hold several batches.
        around = runtime._tracker.value
        runtime._tracker.value = runtime.Context(id=batch.pk, metadata={"batch": str(batch.pk)})
        try:
            yield batch
        finally:
            runtime._tracker.value = around
            _open.reset(token)
        _close(batch)


def current_batch() -> ChangeBatch | None:
    """The batch that is open in this thread, None outside one."""
    return _open.get()


def _close(batch: ChangeBatch) -> None:
    """Counts what the batch changed; a batch without changes goes."""
    batch.change_count = count_changes(batch)
    if not batch.change_count:
        batch.delete()
        return
    batch.save(update_fields=["summary", "change_count"])


def count_changes(batch: ChangeBatch) -> int:
    """Rows of tracked tables that the batch added, changed or removed; a row changed twice counts twice."""
    counted = [
        events_of(model).filter(pgh_context_id=batch.pk).exclude(pgh_label="before").values("pgh_id")
        for model in tracked_models()
    ]
    union = counted[0].union(*counted[1:], all=True)
    return union.count()


def events_of(model: type[Model]) -> QuerySet[Any]:
    """The history of a tracked model: its event rows, in the order of writing."""
    return model.pgh_event_model._default_manager.order_by("pgh_id")  # type: ignore[attr-defined,no-any-return]
