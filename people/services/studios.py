"""Studios by name, and their tree."""

from collections.abc import Iterable
from typing import Any

from library.models import User
from library.services.finding import Found
from people.models import Studio, StudioAlias


def find_studio(name: str, *, disambiguation: str = "") -> Studio | None:
    """Like `people.services.creators.find_creator`, for studios."""
    raise NotImplementedError


def find_or_create_studio(
    *, name: str, disambiguation: str = "", user: User | None = None, source: str = "manual", **facts: Any
) -> Found[Studio]:
    """Like `people.services.creators.find_or_create_creator`, for studios."""
    raise NotImplementedError


def similar_studios(name: str) -> list[Studio]:
    """Studios that may be meant: accents, spaces or one or two letters differ. At most ten, nearest first."""
    raise NotImplementedError


def add_studio_alias(*, studio: Studio, name: str, user: User | None, source: str = "manual") -> StudioAlias | None:
    """Gives a studio another name; None when it goes by it already."""
    raise NotImplementedError


def move_studio(*, studio: Studio, parent: Studio | None, network: Studio | None, user: User | None) -> Studio:
    """Makes a studio part of another and of a network. Raises TreeError where it would be part of itself."""
    raise NotImplementedError


def descendant_ids(studio_ids: Iterable[int]) -> set[int]:
    """The ids given and those of all studios that are part of them (by parent or network), trashed ones left out."""
    raise NotImplementedError
