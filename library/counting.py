"""Numbers of rows that hang on others, as lists show them."""

from collections.abc import Sequence
from typing import Any

from django.core.cache import cache
from django.db.models import Count, IntegerField, Model, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

# Of so many a few more or less are no news, and counting them takes longer than the rest of a page.
_MANY = 10_000
_KEPT_SECONDS = 60


def kept_count(rows: "QuerySet[Any]", *, key: str) -> int:
    """How many rows there are: above ten thousand it may be a minute old. `key` names the rows."""
    kept: int | None = cache.get(f"count-{key}")
    if kept is None:
        kept = rows.order_by().count()
        if kept > _MANY:
            cache.set(f"count-{key}", kept, _KEPT_SECONDS)
    return kept


def count_of(link: type[Model], column: str) -> Coalesce:
    """For an annotation: how many rows of `link` each row has by their foreign key `column`, from its index."""
    rows: Any = link._default_manager.filter(**{column: OuterRef("pk")}).order_by().values(column)
    counted = Subquery(rows.annotate(count=Count("pk")).values("count"), output_field=IntegerField())
    return Coalesce(counted, 0)


def count_videos(link: type[Model], column: str, ids: Sequence[int]) -> dict[int, int]:
    """Videos of each of the tags, people or studios `ids`, less those in the trash; without any, it isn't in there.

    All are counted in the index of `link` alone, and trashed ones are few. One query.
    """
    if not ids:
        return {}
    rows: Any = link._default_manager.filter(**{f"{column}__in": ids}).order_by()
    every = rows.values_list(column).annotate(number=Count("*"))
    trashed = rows.filter(video__trashed_at__isnull=False).values_list(column).annotate(number=Count("*") * Value(-1))
    counts: dict[int, int] = {}
    for row_id, number in every.union(trashed, all=True):
        counts[row_id] = counts.get(row_id, 0) + number
    return counts
