"""Tags by name, and their tree."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from library.models import Tag, User
from library.services.finding import Found


@dataclass(slots=True)
class TagNode:
    """A tag in the tree. `video_count` is of its own videos, `total_count` with those of tags below it (each once)."""

    tag: Tag
    depth: int
    video_count: int = 0
    total_count: int = 0
    children: "list[TagNode]" = field(default_factory=list)


def find_tag(name: str, *, parent: Tag | None = None) -> Tag | None:
    """The tag of that name, else the one it is an alias of; trashed ones too, after those in use.

    Case, spaces and the way accents are composed don't count. With `parent` only among its children.
    """
    raise NotImplementedError


def find_or_create_tag(*, name: str, parent: Tag | None = None, user: User | None = None) -> Found[Tag]:
    """Like `find_tag`; one in the trash is taken out of it, and a missing one is made below `parent`."""
    raise NotImplementedError


def similar_tags(name: str) -> list[Tag]:
    """Tags that may be meant: only case, spaces or accents differ, or one or two letters. At most ten, nearest first."""
    raise NotImplementedError


def move_tag(*, tag: Tag, parent: Tag | None, user: User | None) -> Tag:
    """Puts the tag below another, None for a root. Raises TreeError where it would lie below itself or beside one of
    its name."""
    raise NotImplementedError


def descendant_ids(tag_ids: Iterable[int]) -> set[int]:
    """The ids given and those of all tags below them, trashed ones left out. One query."""
    raise NotImplementedError


def tag_tree(*, at_most: int = 5_000) -> list[TagNode]:
    """The roots of the tree of tags in use, in order, each with its children. Two queries."""
    raise NotImplementedError


def reorder_tags(*, tag_ids: Sequence[int], user: User | None) -> None:
    """Gives siblings this order. Raises TreeError when they aren't of one parent."""
    raise NotImplementedError
