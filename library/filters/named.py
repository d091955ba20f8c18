"""Finding tags, people and studios by the beginning of a name."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Func, IntegerField, OuterRef, QuerySet

from library.filters.registry import Choice
from library.folding import fold

COUNTED_AT_MOST = 1000


def find_named(
    rows: QuerySet[Any],
    aliases: QuerySet[Any],
    owner: str,
    text: str,
    limit: int,
    *,
    links: QuerySet[Any],
    value: str = "pk",
    detail: Callable[[Any], str] = lambda row: "",
) -> Sequence[Choice]:
    """Rows whose name, or one of whose other names, begins with `text`, by name; two queries at most.

    `rows` and `aliases` have an indexed `name_folded`; `owner` is the aliases' foreign key to rows, and the one of
    `links` (to videos), which are counted up to COUNTED_AT_MOST + 1.
    """
    words = fold(text)
    own = links.filter(**{owner: OuterRef("pk")}).order_by().values("pk")[: COUNTED_AT_MOST + 1]
    counted = rows.annotate(uses=Func(ArraySubquery(own), function="cardinality", output_field=IntegerField()))
    found = list(counted.filter(name_folded__startswith=words).order_by("name_key", "pk")[:limit])
    if words and len(found) < limit:
        others = aliases.filter(name_folded__startswith=words).order_by("name_key").values(owner)[:limit]
        known = [row.pk for row in found]
        found += list(counted.filter(pk__in=others).exclude(pk__in=known).order_by("name_key")[: limit - len(found)])
    return [Choice(_plain(getattr(row, value)), str(row), row.uses, detail(row)) for row in found]


def _plain(value: Any) -> Any:
    return value if isinstance(value, int) else str(value)
