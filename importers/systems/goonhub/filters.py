"""Saved searches: filters by names become filters by our rows."""

import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from importers.records import Mapped, Record, Ref
from importers.sources.cleaning import clean_boolean, clean_date, clean_number, clean_text
from importers.systems.goonhub.row import Row
from library.filters import FilterError, parse_filter

Condition = dict[str, Any]

SORTS: Mapping[str, str] = {
    "created_at_desc": "newest", "created_at_asc": "oldest", "newest": "newest", "oldest": "oldest",
    "title_asc": "title", "title_desc": "title-desc", "duration_desc": "longest", "duration_asc": "shortest",
    "size_desc": "largest", "size_asc": "smallest", "view_count_desc": "most-viewed",
    "view_count_asc": "least-viewed", "random": "random", "relevance": "best",
}  # fmt: skip
_RESOLUTIONS: Mapping[str, str] = {
    "8k": "4320", "4320p": "4320", "4k": "2160", "2160p": "2160", "uhd": "2160", "1440p": "1440", "2k": "1440",
    "1080p": "1080", "fhd": "1080", "720p": "720", "hd": "720", "480p": "sd", "360p": "sd", "240p": "sd", "sd": "sd",
}  # fmt: skip
# Stands for a reference while a filter is tried out.
_SOME_UUID = "00000000-0000-4000-8000-000000000000"
_EARLIEST = "1970-01-02"


def map_saved_search(row: Row) -> Mapped:
    """What has no facet of ours, and names that nobody has, are kept."""
    name = row.named("name", 100)
    if own := row.lookups.own_name("saved_searches", row.key):
        row.keep("name", name, "name_taken")
        name = own
    asked = row.json("filters", dict, {})
    search = _Search(row, asked)
    found, rest = search.translated()
    if rest:
        row.keep("filters", rest)
    values = {
        "user": row.ref("user_id", "users"),
        **row.uuid(),
        "name": name,
        "filter": found,
        "sort": search.sort,
    }
    return row.mapped(Record("library.savedsearch", row.made_at(values)), title=name)


