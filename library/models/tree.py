"""Rows that lie below rows of the same table: tags and studios."""

from typing import Any

import pgtrigger
from django.db import connection, models

# First key of PostgreSQL's advisory locks for "the tree of this table is changing"; the second is of its name.
LOCK_CLASS = 7_306

_REFUSE_CYCLE = """
    PERFORM pg_advisory_xact_lock({lock}, hashtext('{{meta.db_table}}'));
    IF EXISTS (
        WITH RECURSIVE above(id, parent_id) AS (
            SELECT id, {{columns.{field}}} FROM {{meta.db_table}} WHERE id = NEW.id
            UNION
            SELECT next.id, next.{{columns.{field}}}
              FROM {{meta.db_table}} AS next JOIN above ON next.id = above.parent_id
        )
        SELECT FROM above WHERE parent_id = NEW.id
    ) THEN
        RAISE EXCEPTION '{message}' USING ERRCODE = 'check_violation', TABLE = '{{meta.db_table}}',
            CONSTRAINT = '{{meta.db_table}}_no_cycle_of_{field}';
    END IF;
    RETURN NULL;
"""


def no_cycle(field: str, *, message: str) -> pgtrigger.Trigger:
    """The database's own check that no row lies below itself by the foreign key `field`: an IntegrityError.

    It looks when the transaction ends, so that rows may change places in several statements, and one transaction after
    the other: two moves that only together make a cycle can't both be committed.
    """
    return pgtrigger.Trigger(
        name=f"no_cycle_of_{field}",
        level=pgtrigger.Row,
        when=pgtrigger.After,
        operation=pgtrigger.Insert | pgtrigger.UpdateOf(f"{field}_id"),  # type: ignore[no-untyped-call]
        timing=pgtrigger.Deferred,
        condition=pgtrigger.Q(**{f"new__{field}__isnull": False}),
        func=pgtrigger.Func(  # type: ignore[no-untyped-call]
            _REFUSE_CYCLE.format(lock=LOCK_CLASS, field=field, message=message.replace("'", "''"))
        ),
    )


def lock_tree(model: type[models.Model]) -> None:
    """Holds, until the transaction ends, the right to change who lies below whom in the model's table."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [LOCK_CLASS, model._meta.db_table])


def lies_below(model: type[models.Model], *, row_id: int | None, above_id: int | None, field: str = "parent") -> bool:
    """Whether a row is the other one or lies somewhere below it. One query."""
    if row_id is None or above_id is None:
        return False
    if row_id == above_id:
        return True
    return above_id in ids_above(model, row_id, field=field)


def ids_above(model: type[models.Model], row_id: int, *, field: str = "parent") -> list[int]:
    """The ids of what the row lies below, the nearest first. One query."""
    table, column = _quoted(model, field)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH RECURSIVE above(id, parent_id, path) AS (
                SELECT id, {column}, ARRAY[id] FROM {table} WHERE id = %s
                UNION ALL
                SELECT next.id, next.{column}, path || next.id FROM {table} AS next
                  JOIN above ON next.id = above.parent_id WHERE NOT next.id = ANY(path)
            ) SELECT id FROM above ORDER BY cardinality(path) OFFSET 1""",
            [row_id],
        )
        return [one for (one,) in cursor.fetchall()]


def ids_below(model: type[models.Model], row_ids: list[int], *, fields: tuple[str, ...] = ("parent",)) -> set[int]:
    """The ids given and those of all rows in use below them by any of the foreign keys. One query.

    What lies in the trash is left out, and with it what is reached through it only.
    """
    if not row_ids:
        return set()
    columns = " OR ".join(f"next.{_quoted(model, field)[1]} = below.id" for field in fields)
    table, _ = _quoted(model, fields[0])
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH RECURSIVE below(id) AS (
                SELECT id FROM {table} WHERE id = ANY(%s) AND trashed_at IS NULL
                UNION
                SELECT next.id FROM {table} AS next JOIN below ON {columns} WHERE next.trashed_at IS NULL
            ) SELECT id FROM below""",
            [row_ids],
        )
        return {one for (one,) in cursor.fetchall()}


def _quoted(model: type[models.Model], field: str) -> tuple[str, str]:
    column: Any = model._meta.get_field(field).column  # type: ignore[union-attr]
    return connection.ops.quote_name(model._meta.db_table), connection.ops.quote_name(column)
