"""A filter as a tree, its JSON, and its canonical form."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from library.filters.errors import FilterError
from library.filters.registry import get_facet
from library.filters.values import check_value

MOST_CONDITIONS = 50
_DEEPEST = 6


@dataclass(frozen=True)
class Condition:
    """One facet, asked one thing. `value` is canonical JSON."""

    facet: str
    operator: str
    value: Any
    is_negated: bool = False

    def as_json(self) -> dict[str, Any]:
        plain = {"facet": self.facet, "op": self.operator, "value": self.value}
        return {"not": plain} if self.is_negated else plain


@dataclass(frozen=True)
class Group:
    """Parts that must all hold, or any of which is enough. Without parts it lets everything through."""

    mode: Literal["all", "any"] = "all"
    parts: tuple["Condition | Group", ...] = ()
    is_negated: bool = False

    def __bool__(self) -> bool:
        return bool(self.parts)

    def as_json(self) -> dict[str, Any]:
        if not self.parts:
            return {}
        plain: dict[str, Any] = {self.mode: [part.as_json() for part in self.parts]}
        return {"not": plain} if self.is_negated else plain

    def conditions(self) -> Iterator[Condition]:
        """Every condition in it, depth first."""
        for part in self.parts:
            if isinstance(part, Group):
                yield from part.conditions()
            else:
                yield part


Part = Condition | Group
EVERYTHING = Group()


def parse_filter(raw: object) -> Group:
    """The canonical filter of a JSON value. Raises FilterError with a sentence on whatever is no filter."""
    if raw is None or raw == {}:
        return EVERYTHING
    whole = canonical(_parse(raw, 1))
    if sum(1 for _ in whole.conditions()) > MOST_CONDITIONS:
        raise FilterError(f"A filter has {MOST_CONDITIONS} conditions at most.")
    return whole


def canonical(part: Part) -> Group:
    """The outermost group, not negated: empty groups are gone, groups of one are that one, all in all is one all."""
    simple = _simplify(part)
    if simple is None:
        return EVERYTHING
    if isinstance(simple, Group) and not simple.is_negated:
        return simple
    return Group("all", (simple,))


def negate(part: Part) -> Part:
    """Its opposite."""
    if isinstance(part, Group):
        return Group(part.mode, part.parts, not part.is_negated)
    return Condition(part.facet, part.operator, part.value, not part.is_negated)


def _simplify(part: Part) -> Part | None:
    if isinstance(part, Condition):
        return part
    parts: list[Part] = []
    for one in part.parts:
        simple = _simplify(one)
        is_same = isinstance(simple, Group) and simple.mode == part.mode and not simple.is_negated
        inner = simple.parts if is_same and isinstance(simple, Group) else () if simple is None else (simple,)
        parts += [one for one in inner if one not in parts]
    if not parts:
        return None
    if len(parts) == 1:
        return negate(parts[0]) if part.is_negated else parts[0]
    return Group(part.mode, tuple(parts), part.is_negated)


def _parse(raw: object, depth: int) -> Part:
    if depth > _DEEPEST:
        raise FilterError(f"A filter nests {_DEEPEST} levels at most.")
    if not isinstance(raw, dict):
        raise FilterError("A filter is made of all, any, not and facets.")
    keys = set(raw)
    if keys == {"not"}:
        return negate(_parse(raw["not"], depth + 1))
    if keys in ({"all"}, {"any"}):
        mode: Literal["all", "any"] = "all" if "all" in raw else "any"
        parts = raw[mode]
        if not isinstance(parts, list) or len(parts) > MOST_CONDITIONS:
            raise FilterError(f"“{mode}” takes a list of {MOST_CONDITIONS} conditions at most.")
        if not parts and (depth > 1 or mode == "any"):
            raise FilterError(f"“{mode}” needs a condition at least.")
        return Group(mode, tuple(_parse(one, depth + 1) for one in parts))
    if not {"facet", "op"} <= keys <= {"facet", "op", "value"}:
        raise FilterError("A condition has a facet, an op and a value.")
    facet = get_facet(raw["facet"])
    operator = raw["op"] if isinstance(raw["op"], str) else ""
    return Condition(facet.key, operator, check_value(facet, operator, raw.get("value")))
