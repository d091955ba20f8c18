"""People by name."""

from typing import Any

from library.models import User
from library.services.finding import Found
from people.models import Creator, CreatorAlias
from people.services.named import add_name, find_named, find_or_create_named, similar_named


def find_creator(name: str, *, disambiguation: str = "") -> Creator | None:
    """The person in use of that name, else the one it is an alias of; only then one in the trash, in the same order.

    Case, spaces and the way accents are composed don't count. Raises AmbiguousNameError where several go by it. With a
    disambiguation only a person of exactly both is found.
    """
    return find_named(Creator, name, disambiguation=disambiguation)


def find_or_create_creator(
    *, name: str, disambiguation: str = "", user: User | None = None, source: str = "manual", **facts: Any
) -> Found[Creator]:
    """Like `find_creator`; one in the trash is taken out of it, and a missing one is made with `facts` (columns)."""
    return find_or_create_named(
        Creator, name=name, disambiguation=disambiguation, user=user, source=source, facts=facts
    )


def similar_creators(name: str) -> list[Creator]:
    """People in use who may be meant: case, accents, spaces or a letter or two differ. Ten at most, nearest first."""
    return similar_named(Creator, name)


def add_alias(*, creator: Creator, name: str, user: User | None, source: str = "manual") -> CreatorAlias | None:
    """Gives a person another name; None when they go by it already."""
    alias = add_name(creator, name, user=user, source=source)
    assert alias is None or isinstance(alias, CreatorAlias)
    return alias
