"""The unit of every curated change: a batch that is shown in the history and can be undone."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import pghistory
from django.db import connection, transaction
from django.db.models import Model, QuerySet
from django.utils.functional import SimpleLazyObject
from pghistory import runtime

from library.models import ChangeBatch, User
from library.models.change import ChangeSource
from library.models.tracking import tracked_models

UNNAMED = "Changed something"
_open: ContextVar[ChangeBatch | None] = ContextVar("open_batch", default=None)


@contextmanager
def change_batch(
    *,
    summary: str = "",
    user: Any = None,
    source: str = ChangeSource.MANUAL,
    undoes: ChangeBatch | None = None,
    can_undo: bool = True,
) -> Iterator[ChangeBatch]:
    """Everything written to tracked tables inside belongs to one batch; one transaction.

    `summary` says in the past tense what happened; the block may set `batch.summary` to a better sentence, which is
    saved at its end. A block within a block joins the outer one, which takes over the inner one's sentence, source and
    `can_undo` when it has no sentence of its own (a page's frame around a service). A batch in which nothing changed
    is not kept; what points to it must be SET_NULL. `user` is whoever is logged in, or None for machines.
    `change_count` is known after the block, and after an inner one too.
    """
    outer = _open.get()
    if outer is not None:
        if not outer.summary:
            outer.summary, outer.source, outer.can_undo = summary, source, can_undo
        yield outer
        # Counted when somebody asks, since it looks into the history of every table; the outermost block counts anyway.
        counted: Any = SimpleLazyObject(lambda: count_changes(outer))
        outer.change_count = counted
        return
    with transaction.atomic(), pghistory.context():
        batch = open_batch(summary=summary[:500] or UNNAMED, user=user, source=source, undoes=undoes, can_undo=can_undo)
        batch.summary = summary
        with _writing(batch):
            yield batch
            close_batch(batch)


def open_batch(
    *,
    summary: str,
    user: Any = None,
    source: str = ChangeSource.MANUAL,
    undoes: ChangeBatch | None = None,
    can_undo: bool = True,
) -> ChangeBatch:
    """A batch that nothing is written in yet. For what takes many transactions, an import say: each writes within
    `continue_batch`, and `close_batch` ends it."""
    author = user if isinstance(user, User) else None
    return ChangeBatch.objects.create(
        user=author,
        user_name=author.get_username() if author else "",
        source=source,
        summary=summary[:500],
        undoes=undoes,
        can_undo=can_undo,
    )


@contextmanager
def continue_batch(batch: ChangeBatch) -> Iterator[None]:
    """Everything written to tracked tables inside belongs to the batch too; one transaction. Not within another."""
    with transaction.atomic(), pghistory.context(), _writing(batch):
        yield


@contextmanager
def _writing(batch: ChangeBatch) -> Iterator[None]:
    # Events carry the batch's own id, not that of the request around it, which may hold several batches.
    around = runtime._tracker.value
    runtime._tracker.value = runtime.Context(id=batch.pk, metadata={"batch": str(batch.pk)})
    token = _open.set(batch)
    try:
        # pghistory tells it with each statement; what goes another way (COPY) finds it too.
        _tell_database(str(batch.pk), json.dumps({"batch": str(batch.pk)}))
        yield
    finally:
        runtime._tracker.value = around
        _open.reset(token)
    # What is written later in the same transaction, outside of any batch, must not be taken for a part of it.
    _tell_database("", "")


def current_batch() -> ChangeBatch | None:
    """The batch that is open in this thread, None outside one."""
    return _open.get()


def count_changes(batch: ChangeBatch) -> int:
    """Rows of tracked tables that the batch added, changed or removed, each once. One statement, served by the index
    over `pgh_context_id` of each event table."""
    counts = [
        f"SELECT count(DISTINCT pgh_obj_id) AS n FROM {connection.ops.quote_name(_event_model(model)._meta.db_table)}"
        " WHERE pgh_context_id = %(batch)s"
        for model in tracked_models()
    ]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT sum(n) FROM ({' UNION ALL '.join(counts)}) AS counts", {"batch": batch.pk})
        return int(cursor.fetchone()[0])


def events_of(model: type[Model]) -> QuerySet[Any]:
    """The history of a tracked model: its event rows, in the order of writing."""
    return _event_model(model)._default_manager.order_by("pgh_id")


def _event_model(model: type[Model]) -> type[Model]:
    return model.pgh_event_model  # type: ignore[attr-defined,no-any-return]


def close_batch(batch: ChangeBatch) -> None:
    """Counts what the batch changed; a batch without changes goes."""
    batch.change_count = count_changes(batch)
    if not batch.change_count:
        batch.delete()
        return
    batch.summary = (batch.summary or UNNAMED)[:500]
    batch.save(update_fields=["summary", "source", "can_undo", "change_count"])


def _tell_database(batch: str, metadata: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('pghistory.context_id', %s, true), set_config('pghistory.context_metadata', %s, true)",
            [batch, metadata],
        )
