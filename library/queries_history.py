"""Reading the history: what a batch changed, and what happened to one thing. Bounded, names resolved in bulk."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import CASCADE, Count, ForeignKey, Model

from library.models import ChangeBatch, User
from library.models.tracking import tracked_models
from library.naming import Row, RowNames, foreign_keys, target_of
from library.services.changes import events_of
from library.services.undo.plan import curated_columns, net_changes, touched_models
from library.services.undo.words import field_of, in_words
from library.words import field_label

ROWS_PER_PAGE = 100
EVENTS_PER_PAGE = 100
VERBS = {"insert": "added", "update": "changed", "delete": "removed"}


@dataclass(frozen=True, slots=True)
class Value:
    """A value in words; `model` and `pk` of the row that it names, when that is still there."""

    text: str
    model: type[Model] | None = None
    pk: Any = None


@dataclass(frozen=True, slots=True)
class FieldChange:
    label: str
    old: Value
    new: Value


@dataclass(frozen=True, slots=True)
class RowChange:
    """What happened to one row: `verb` is added, changed or removed. `subject` names it, `owners` what it links."""

    verb: str
    kind: str
    subject: Value
    owners: list[Value]
    fields: list[FieldChange]


@dataclass(frozen=True, slots=True)
class ObjectEvent:
    """One change of a thing or of a link of it, and the batch that it belongs to (None for one outside)."""

    at: datetime
    batch: ChangeBatch | None
    change: RowChange


def changes_of(batch: ChangeBatch, *, page: int = 1) -> tuple[list[RowChange], int]:
    """The rows that a batch changed, ROWS_PER_PAGE from page 1 on, and how many there are in all.

    A statement for each touched table to count, one for each that is on the page, and those for the names.
    """
    counts = {
        model: events_of(model)
        .order_by()
        .filter(pgh_context_id=batch.pk)
        .aggregate(n=Count("pgh_obj_id", distinct=True))["n"]
        for model in touched_models(batch.pk)
    }
    start, chosen = (page - 1) * ROWS_PER_PAGE, []
    left = ROWS_PER_PAGE
    for model, count in counts.items():
        if start < count and left:
            rows = list(net_changes(model, batch.pk, limit=left, offset=start))
            chosen += [(model, _verb(before, after), before, after) for _, before, after, _ in rows]
            left -= len(rows)
        start = max(0, start - count)
    return _in_words(chosen), sum(counts.values())


def events_about(row: Model, *, page: int = 1) -> tuple[list[ObjectEvent], bool]:
    """What happened to a row and to what belongs to it (tags of a video, aliases of a person), the latest first, and
    whether there is more. A few statements for each table that belongs to it, whatever the length of the history."""
    most = page * EVENTS_PER_PAGE + 1
    found: list[tuple[int, datetime, UUID | None, type[Model], str, Row | None, Row | None]] = []
    for model, column in _tables_about(type(row)):
        found += _latest_events(model, column, row.pk, most)
    found.sort(key=lambda event: (event[1], event[0]), reverse=True)
    shown = found[most - 1 - EVENTS_PER_PAGE : most - 1]
    batches = ChangeBatch.objects.select_related("user").in_bulk({event[2] for event in shown if event[2]})
    changes = _in_words([(model, verb, before, after) for *_, model, verb, before, after in shown])
    events = [
        ObjectEvent(event[1], batches.get(event[2]) if event[2] else None, change)
        for event, change in zip(shown, changes, strict=True)
    ]
    return events, len(found) >= most


def latest_undoable(user: User) -> ChangeBatch | None:
    """The user's latest change that still holds; undos themselves left out. One query, by the index of a user's."""
    own = ChangeBatch.objects.filter(user=user, undone_at=None, can_undo=True, undoes=None)
    return own.order_by("-created_at").first()


def _tables_about(model: type[Model]) -> Iterator[tuple[type[Model], str]]:
    yield model, "pgh_obj_id"
    for other in tracked_models():
        for key in foreign_keys(other):
            if target_of(key) is model and key.remote_field.on_delete is CASCADE:
                yield other, key.attname


def _latest_events(
    model: type[Model], column: str, pk: Any, most: int
) -> list[tuple[int, datetime, UUID | None, type[Model], str, Row | None, Row | None]]:
    """The last `most` changes of rows of the model whose `column` is `pk`."""
    events = model.pgh_event_model._meta.db_table  # type: ignore[attr-defined]
    name = connection.ops.quote_name
    with connection.cursor() as cursor:
        # Each update is a pair; its first half is the row of the same thing written just before it.
        cursor.execute(
            f"SELECT e.pgh_id, e.pgh_created_at, e.pgh_context_id, e.pgh_label, to_jsonb(e), to_jsonb(before)"
            f" FROM (SELECT * FROM {name(events)} WHERE {name(column)} = %(pk)s AND pgh_label <> 'before'"
            f" ORDER BY pgh_id DESC LIMIT %(most)s) AS e LEFT JOIN LATERAL ("
            f"SELECT * FROM {name(events)} AS b WHERE e.pgh_label = 'update' AND b.pgh_obj_id = e.pgh_obj_id"
            f" AND b.pgh_id < e.pgh_id ORDER BY b.pgh_id DESC LIMIT 1) AS before ON TRUE",
            {"pk": pk, "most": most},
        )
        rows = cursor.fetchall()
    result = []
    for number, at, context, label, raw, earlier in rows:
        row, before = _parsed(raw), _parsed(earlier)
        states = {"insert": (None, row), "delete": (row, None)}.get(label, (before, row))
        result.append((number, at, context, model, VERBS[label], *states))
    return result


def _verb(before: Row | None, after: Row | None) -> str:
    if before is None:
        return VERBS["insert"] if after is not None else "added and removed"
    return VERBS["delete"] if after is None else VERBS["update"]


def _in_words(changes: list[tuple[type[Model], str, Row | None, Row | None]]) -> list[RowChange]:
    """Changes with every name in them; one query for each table that is named."""
    names = RowNames()
    for model, _, before, after in changes:
        for row in (before, after):
            if row is not None:
                for key in foreign_keys(model):
                    names.want(target_of(key), [row.get(key.column)])
                names.want(model, [row[model._meta.pk.column]])
    names.load()
    return [_row_change(model, verb, before, after, names) for model, verb, before, after in changes]


def _row_change(model: type[Model], verb: str, before: Row | None, after: Row | None, names: RowNames) -> RowChange:
    row: Row = after or before or {}
    owners = [_value(key, row[key.column], names) for key in foreign_keys(model) if row.get(key.column) is not None]
    fields = []
    if before is not None and after is not None:
        fields = [
            _field_change(field_of(model, column), before[column], after[column], names)
            for column in sorted(curated_columns(model))
            if before[column] != after[column]
        ]
    pk = row.get(model._meta.pk.column)
    subject = Value(names.of_row(model, row) if row else "", *((model, pk) if names.is_there(model, pk) else ()))
    return RowChange(verb, str(model._meta.verbose_name), subject, owners, fields)


def _value(field: Any, value: Any, names: RowNames) -> Value:
    text = in_words(field, value, names)
    if isinstance(field, ForeignKey) and value is not None and names.is_there(target_of(field), value):
        return Value(text, target_of(field), value)
    return Value(text)


def _field_change(field: Any, old: Any, new: Any, names: RowNames) -> FieldChange:
    return FieldChange(field_label(str(field.verbose_name)), _value(field, old, names), _value(field, new, names))


def _parsed(raw: str | None) -> Row | None:
    return json.loads(raw) if raw else None
