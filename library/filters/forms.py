"""A condition as the pages' forms send it."""

from typing import Any

from django.http import QueryDict

from library.filters.chips import path_of, with_condition
from library.filters.coding import encode_filter
from library.filters.errors import FilterError
from library.filters.registry import Facet, Kind, get_facet
from library.filters.tree import Condition, Group, parse_filter
from library.filters.values import check_value


def added_condition(whole: Group, form: QueryDict) -> str:
    """The code of the filter with the condition of a form: `add` facet, `op`, `value` (and `value2`), `negated`.

    `into` is the place and `mode` "any" or "all" how it is joined there. Raises FilterError with a sentence.
    """
    facet = get_facet(form.get("add"))
    operator = form.get("op", "")
    value = check_value(facet, operator, _value(facet, operator, form))
    condition = Condition(facet.key, operator, value, bool(form.get("negated")))
    mode = form.get("mode", "")
    try:
        added = with_condition(
            whole, condition, path=path_of(form.get("into", "")), mode=mode if mode in ("any", "all") else ""
        )
    except (IndexError, ValueError):
        raise FilterError("The filter is another one meanwhile; add it again.") from None
    return encode_filter(parse_filter(added.as_json()))


def _value(facet: Facet, operator: str, form: QueryDict) -> Any:
    values = [one for one in form.getlist("value") if one != ""]
    if operator == "empty":
        return None
    if operator == "last":
        return _number(values[0]) if values else None
    if facet.kind is Kind.NUMBER:
        numbers = [_number(one) for one in (*values, *form.getlist("value2")) if one != ""]
        return numbers if operator == "between" else numbers[0] if numbers else None
    if facet.kind is Kind.DATE:
        return [*values, *form.getlist("value2")] if operator == "between" else values[0] if values else None
    if facet.kind is Kind.FLAG:
        return form.get("value") != "no"
    if facet.kind is Kind.ROWS and facet.value_type is int:
        return [_number(one) for one in values]
    if facet.kind is Kind.CHOICE:
        return list(form.getlist("value"))
    return values[0] if facet.kind is Kind.TEXT and values else values


def _number(text: str) -> int | float | str:
    """The number, or the text itself where it is none: the check says so."""
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        return text
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else number
