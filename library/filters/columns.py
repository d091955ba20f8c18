"""Facets that are a column of Video, or of rows that belong to a user and a video."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet

from library.filters.registry import Ask, Choice

ToQ = Callable[[Ask], Q]


def compared(ask: Ask, column: str, step: float = 0) -> dict[str, Any]:
    """Look-ups of a number or a day in a column, without the prefix. "empty" is the column being NULL; whatever else is
    asked, NULL is not it. `step` is how far apart two numbers of the column must be to be told apart by people.
    """
    if ask.operator == "empty":
        return {f"{column}__isnull": True}
    if ask.operator == "between":
        low, high = ask.value
        # The end of a range of days is the first moment after it; that of numbers belongs to it.
        bounds = {"gte": low, "lt" if isinstance(high, datetime) else "lte": high}
    elif ask.operator == "eq":
        # Not `exact`: for columns of whole numbers that would take 2.5 for 2.
        bounds = {"gte": ask.value - step / 2, "lte": ask.value + step / 2}
    else:
        lookup = {"gte": "gte", "lte": "lte", "last": "gte", "since": "gte", "before": "lt"}[ask.operator]
        bounds = {lookup: ask.value}
    # A bound beyond what the column can hold is dropped by Django, and NULL would be within the rest.
    return {f"{column}__isnull": False, **{f"{column}__{name}": value for name, value in bounds.items()}}


def number(column: str, *, step: float = 0) -> ToQ:
    """A number of Video; `step` as `compared` takes it, in the column's units."""
    return lambda ask: ask.column(**compared(ask, column, step))


def moment(column: str) -> ToQ:
    """A moment of Video."""
    return lambda ask: ask.column(**compared(ask, column))


def day(column: str) -> ToQ:
    """A day (without a time) of Video."""

    def to_q(ask: Ask) -> Q:
        lookups = compared(ask, column)
        return ask.column(
            **{name: value.date() if isinstance(value, datetime) else value for name, value in lookups.items()}
        )

    return to_q


def one_of(column: str) -> ToQ:
    """One of some texts of Video."""
    return lambda ask: ask.column(**{f"{column}__in": ask.value})


def flag(**lookups: Any) -> ToQ:
    """Yes is these columns of Video having these values."""
    return lambda ask: ask.column(**lookups) if ask.value else ~ask.column(**lookups)


def of_user(rows: Callable[[], QuerySet[Any]], column: str) -> ToQ:
    """A number or day that each user has on a video; "empty" is no row. Nobody has none."""

    def to_q(ask: Ask) -> Q:
        own = rows().filter(user=ask.user) if ask.user else rows().none()
        if ask.operator == "empty":
            return ~ask.exists(own)
        return ask.exists(own.filter(**compared(ask, column)))

    return to_q


def choices(pairs: Sequence[tuple[str, str]]) -> Callable[[], Sequence[Choice]]:
    """A fixed list, from a model's `choices` say."""
    fixed = [Choice(value, str(label)) for value, label in pairs]
    return lambda: fixed


def with_descendants(table: str, ids: Sequence[int]) -> list[int]:
    """These rows of a tree (`parent_id`) and all below them that are not in the trash. One query."""
    if not ids:
        return []
    name = connection.ops.quote_name(table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH RECURSIVE below(id) AS (
                SELECT id FROM {name} WHERE id = ANY(%s) AND trashed_at IS NULL
                UNION
                SELECT child.id FROM {name} AS child JOIN below ON child.parent_id = below.id
                 WHERE child.trashed_at IS NULL
            ) SELECT id FROM below ORDER BY id
            """,
            [list(ids)],
        )
        return [row[0] for row in cursor.fetchall()]
