"""What the page of tags asks: a level of the tree at a time. Everything is bounded."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from django.db.models import Count, Q

from library.folding import fold
from library.models import Tag, TagAlias
from library.models.tag import TagQuerySet
from library.queries import BoundedCount
from library.services.tags import TagNode, tag_counts

PAGE_SIZE = 200
COUNTED_AT_MOST = 100_000
_LONGEST_TEXT = 100

# The owner's order and then the name; the name from its end; by the number of videos.
TagOrder = Literal["own", "backwards", "most", "least"]
_BY_NAME = {"own": ("position", "name", "pk"), "backwards": ("-name_key", "-pk")}


@dataclass(frozen=True, slots=True)
class TagPage:
    """Siblings, or what a search found; `next_offset` is None on the last page."""

    nodes: Sequence[TagNode]
    next_offset: int | None


def list_level(
    *, parent: Tag | None = None, order: TagOrder = "own", offset: int = 0, limit: int = PAGE_SIZE
) -> TagPage:
    """The tags directly below one, or those at the top, where those stand too whose parent lies in the trash. Six
    queries at most."""
    rows = Tag.objects.in_use()
    if parent is None:
        rows = rows.filter(Q(parent=None) | Q(parent__trashed_at__isnull=False))
    else:
        rows = rows.filter(parent=parent)
    return _page(rows, order, offset, limit)


def find_tags(text: str, *, offset: int = 0, limit: int = PAGE_SIZE) -> TagPage:
    """The tags that have the text in their name or in another word for them, by name, their `parent` loaded."""
    words = fold(text[:_LONGEST_TEXT].replace("\0", " "))
    if not words:
        return TagPage([], None)
    others = TagAlias.objects.filter(name_folded__contains=words).order_by().values("tag")
    rows = Tag.objects.in_use().filter(Q(name_folded__contains=words) | Q(pk__in=others))
    return _page(rows, "own", offset, limit)


def count_tags() -> BoundedCount:
    """How many tags are in use, up to a bound."""
    number = Tag.objects.in_use().order_by().values_list("pk")[: COUNTED_AT_MOST + 1].count()
    return BoundedCount(min(number, COUNTED_AT_MOST), number <= COUNTED_AT_MOST)


def _page(rows: TagQuerySet, order: TagOrder, offset: int, limit: int) -> TagPage:
    if order in _BY_NAME:
        ids = list(rows.order_by(*_BY_NAME[order]).values_list("pk", flat=True)[offset : offset + limit + 1])
    else:
        named = list(rows.order_by("name_key", "pk").values_list("pk", flat=True))
        _, totals = tag_counts(named)
        sign = -1 if order == "most" else 1
        ids = sorted(named, key=lambda tag_id: sign * totals.get(tag_id, 0))[offset : offset + limit + 1]
    shown = ids[:limit]
    loaded = Tag.objects.select_related("parent").defer("description", "parent__description").in_bulk(shown)
    own, totals = tag_counts(shown)
    below = Tag.objects.in_use().filter(parent__in=shown).order_by().values_list("parent")
    children: dict[int, int] = dict(below.annotate(number=Count("pk")))
    nodes = [
        TagNode(loaded[one], 0, own.get(one, 0), totals.get(one, 0), child_count=children.get(one, 0))
        for one in shown
        if one in loaded
    ]
    return TagPage(nodes, offset + limit if len(ids) > limit else None)
