"""Who holds a unique place that a row shall get. The database's own definition of its indexes counts."""

import json
import re
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import GeneratedField, Model

from library.naming import Row

_INDEXES = """
    SELECT keys.expressions, pg_get_expr(i.indpred, i.indrelid), i.indnullsnotdistinct, NOT i.indimmediate
      FROM pg_index AS i
      CROSS JOIN LATERAL (
        SELECT array_agg(pg_get_indexdef(i.indexrelid, n, TRUE) ORDER BY n) AS expressions
          FROM generate_series(1, i.indnkeyatts) AS n
      ) AS keys
     WHERE i.indrelid = %s::regclass AND i.indisunique AND NOT i.indisprimary
"""
_GENERATED = """
    SELECT a.attname, pg_get_expr(d.adbin, d.adrelid) FROM pg_attribute AS a
      JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
     WHERE a.attrelid = %s::regclass AND a.attgenerated <> ''
"""


@dataclass(frozen=True, slots=True)
class UniqueIndex:
    """Expressions and condition in SQL over the table's column names; `columns` are those that they read."""

    expressions: tuple[str, ...]
    condition: str
    are_nulls_equal: bool
    is_deferrable: bool
    columns: frozenset[str]


def unique_indexes(model: type[Model]) -> list[UniqueIndex]:
    """The unique indexes of the model's table but that of its primary key. Two statements."""
    with connection.cursor() as cursor:
        cursor.execute(_INDEXES, [_quote(model._meta.db_table)])
        indexes = cursor.fetchall()
    generated = _generated(model)
    columns = [f.column for f in model._meta.concrete_fields if not isinstance(f, GeneratedField)]
    found = []
    for expressions, condition, are_nulls_equal, is_deferrable in indexes:
        text = " ".join([*expressions, condition or ""])
        text += " ".join(sql for name, sql in generated.items() if _reads(text, name))
        read = frozenset(column for column in columns if _reads(text, column))
        found.append(UniqueIndex(tuple(expressions), condition or "TRUE", are_nulls_equal, is_deferrable, read))
    return found


def find_holders(
    model: type[Model], index: UniqueIndex, rows: list[Row], *, without: list[Any]
) -> list[tuple[Any, Any]]:
    """(id of a row of `rows`, id of another one that has its place now). Rows of `without` hold nothing."""
    table, pk = _quote(model._meta.db_table), _quote(model._meta.pk.column)
    plain = [_quote(f.column) for f in model._meta.concrete_fields if not isinstance(f, GeneratedField)]
    made = [f"{sql} AS {_quote(name)}" for name, sql in _generated(model).items()]
    keys = ", ".join(f"({sql}) AS key_{n}" for n, sql in enumerate(index.expressions))
    equal = "IS NOT DISTINCT FROM" if index.are_nulls_equal else "="
    same = " AND ".join(f"({sql}) {equal} wanted.key_{n}" for n, sql in enumerate(index.expressions))
    given = f"SELECT {', '.join([*plain, *made])} FROM jsonb_populate_recordset(NULL::{table}, %(rows)s::jsonb)"
    wanted = f"SELECT {pk} AS wanted_id, {keys} FROM ({given}) AS given WHERE {index.condition}"
    held = f"SELECT {pk} AS held_id FROM {table} WHERE ({index.condition}) AND {same} AND {pk} <> wanted.wanted_id"
    sql = (
        f"SELECT wanted.wanted_id, held.held_id FROM ({wanted}) AS wanted JOIN LATERAL ({held}) AS held"
        " ON NOT held.held_id = ANY(%(without)s)"
    )
    # Per cent signs of the index's own SQL are no placeholders.
    sql = re.sub(r"%(?!\((?:rows|without)\)s)", "%%", sql)
    with connection.cursor() as cursor:
        cursor.execute(sql, {"rows": json.dumps(rows), "without": without})
        return list(cursor.fetchall())


def _generated(model: type[Model]) -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(_GENERATED, [_quote(model._meta.db_table)])
        return dict(cursor.fetchall())


def _reads(sql: str, column: str) -> bool:
    return re.search(rf"\b{re.escape(column)}\b", sql) is not None


def _quote(name: str) -> str:
    return connection.ops.quote_name(name)
