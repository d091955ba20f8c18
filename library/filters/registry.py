"""The facets that exist. Every app's `facets` module registers its own when Django starts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from library.filters.errors import FilterError
from library.models import User


class Kind(StrEnum):
    """What a facet's values are."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    CHOICE = "choice"  # of a short, fixed list
    ROWS = "rows"  # rows found by their names: tags, people
    FLAG = "flag"  # yes or no


# Operator -> how it is said between the facet's name and the value.
OPERATORS: dict[Kind, dict[str, str]] = {
    Kind.TEXT: {"has": "has", "under": "below", "named": "named"},
    Kind.NUMBER: {"gte": "at least", "lte": "at most", "between": "between", "eq": "exactly", "empty": "unknown"},
    Kind.DATE: {"last": "in the last", "since": "since", "before": "before", "between": "between", "empty": "unknown"},
    Kind.CHOICE: {"any": "is"},
    Kind.ROWS: {"any": "any of", "all": "all of", "exact": "exactly", "empty": "none"},
    Kind.FLAG: {"is": "is"},
}


@dataclass(frozen=True, slots=True)
class Choice:
    """A value with its name; `count` where it is cheap to know, bounded."""

    value: Any
    label: str
    count: int | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Ask:
    """One condition to be written as a Q on videos, or (`prefix` "video__") on files of videos.

    `value` has been checked: a text; a number or a pair; an aware datetime, a pair or a number of days; a list; a bool;
    None for "empty".
    """

    operator: str
    value: Any
    user: User | None
    prefix: str = ""

    def column(self, **lookups: Any) -> Q:
        """Columns of Video."""
        return Q(**{f"{self.prefix}{name}": value for name, value in lookups.items()})

    def name(self, column: str) -> str:
        """A column of Video, as F() or an annotation names it."""
        return f"{self.prefix}{column}"

    def exists(self, rows: QuerySet[Any], link: str = "video") -> Q:
        """Videos to which at least one of `rows` points."""
        return Q(Exists(rows.filter(**{link: OuterRef(self.pk)}).order_by()))

    def has_more_than(self, number: int, rows: QuerySet[Any], link: str = "video") -> Q:
        """Videos to which more than `number` of `rows` point; never counts further than that."""
        linked = rows.filter(**{link: OuterRef(self.pk)}).order_by().values("pk")
        return Q(Exists(linked[number : number + 1]))

    @property
    def pk(self) -> str:
        return f"{self.prefix.removesuffix('__')}_id" if self.prefix else "pk"


@dataclass(frozen=True, slots=True)
class Facet:
    """Something that videos are filtered by.

    `to_q` writes a checked condition. ROWS have `find(text, limit)` for the search by name and `labels(values)` for the
    names of chosen ones (at most one query; values that are gone are left out); their values are of `value_type`.
    CHOICE has `choices()`. `unit` is said behind numbers; `scale` is how many of the column's units it is (60 for
    minutes of a column in seconds). ROWS with `is_suggested` are offered below the search box as well. A TEXT
    that `needs_words` is refused when there is nothing but signs in it.
    """

    key: str
    label: str
    group: str
    kind: Kind
    to_q: Callable[[Ask], Q]
    operators: tuple[str, ...] = ()
    choices: Callable[[], Sequence[Choice]] | None = None
    find: Callable[[str, int], Sequence[Choice]] | None = None
    labels: Callable[[Sequence[Any]], Mapping[Any, str]] | None = None
    value_type: type = str
    unit: str = ""
    scale: float = 1
    is_signed: bool = False
    words: Mapping[str, str] = field(default_factory=dict)
    hint: str = ""
    is_suggested: bool = False
    needs_words: bool = False

    def operator_words(self) -> dict[str, str]:
        """The operators it knows, with how they are said."""
        known = OPERATORS[self.kind]
        return {key: self.words.get(key, known[key]) for key in self.operators or known}


_FACETS: dict[str, Facet] = {}


def register_facet(*facets: Facet) -> None:
    """Makes facets known. A key taken by another facet is a programming error."""
    for facet in facets:
        if _FACETS.get(facet.key, facet) != facet:
            raise ValueError(f"Two facets are called {facet.key!r}.")
        unknown = set(facet.operators) - set(OPERATORS[facet.kind])
        if unknown:
            raise ValueError(f"The facet {facet.key!r} has operators that its kind doesn't: {unknown}.")
        _FACETS[facet.key] = facet


def get_facet(key: object) -> Facet:
    """Raises FilterError when no app registered it."""
    if not isinstance(key, str) or key not in _FACETS:
        raise FilterError(f"Nothing here can be filtered by “{str(key)[:40]}”.")
    return _FACETS[key]


def all_facets() -> list[Facet]:
    """In the order of their registration."""
    return list(_FACETS.values())
