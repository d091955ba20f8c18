"""Studios by name, and their tree."""

from collections.abc import Iterable
from typing import Any

from library.exceptions import TreeError
from library.models import User
from library.models.tree import ids_below, lies_below, lock_tree
from library.services.changes import change_batch
from library.services.finding import Found
from people.models import Studio, StudioAlias
from people.services.named import add_name, find_named, find_or_create_named, similar_named


def find_studio(name: str, *, disambiguation: str = "") -> Studio | None:
    """Like `people.services.creators.find_creator`, for studios."""
    return find_named(Studio, name, disambiguation=disambiguation)


def find_or_create_studio(
    *, name: str, disambiguation: str = "", user: User | None = None, source: str = "manual", **facts: Any
) -> Found[Studio]:
    """Like `people.services.creators.find_or_create_creator`, for studios."""
    return find_or_create_named(Studio, name=name, disambiguation=disambiguation, user=user, source=source, facts=facts)


def similar_studios(name: str) -> list[Studio]:
    """Studios in use that may be meant: case, accents, spaces or a letter or two differ. Ten at most, nearest first."""
    return similar_named(Studio, name)


def add_studio_alias(*, studio: Studio, name: str, user: User | None, source: str = "manual") -> StudioAlias | None:
    """Gives a studio another name; None when it goes by it already."""
    alias = add_name(studio, name, user=user, source=source)
    assert alias is None or isinstance(alias, StudioAlias)
    return alias


def move_studio(*, studio: Studio, parent: Studio | None, network: Studio | None, user: User | None) -> Studio:
    """Makes a studio part of another and of a network. Raises TreeError where it would be part of itself."""
    with change_batch(summary=f"Moved the studio {studio}", user=user):
        lock_tree(Studio)
        if lies_below(Studio, row_id=parent.pk if parent else None, above_id=studio.pk):
            raise TreeError(f"{studio} can't be part of itself: {parent} is a part of it.")
        if lies_below(Studio, row_id=network.pk if network else None, above_id=studio.pk, field="network"):
            raise TreeError(f"{studio} can't be in the network {network}, which it contains.")
        studio.parent, studio.network = parent, network
        studio.save(update_fields=["parent", "network"])
    return studio


def descendant_ids(studio_ids: Iterable[int]) -> set[int]:
    """The ids given and those of all studios that are part of them (by parent or network), trashed ones left out."""
    return ids_below(Studio, list(studio_ids), fields=("parent", "network"))
