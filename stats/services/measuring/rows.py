"""Asking the database for figures of the whole library."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection


def one(sql: str, parameters: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The only row of a statement, by column; sums over nothing are 0."""
    return {name: 0 if value is None else value for name, value in rows(sql, parameters)[0].items()}


def rows(sql: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
    """All rows of a statement, by column."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def shares(counted: Sequence[tuple[str, str, int]], total: int) -> list[dict[str, Any]]:
    """A breakdown of (key, label, count): the most frequent first, with percentages of `total` to two decimals."""
    ordered = sorted((row for row in counted if row[2]), key=lambda row: (-row[2], row[0]))
    return [
        {"key": key, "label": label, "count": count, "percentage": round(100 * count / total, 2) if total else 0.0}
        for key, label, count in ordered
    ]