class _Search:
    """One filter on its way: `asked` loses what has been understood."""

    def __init__(self, row: Row, asked: Mapping[str, Any]) -> None:
        self._row, self._left = row, {name: value for name, value in asked.items() if value not in (None, "", [], {})}
        self.sort = ""

    def translated(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Our filter, and what of theirs is not in it."""
        parts: list[Condition] = []
        for translate in _TRANSLATE:
            for condition in translate(self):
                if _is_possible(condition):
                    parts.append(condition)
                else:
                    self._row.note("bad_value")
                    self._left.setdefault(condition["facet"], _shown(condition["value"]))
        self._order()
        return ({"all": parts} if parts else {}), self._left

    def words(self) -> list[Condition]:
        text = clean_text(self._left.pop("query", ""))[0].strip()
        return [{"facet": "text", "op": "has", "value": text}] if text else []

    def tags(self) -> list[Condition]:
        return self._rows("selected_tags", "tags", "tag", "")

    def actors(self) -> list[Condition]:
        return self._rows("selected_actors", "actors", "creator", "public_id")

    def studio(self) -> list[Condition]:
        """Studios aren't unique by name: any of that name."""
        found = self._found("studio", "studios", self._left.get("studio"), "public_id")
        return [{"facet": "studio", "op": "exact", "value": found}] if found else []

    def resolution(self) -> list[Condition]:
        given = self._left.get("resolution")
        words = given if isinstance(given, list) else [given]
        ours = [_RESOLUTIONS.get(str(word).strip().lower()) for word in words if word is not None]
        if not ours or None in ours:
            return []
        self._left.pop("resolution")
        return [{"facet": "resolution", "op": "any", "value": list(dict.fromkeys(ours))}]

    def duration(self) -> list[Condition]:
        """Seconds there, minutes here."""
        return self._range("duration", "min_duration", "max_duration", scale=1 / 60)

    def rating(self) -> list[Condition]:
        return self._range("rating", "min_rating", "max_rating")

    def tally(self) -> list[Condition]:
        return self._range("tally", "min_jizz_count", "max_jizz_count")

    def dates(self) -> list[Condition]:
        """When it was added. The last day counts whole."""
        (low, bad_low), (high, bad_high) = (clean_date(self._left.get(name)) for name in ("min_date", "max_date"))
        if bad_low or bad_high or not (low or high):
            self._row.note(bad_low or bad_high)
            return []
        self._pop("min_date", "max_date")
        if high is None:
            return [{"facet": "added", "op": "since", "value": _day(low)}]
        if low is None:
            return [{"facet": "added", "op": "before", "value": _day(high + timedelta(days=1))}]
        return [{"facet": "added", "op": "between", "value": [_day(low), _day(high)]}]

    def liked(self) -> list[Condition]:
        value, reason = clean_boolean(self._left.get("liked"))
        if reason or value is None:
            return []
        self._left.pop("liked")
        # No is the same as not asked for.
        return [{"facet": "favorite", "op": "is", "value": True}] if value else []

    def _order(self) -> None:
        key = re.sub(r"^random[-_].*", "random", str(self._left.get("sort", "")).strip().lower())
        if key in SORTS:
            self.sort = SORTS[key]
            self._left.pop("sort")

    def _rows(self, name: str, table: str, facet: str, column: str) -> list[Condition]:
        """Every name must be met; of a name that several have, one of them."""
        given = self._left.get(name)
        conditions: list[Condition] = []
        for one in given if isinstance(given, list) else [given]:
            if found := self._found(name, table, one, column):
                conditions.append({"facet": facet, "op": "any", "value": found})
        return conditions

    def _found(self, name: str, table: str, given: Any, column: str) -> list[Ref]:
        """The rows of a name, which is then no longer left; one that nobody has is counted."""
        if given is None:
            return []
        refs = self._row.lookups.named(table, clean_text(given)[0])
        if not refs:
            self._row.note("dangling_reference")
            return []
        left = self._left.get(name)
        if isinstance(left, list) and len(left) > 1:
            self._left[name] = [one for one in left if one != given]
        else:
            self._left.pop(name, None)
        return [Ref(ref.table, ref.key, ref.part, column) for ref in refs]

    def _range(self, facet: str, least: str, most: str, scale: float = 1) -> list[Condition]:
        (low, bad_low), (high, bad_high) = (clean_number(self._left.get(name)) for name in (least, most))
        # Nought is how the source says that nothing was asked for.
        low, high = (round(value * scale, 6) if value else None for value in (low, high))
        if bad_low or bad_high:
            self._row.note("bad_number")
            return []
        self._pop(least, most)
        if low is None and high is None:
            return []
        if low is None or high is None:
            return [{"facet": facet, "op": "lte" if low is None else "gte", "value": high if low is None else low}]
        return [{"facet": facet, "op": "between", "value": sorted([low, high])}]

    def _pop(self, *names: str) -> None:
        for name in names:
            self._left.pop(name, None)


_TRANSLATE: tuple[Callable[[_Search], list[Condition]], ...] = (
    _Search.words, _Search.tags, _Search.actors, _Search.studio, _Search.resolution, _Search.duration, _Search.dates,
    _Search.liked, _Search.rating, _Search.tally,
)  # fmt: skip


def _is_possible(condition: Condition) -> bool:
    """Whether our library takes it, whatever rows the references become."""
    value = condition["value"]
    if isinstance(value, list):
        value = [(_SOME_UUID if one.column else 1) if isinstance(one, Ref) else one for one in value]
    try:
        parse_filter({**condition, "value": value})
    except FilterError:
        return False
    return True


def _shown(value: Any) -> Any:
    return [str(one.key) if isinstance(one, Ref) else one for one in value] if isinstance(value, list) else value


def _day(day: date | None) -> str:
    return day.isoformat() if day else _EARLIEST
