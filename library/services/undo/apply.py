"""Carrying a plan out: a few statements for each table and thousand rows."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connection
from django.db.models import Model

from library.naming import Row
from library.services.undo.plan import TablePlan, UndoPlan, parts_of, stored_columns

_CHUNK = 1000
# Given by the database when a row is added.
_NOT_RESTORED = {"updated_at"}


def carry_out(plan: UndoPlan) -> None:
    """Does what the plan says, inside the caller's transaction and batch; its rows must be locked.

    Raises IntegrityError when the database does not accept the outcome, deferred constraints included.
    """
    tables = list(plan.tables.values())
    with connection.cursor() as cursor:
        for table in reversed(tables):
            _delete(cursor, table)
        # Owners first: triggers of rows that point to them write to them.
        for table in tables:
            _update(cursor, table)
            _insert(cursor, table.model, list(table.inserts.values()))
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def _delete(cursor: Any, table: TablePlan) -> None:
    # Not through the ORM: it would take along rows that point here now and are written back elsewhere below.
    name, key = _quote(table.model._meta.db_table), _quote(table.model._meta.pk.column)
    for ids in _chunks(list(table.deletes)):
        for part, column in parts_of(table.model):
            part._base_manager.filter(**{f"{column}__in": ids}).delete()
        cursor.execute(f"DELETE FROM {name} WHERE {key} = ANY(%s)", [ids])


def _update(cursor: Any, table: TablePlan) -> None:
    plain = [pk for pk in table.updates if pk not in table.swaps]
    # The union of the columns: where one of them stays, its own value is written, which is no change.
    columns = sorted({column for pk in plain for column in table.updates[pk]})
    name, key = _quote(table.model._meta.db_table), _quote(table.model._meta.pk.column)
    settings = ", ".join(f"{_quote(column)} = wanted.{_quote(column)}" for column in columns)
    for ids in _chunks(plain):
        cursor.execute(
            f"UPDATE {name} SET {settings} FROM jsonb_populate_recordset(NULL::{name}, %s::jsonb) AS wanted"
            f" WHERE {name}.{key} = wanted.{key}",
            [_json(table.target(pk) for pk in ids)],
        )
    # Rows that change places in a unique index: foreign keys to them are looked at when the transaction ends.
    swapped = [table.target(pk) for pk in sorted(table.swaps)]
    if swapped:
        cursor.execute(f"DELETE FROM {name} WHERE {key} = ANY(%s)", [sorted(table.swaps)])
        _insert(cursor, table.model, swapped)


def _insert(cursor: Any, model: type[Model], rows: list[Row]) -> None:
    name = _quote(model._meta.db_table)
    columns = ", ".join(_quote(column) for column in stored_columns(model) if column not in _NOT_RESTORED)
    for chunk in _chunks(rows):
        cursor.execute(
            f"INSERT INTO {name} ({columns}) SELECT {columns}"
            f" FROM jsonb_populate_recordset(NULL::{name}, %s::jsonb) AS wanted",
            [_json(chunk)],
        )


def _chunks(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (items[start : start + _CHUNK] for start in range(0, len(items), _CHUNK))


def _json(rows: Any) -> str:
    return json.dumps(list(rows))


def _quote(name: str) -> str:
    return connection.ops.quote_name(name)
