"""Moving the rows that point to one thing to another, which may have rows like them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import Case, Exists, OuterRef, QuerySet, Value, When

# Tells the row that stays what the other one said. It changes the first one's columns and saves nothing.
Combine = Callable[[Any, Any], None]
_MOST_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class MovedLink:
    """Rows of `model` whose foreign key `field` follows a merge to the keeper.

    Rows that agree in `unique_with` collide: one stays (the keeper's, else that of the first of the others), `combine`
    tells it what each other one said, and those go. `one_only` names a flag that only one row of the keeper may have
    set: the keeper's own keeps it, else the first of the others'.
    """

    model: type[models.Model]
    field: str
    unique_with: tuple[str, ...] = ()
    combine: Combine | None = None
    one_only: str = ""


@dataclass(frozen=True, slots=True)
class Moved:
    """How many rows point to the keeper now, and how many went because it had the like."""

    moved: int
    combined: int


def move_link(link: MovedLink, *, keep_id: int, other_ids: list[int]) -> Moved:
    """Points the rows of `other_ids` to `keep_id`. The number of statements doesn't grow with the rows that don't
    collide; of those that do, 500 are written at once."""
    combined = _combine(link, keep_id, other_ids) if link.unique_with else 0
    theirs = _rows(link).filter(**{f"{link.field}__in": other_ids})
    if link.one_only:
        _keep_one_flag(link, keep_id, theirs, other_ids)
    return Moved(theirs.update(**{link.field: keep_id}), combined)


def _rows(link: MovedLink) -> "QuerySet[Any]":
    return link.model._base_manager.all()


def _combine(link: MovedLink, keep_id: int, other_ids: list[int]) -> int:
    """Leaves one row of each group that would collide; returns how many went."""
    family = {f"{link.field}__in": [keep_id, *other_ids]}
    like = _rows(link).filter(**family, **{name: OuterRef(name) for name in link.unique_with})
    colliding = _rows(link).filter(**family).filter(Exists(like.exclude(pk=OuterRef("pk"))))
    rank = {row_id: number for number, row_id in enumerate([keep_id, *other_ids])}
    groups: dict[tuple[Any, ...], list[Any]] = {}
    names = [_attribute(link.model, name) for name in link.unique_with]
    owner = _attribute(link.model, link.field)
    for row in colliding.order_by("pk"):
        groups.setdefault(tuple(getattr(row, name) for name in names), []).append(row)
    gone, changed = [], []
    columns = [one for one in link.model._meta.concrete_fields if not one.primary_key and not one.generated]
    for rows in groups.values():
        rows.sort(key=lambda row: (rank[getattr(row, owner)], row.pk))
        stays, *others = rows
        before = [getattr(stays, one.attname) for one in columns]
        for other in others:
            if link.combine:
                link.combine(stays, other)
        gone += [other.pk for other in others]
        if before != [getattr(stays, one.attname) for one in columns]:
            changed.append(stays)
    # First: what goes may hold a flag that only one row can have.
    _rows(link).filter(pk__in=gone).delete()
    written = [one.name for one in columns if one.name not in ("created_at", "updated_at", link.field)]
    _rows(link).bulk_update(changed, written, batch_size=_MOST_AT_ONCE)
    return len(gone)


def _keep_one_flag(link: MovedLink, keep_id: int, theirs: "QuerySet[Any]", other_ids: list[int]) -> None:
    """Takes the flag off all rows of the others but one, and off that too where the keeper has one."""
    flagged = theirs.filter(**{link.one_only: True})
    if not _rows(link).filter(**{link.field: keep_id, link.one_only: True}).exists():
        order = Case(*(When(**{link.field: one}, then=Value(number)) for number, one in enumerate(other_ids)))
        first = flagged.order_by(order, "pk").values_list("pk", flat=True).first()
        flagged = flagged.exclude(pk=first)
    flagged.update(**{link.one_only: False})


def _attribute(model: type[models.Model], name: str) -> str:
    attribute: str = model._meta.get_field(name).attname  # type: ignore[union-attr]
    return attribute
