"""A filter in words, part by part, for the pages; one query for each facet of rows that it names."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from library.filters.coding import encode_filter
from library.filters.registry import Facet, Kind, get_facet
from library.filters.tree import Condition, Group, Part, canonical, negate

Path = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Chip:
    """A condition or a group as it is shown. The codes are of the whole filter after that change."""

    text: str
    is_negated: bool
    without: str
    negated: str
    path: str
    mode: str = ""
    other_mode: str = ""
    parts: tuple["Chip", ...] = ()


def chips_of(whole: Group) -> tuple[Chip, ...]:
    """The parts of the outermost group."""
    names = _names(whole)
    return tuple(_chip(whole, part, (index,), names) for index, part in enumerate(whole.parts))


def in_words(whole: Group) -> str:
    """The whole filter in a line: Tag any of Beach, Length at least 5 min."""
    names = _names(whole)
    return (", " if whole.mode == "all" else " or ").join(_line(part, names) for part in whole.parts)


def changed_at(whole: Group, path: Path, part: Part | None) -> Group:
    """The canonical filter with another part, or none, at a place. Raises IndexError where there is no such place."""
    return canonical(_changed(whole, path, part))


def part_at(whole: Group, path: Path) -> Part:
    """The part at a place; the empty path is the whole. Raises IndexError."""
    part: Part = whole
    for index in path:
        if not isinstance(part, Group):
            raise IndexError(path)
        part = part.parts[index]
    return part


def with_condition(whole: Group, condition: Condition, *, path: Path = (), mode: str = "") -> Group:
    """The filter with one more condition, joined to what is at `path` (the whole, unless one is given): as one more
    demand, or with `mode` "any" as an alternative. Raises IndexError where there is no such place.
    """
    target = part_at(whole, path)
    wanted: Literal["all", "any"] = "any" if mode == "any" else "all"
    is_like = isinstance(target, Group) and target.mode == wanted and not target.is_negated
    parts = target.parts if is_like and isinstance(target, Group) else (target,)
    return changed_at(whole, path, Group(wanted, (*parts, condition)))


def turned(whole: Group) -> Group:
    """The filter with "all of" and "any of" of its outermost group exchanged."""
    return canonical(Group("any" if whole.mode == "all" else "all", whole.parts))


def path_of(text: str) -> Path:
    """Indices written with dots. Raises ValueError."""
    if len(text) > 40:
        raise ValueError(text)
    return tuple(int(one) for one in text.split(".") if one.isascii() and one.isdigit()) if text else ()


def _changed(part: Part, path: Path, new: Part | None) -> Part:
    if not path:
        return new if new is not None else Group()
    if not isinstance(part, Group):
        raise IndexError(path)
    index = path[0]
    inner = _changed(part.parts[index], path[1:], new)
    return Group(part.mode, (*part.parts[:index], inner, *part.parts[index + 1 :]), part.is_negated)


def _chip(whole: Group, part: Part, path: Path, names: Mapping[str, Mapping[Any, str]]) -> Chip:
    without, negated = changed_at(whole, path, None), changed_at(whole, path, negate(part))
    codes = encode_filter(without), encode_filter(negated), ".".join(map(str, path))
    if isinstance(part, Condition):
        return Chip(_text(part, names), part.is_negated, *codes)
    other = Group("any" if part.mode == "all" else "all", part.parts, part.is_negated)
    parts = tuple(_chip(whole, one, (*path, index), names) for index, one in enumerate(part.parts))
    return Chip(
        "",
        part.is_negated,
        *codes,
        mode=part.mode,
        other_mode=encode_filter(changed_at(whole, path, other)),
        parts=parts,
    )


def _line(part: Part, names: Mapping[str, Mapping[Any, str]]) -> str:
    if isinstance(part, Condition):
        text = _text(part, names)
    else:
        text = f"({(' and ' if part.mode == 'all' else ' or ').join(_line(one, names) for one in part.parts)})"
    return f"not {text}" if part.is_negated else text


def _names(whole: Group) -> dict[str, Mapping[Any, str]]:
    """The names of the rows that conditions mention, by facet."""
    wanted: dict[str, list[Any]] = {}
    for condition in whole.conditions():
        if get_facet(condition.facet).kind is Kind.ROWS and condition.value:
            wanted.setdefault(condition.facet, []).extend(condition.value)
    found: dict[str, Mapping[Any, str]] = {}
    for key, values in wanted.items():
        labels = get_facet(key).labels
        found[key] = labels(values) if labels else {}
    return found


def _text(condition: Condition, names: Mapping[str, Mapping[Any, str]]) -> str:
    facet = get_facet(condition.facet)
    said = facet.operator_words()[condition.operator]
    if facet.kind is Kind.FLAG:
        return facet.label if condition.value else f"{facet.label}: no"
    if condition.operator == "empty":
        return f"{facet.label}: {said}"
    if facet.kind in (Kind.CHOICE, Kind.ROWS):
        joined = (" and " if condition.operator == "all" else " or ").join(_values(facet, condition, names))
        suffix = " (nothing below)" if condition.operator == "exact" else ""
        return f"{facet.label}: {joined}{suffix}"
    if condition.operator == "last":
        return f"{facet.label} {said} {condition.value} {'day' if condition.value == 1 else 'days'}"
    if isinstance(condition.value, list):
        low, high = condition.value
        return f"{facet.label} {low} to {high} {facet.unit}".strip()
    if facet.kind is Kind.TEXT:
        return f"{facet.label} {said} “{condition.value}”"
    return f"{facet.label} {said} {condition.value} {facet.unit}".strip()


def _values(facet: Facet, condition: Condition, names: Mapping[str, Mapping[Any, str]]) -> Iterator[str]:
    known: Mapping[Any, str] = names.get(facet.key, {})
    if facet.choices is not None:
        known = {choice.value: choice.label for choice in facet.choices()}
    for value in condition.value:
        yield known.get(value, "something that is gone")
