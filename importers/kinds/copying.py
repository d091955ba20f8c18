"""New rows by COPY: Django takes half a millisecond to put a wide one into an INSERT, and there are 100,000."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection, models
from django.db.models.fields import NOT_PROVIDED

from library.models.names import NameField


def copy_rows(model: type[models.Model], rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Makes a row of each mapping (values by attribute name) and returns their keys, in the order given.

    What isn't given gets the field's default, or the database's. Triggers work as for an INSERT; `save()` and signals
    don't. A statement for each set of columns that only the database has a default for, and one for the keys.
    """
    if not rows:
        return []
    keys = _next_keys(model, len(rows))
    own = [field for field in model._meta.concrete_fields if not field.generated and not field.primary_key]
    by_shape: dict[tuple[str, ...], list[int]] = {}
    for index, row in enumerate(rows):
        given = tuple(field.attname for field in own if field.db_default is NOT_PROVIDED or field.attname in row)
        by_shape.setdefault(given, []).append(index)
    for shape, indexes in by_shape.items():
        fields = [field for field in own if field.attname in shape]
        _copy(model, fields, ((keys[index], rows[index]) for index in indexes))
    return keys


def _copy(model: type[models.Model], fields: Sequence[Any], rows: Any) -> None:
    quote = connection.ops.quote_name
    names = ", ".join(quote(str(field.column)) for field in (model._meta.pk, *fields))
    with (
        # Django wraps what `execute` raises, and not this.
        connection.wrap_database_errors,
        connection.cursor() as cursor,
        cursor.copy(f"COPY {quote(model._meta.db_table)} ({names}) FROM STDIN") as copy,
    ):
        for key, row in rows:
            copy.write_row((key, *(_stored(field, row) for field in fields)))


def _stored(field: Any, row: Mapping[str, Any]) -> Any:
    value = row[field.attname] if field.attname in row else field.get_default()
    if isinstance(field, NameField):
        value = field.to_python(value)
    return field.get_db_prep_save(value, connection)


def _next_keys(model: type[models.Model], number: int) -> list[int]:
    """Keys in rising order that no other row will get."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
            [connection.ops.quote_name(model._meta.db_table), model._meta.pk.column, number],
        )
        return [key for (key,) in cursor.fetchall()]
