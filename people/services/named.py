"""What people and studios have in common: a name with a disambiguation, and aliases."""

from typing import Any, TypeVar

from django.db import IntegrityError, models, transaction
from django.db.models import Value
from django.db.models.functions import Lower

from library.models import User
from library.models.names import clean_name, key_of, name_key
from library.services.changes import change_batch
from library.services.finding import Found, of_like_letters, resembling
from people.exceptions import AmbiguousNameError
from people.models import Creator, Studio

Named = TypeVar("Named", Creator, Studio)
_MOST_SIMILAR = 10


def find_named(model: type[Named], name: str, *, disambiguation: str = "") -> Named | None:
    """The row in use of that name, else the one it is an alias of; only then one in the trash, in the same order.

    With a disambiguation only the one of both. Raises AmbiguousNameError where several are left.
    """
    key = key_of(name)
    rows = model._default_manager.order_by("pk")
    if disambiguation:
        # LOWER as in the constraint: UPPER, which iexact compares, makes one of letters that it tells apart.
        wanted = Lower(Value(clean_name(disambiguation)))
        return rows.alias(lower=Lower("disambiguation")).filter(name_key=key, lower=wanted).first()
    named = list(rows.filter(name_key=key))
    candidates = _in_use(named)
    if not candidates:
        known = list(rows.filter(aliases__name_key=key))
        candidates = _in_use(known) or named or known
    if len(candidates) > 1:
        raise AmbiguousNameError(name, candidates)
    return candidates[0] if candidates else None


def _in_use(rows: list[Named]) -> list[Named]:
    return [row for row in rows if row.trashed_at is None]


def find_or_create_named(
    model: type[Named],
    *,
    name: str,
    disambiguation: str,
    user: User | None,
    source: str,
    facts: dict[str, Any],
) -> Found[Named]:
    """Raises ValueError for a name of nothing. Two at once make one."""
    if not clean_name(name):
        raise ValueError(f"A {model._meta.verbose_name} needs a name.")
    noun = model._meta.verbose_name
    row = find_named(model, name, disambiguation=disambiguation)
    if row is None:
        try:
            with (
                change_batch(summary=f"Made the {noun} {clean_name(name)}", user=user, source=source),
                transaction.atomic(),
            ):
                made = model._default_manager.create(name=name, disambiguation=disambiguation, **facts)
                return Found(made, is_new=True)
        except IntegrityError:
            # Somebody else was first; whoever it was has committed, or this would still wait.
            row = find_named(model, name, disambiguation=disambiguation)
            if row is None:
                raise
    if row.trashed_at is None:
        return Found(row)
    with change_batch(summary=f"Took {row} out of the trash", user=user, source=source):
        row.trashed_at = None
        row.save(update_fields=["trashed_at"])
    return Found(row, was_trashed=True)


def similar_named(model: type[Named], name: str) -> list[Named]:
    """Rows in use that may be meant, the nearest first. Two queries."""
    rows = model._default_manager.filter(trashed_at=None)
    ids = resembling(name, of_like_letters(rows, name).values_list("pk", "name_key"))[:_MOST_SIMILAR]
    found = rows.in_bulk(ids)
    return [found[one] for one in ids if one in found]


def add_name(row: Named, name: str, *, user: User | None, source: str) -> models.Model | None:
    """Another name of the row; None when it goes by it already, or the name is nothing."""
    name = clean_name(name)
    if not name or name_key(name) == name_key(row.name):
        return None
    with change_batch(summary=f"{row} is known as {name} too", user=user, source=source):
        # Two at once: the unique constraint lets one through.
        known, is_new = row.aliases.get_or_create(name_key=key_of(name), defaults={"name": name})
    return known if is_new else None
