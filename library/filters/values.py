"""Checks of the values in conditions: from JSON to their canonical form, and to what facets work with."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from library.filters.errors import FilterError
from library.filters.registry import Facet, Kind
from library.filters.words import LONGEST_TEXT, text_query

MOST_VALUES = 200
_LONGEST_DAYS = 36_500


def check_value(facet: Facet, operator: str, value: Any) -> Any:
    """The value as the canonical form has it. Raises FilterError with a sentence."""
    if operator not in facet.operator_words():
        raise FilterError(f"“{facet.label}” can't be asked “{str(operator)[:20]}”.")
    if operator == "empty":
        return None
    if operator == "between":
        if not isinstance(value, list) or len(value) != 2:
            raise FilterError(f"“{facet.label}” between needs two values, from and to.")
        checked = [_CHECKS[facet.kind](facet, one) for one in value]
        return sorted(checked)
    if operator == "last":
        return _days(facet, value)
    return _CHECKS[facet.kind](facet, value)


def working_value(facet: Facet, operator: str, value: Any) -> Any:
    """A canonical value as facets take it: days become datetimes in the server's zone, numbers the column's units."""
    if value is None or facet.kind not in (Kind.DATE, Kind.NUMBER):
        return value
    if facet.kind is Kind.NUMBER:
        return [one * facet.scale for one in value] if isinstance(value, list) else value * facet.scale
    if operator == "last":
        return timezone.now() - timedelta(days=value)
    if isinstance(value, list):
        # The last day counts whole.
        return [_midnight(value[0]), _midnight(value[1]) + timedelta(days=1)]
    return _midnight(value)


def _midnight(day: str) -> datetime:
    return timezone.make_aware(datetime.combine(date.fromisoformat(day), time()))


def _text(facet: Facet, value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise FilterError(f"“{facet.label}” needs a text.")
    if len(value) > LONGEST_TEXT * 5:
        raise FilterError(f"The text of “{facet.label}” is too long.")
    if "\0" in value or value.encode(errors="replace").decode() != value:
        raise FilterError(f"The text of “{facet.label}” has characters that can't be looked for.")
    if facet.needs_words and not text_query(value):
        raise FilterError(f"“{facet.label}” needs a word to look for.")
    return value.strip()


def _number(facet: Facet, value: Any) -> int | float:
    # NaN is the one number that is not itself; `math` can't look at integers of hundreds of digits.
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise FilterError(f"“{facet.label}” needs a number.")
    if abs(value) >= 1e15 or (value < 0 and not facet.is_signed):
        raise FilterError(f"“{facet.label}” needs a number that makes sense.")
    return int(value) if float(value).is_integer() else value


def _date(facet: Facet, value: Any) -> str:
    try:
        day = date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        day = None
    if day is None or not 1 < day.year < 9999:
        raise FilterError(f"“{facet.label}” needs a day like 2024-05-31.")
    return day.isoformat()


def _days(facet: Facet, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _LONGEST_DAYS:
        raise FilterError(f"“{facet.label}” in the last needs a number of days, 1 to {_LONGEST_DAYS:,}.")
    return int(value)


def _list(facet: Facet, value: Any) -> list[Any]:
    values = value if isinstance(value, list) else [value]
    if not values:
        raise FilterError(f"“{facet.label}” needs something to look for.")
    if len(values) > MOST_VALUES:
        raise FilterError(f"“{facet.label}” takes {MOST_VALUES} values at most.")
    checked = [_one(facet, one) for one in values]
    return list(dict.fromkeys(checked))


def _one(facet: Facet, value: Any) -> Any:
    if facet.choices is not None and facet.kind is Kind.CHOICE:
        if value not in [choice.value for choice in facet.choices()]:
            raise FilterError(f"“{facet.label}” can't be “{str(value)[:40]}”.")
        return value
    if facet.value_type is int:
        if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**63:
            raise FilterError(f"“{facet.label}” needs numbers of rows.")
        return value
    try:
        return str(UUID(value))
    except (ValueError, TypeError, AttributeError):
        raise FilterError(f"“{facet.label}” needs ids, not “{str(value)[:40]}”.") from None


def _flag(facet: Facet, value: Any) -> bool:
    if not isinstance(value, bool):
        raise FilterError(f"“{facet.label}” is yes or no.")
    return value


_CHECKS: dict[Kind, Callable[[Facet, Any], Any]] = {
    Kind.TEXT: _text,
    Kind.NUMBER: _number,
    Kind.DATE: _date,
    Kind.CHOICE: _list,
    Kind.ROWS: _list,
    Kind.FLAG: _flag,
}
