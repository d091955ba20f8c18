"""Filters as conditions of the database."""

from typing import TypeVar

from django.db.models import Model, Q, QuerySet

from library.filters.registry import Ask, get_facet
from library.filters.tree import Condition, Group, Part
from library.filters.values import working_value
from library.models import User, Video, VideoFile

Row = TypeVar("Row", bound=Model)
# Django drops an empty Q, negated or not, and what it is combined with by "or" stays alone.
_EVERY = ~Q(pk__in=[])


def apply_filter(rows: QuerySet[Row], whole: Group, user: User | None) -> QuerySet[Row]:
    """Rows of Video, or of VideoFile by their videos, that the filter lets through; none twice, whatever it asks.

    `user` is whose ratings and plays count; without one, nobody's. Conditions on a tree (tags with children) ask the
    database once each for what lies below.
    """
    if not whole:
        return rows
    return rows.filter(_to_q(whole, user, _prefix(rows.model)))


def _prefix(model: type[Model]) -> str:
    if issubclass(model, Video):
        return ""
    if issubclass(model, VideoFile):
        return "video__"
    raise TypeError(f"Filters are of videos, not of {model.__name__}.")


def _to_q(part: Part, user: User | None, prefix: str) -> Q:
    if isinstance(part, Condition):
        q = _condition(part, user, prefix)
    else:
        q = Q()
        for one in part.parts:
            inner = _to_q(one, user, prefix)
            q = q & inner if part.mode == "all" else q | inner
    return ~q if part.is_negated else q


def _condition(condition: Condition, user: User | None, prefix: str) -> Q:
    facet = get_facet(condition.facet)
    value = working_value(facet, condition.operator, condition.value)
    return facet.to_q(Ask(condition.operator, value, user, prefix)) or _EVERY
