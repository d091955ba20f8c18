"""The orders of the library, and places in them."""

import base64
import binascii
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from math import inf
from typing import Any, Literal

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db.models import BigIntegerField, F, FilteredRelation, FloatField, Func, Q, Value
from django.db.models.functions import Cast

from library.filters.words import text_query
from library.models import User, Video
from library.models.video import VideoQuerySet

# Ranking reads the words of each candidate: of more matches than this only the newest are ranked.
RANKED_AT_MOST = 2_000
MOST_SEEDS = 1_000_000
_SEEDED = re.compile(r"random-(\d{1,6})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Sort:
    """An order of the library.

    `field` is a column of Video, indexed together with its id, or with `relation` one of the rows that the user who
    asks has for videos by that relation (at most one each); videos without a value come last in both directions.
    `value` is what its values are. `kind` "rank" is by how well the words match, "random" by a hash of id and `seed`.
    """

    key: str
    label: str
    field: str
    is_descending: bool
    value: Literal["moment", "day", "text", "number"] = "number"
    has_nulls: bool = False
    relation: str = ""
    kind: Literal["column", "rank", "random"] = "column"
    seed: int = 0

    @property
    def address(self) -> str:
        """What an address calls it."""
        return f"random-{self.seed}" if self.kind == "random" else self.key


NEWEST = Sort("newest", "Newest first", "created_at", True, "moment")
BEST = Sort("best", "Best match", "place", True, kind="rank")
RANDOM = Sort("random", "Shuffled", "place", False, kind="random")
_SORTS: list[Sort] = [
    NEWEST,
    Sort("oldest", "Oldest first", "created_at", False, "moment"),
    BEST,
    Sort("title", "Title, A to Z", "title_key", False, "text"),
    Sort("title-desc", "Title, Z to A", "title_key", True, "text"),
    Sort("longest", "Longest first", "duration_seconds", True, has_nulls=True),
    Sort("shortest", "Shortest first", "duration_seconds", False, has_nulls=True),
    Sort("largest", "Largest first", "size_bytes", True, has_nulls=True),
    Sort("smallest", "Smallest first", "size_bytes", False, has_nulls=True),
    Sort("most-viewed", "Most viewed", "view_count", True),
    Sort("least-viewed", "Least viewed", "view_count", False),
    Sort("recorded", "Recorded last", "recorded_at", True, "moment", has_nulls=True),
    Sort("recorded-first", "Recorded first", "recorded_at", False, "moment", has_nulls=True),
    Sort("released", "Released last", "release_date", True, "day", has_nulls=True),
    Sort("released-first", "Released first", "release_date", False, "day", has_nulls=True),
    RANDOM,
]


def register_sort(*sorts: Sort) -> None:
    """Makes further orders known. A key that is taken by another is a programming error."""
    for sort in sorts:
        known = {one.key: one for one in _SORTS}
        if known.get(sort.key, sort) != sort:
            raise ValueError(f"Two orders are called {sort.key!r}.")
        if sort.key not in known:
            _SORTS.append(sort)


def all_sorts() -> list[Sort]:
    """In the order of their registration."""
    return list(_SORTS)


def sort_of(key: str | None) -> Sort:
    """The order of that address, or newest first. "random" alone is the one of seed 0."""
    if seeded := _SEEDED.fullmatch(key or ""):
        return replace(RANDOM, seed=int(seeded[1]))
    return next((sort for sort in _SORTS if sort.key == key), NEWEST)


class CursorError(ValueError):
    """A cursor that this page did not write."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in an order: the sorted value as JSON has it (None: among those without one) and the video's id."""

    value: str | float | None
    video_id: int

    @classmethod
    def at(cls, value: Any, video_id: int) -> "Cursor":
        """The place of a value as the database gives it."""
        if isinstance(value, datetime | date):
            return cls(value.isoformat(), video_id)
        return cls(float(value) if isinstance(value, Decimal) else value, video_id)

    def encoded(self) -> str:
        """Letters, digits, - and _ only, for an address."""
        raw = json.dumps([self.value, self.video_id], ensure_ascii=False).encode()
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    @classmethod
    def decoded(cls, text: str) -> "Cursor":
        """Raises CursorError on anything that `encoded` did not write."""
        try:
            raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            value, video_id = json.loads(raw, parse_constant=_refuse)
        except (ValueError, TypeError, binascii.Error) as error:
            raise CursorError(text) from error
        is_value = value is None or (isinstance(value, str | int | float) and not isinstance(value, bool))
        if not is_value or not isinstance(video_id, int) or isinstance(video_id, bool) or abs(video_id) >= 2**63:
            raise CursorError(text)
        # Neither NUL nor half a character can be in PostgreSQL's text, nor more than 64 bits in its numbers.
        if isinstance(value, str) and ("\0" in value or value.encode(errors="replace").decode() != value):
            raise CursorError(text)
        # Infinity too: JSON's 1e999 is one.
        if not isinstance(value, str | None) and abs(value) >= (2**63 if isinstance(value, int) else inf):
            raise CursorError(text)
        return cls(value, video_id)

    def as_value(self, sort: Sort) -> Any:
        """The value as the database compares it. Raises CursorError when it is a place in another order."""
        if self.value is None or isinstance(self.value, str) != (sort.value != "number"):
            raise CursorError(str(self.value))
        parse = _PARSERS.get(sort.value)
        try:
            return parse(str(self.value)) if parse else self.value
        except (ValueError, OverflowError) as error:
            raise CursorError(str(self.value)) from error


def _moment(text: str) -> datetime:
    """In UTC: PostgreSQL refuses offsets of 16 hours and more, Python doesn't. Raises ValueError, OverflowError."""
    value = datetime.fromisoformat(text)
    if value.tzinfo is None:
        raise ValueError(text)
    return value.astimezone(UTC)


_PARSERS: dict[str, Callable[[str], Any]] = {"moment": _moment, "day": date.fromisoformat}


def _refuse(constant: str) -> None:
    raise CursorError(constant)


def placed(rows: VideoQuerySet, sort: Sort, *, text: str, user: User | None) -> tuple[VideoQuerySet, str]:
    """The videos with what they are sorted by, and the name of that. By rank: only the candidates."""
    if sort.kind == "random":
        mixed = Func(F("pk"), Value(sort.seed), function="hashint8extended", output_field=BigIntegerField())
        return rows.annotate(place=mixed), "place"
    if sort.kind == "rank":
        query = SearchQuery(text_query(text), config="simple", search_type="raw")
        candidates = rows.order_by("-pk").values("pk")[:RANKED_AT_MOST]
        rank = Cast(SearchRank(F("text__document"), query), FloatField())
        return Video.objects.filter(pk__in=candidates).annotate(place=rank), "place"
    if sort.relation:
        own = FilteredRelation(sort.relation, condition=Q(**{f"{sort.relation}__user": user}))
        return rows.annotate(own=own), f"own__{sort.field}"
    return rows, sort.field
