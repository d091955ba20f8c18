"""Tags by name, and their tree."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.core.cache import cache
from django.db import IntegrityError, connection, transaction
from django.db.models import F

from library.counting import count_videos
from library.exceptions import TreeError
from library.models import Tag, User, VideoTag
from library.models.names import clean_name, key_of
from library.models.tree import ids_above, ids_below, lies_below, lock_tree
from library.services.changes import change_batch
from library.services.finding import Found, of_like_letters, resembling

_MOST_SIMILAR = 10
_COUNTS_KEPT_SECONDS = 60
# Of so many videos a few more or less are no news, and they take the longest to count.
_MANY = 10_000
_MANY_KEPT_SECONDS = 600
_MANY_KEY = "tag-counts-many"


@dataclass(slots=True)
class TagNode:
    """A tag in the tree. `video_count` is of its own videos, `total_count` with those of tags below it (each once).

    Videos in the trash aren't counted. `child_count` is of the tags directly below it, where a list tells it.
    """

    tag: Tag
    depth: int
    video_count: int = 0
    total_count: int = 0
    children: "list[TagNode]" = field(default_factory=list)
    child_count: int = 0


def find_tag(name: str, *, parent: Tag | None = None) -> Tag | None:
    """The tag in use of that name, else the one it is an alias of; only then one in the trash, in the same order.

    Case, spaces and the way accents are composed don't count. With `parent` only among its children. Of several by
    that name the one highest in the tree: a root before a child, then the oldest.
    """
    key = key_of(name)
    rows = Tag.objects.filter(parent=parent) if parent is not None else Tag.objects.all()
    in_order = (F("trashed_at").asc(nulls_first=True), F("parent").asc(nulls_first=True), "pk")
    by_name = rows.filter(name_key=key).order_by(*in_order).first()
    if by_name is not None and by_name.trashed_at is None:
        return by_name
    by_alias = rows.filter(aliases__name_key=key).order_by(*in_order).first()
    if by_name is None or (by_alias is not None and by_alias.trashed_at is None):
        return by_alias
    return by_name


def find_or_create_tag(*, name: str, parent: Tag | None = None, user: User | None = None) -> Found[Tag]:
    """Like `find_tag`; one in the trash is taken out of it, and a missing one is made below `parent`.

    Two at once make one. Raises ValueError for a name of nothing.
    """
    if not clean_name(name):
        raise ValueError("A tag needs a name.")
    tag = find_tag(name, parent=parent)
    if tag is None:
        try:
            with change_batch(summary=f"Made the tag {clean_name(name)}", user=user), transaction.atomic():
                return Found(Tag.objects.create(name=name, parent=parent), is_new=True)
        except IntegrityError:
            # Somebody else was first; whoever it was has committed, or this would still wait.
            tag = find_tag(name, parent=parent)
            if tag is None:
                raise
    if tag.trashed_at is None:
        return Found(tag)
    with change_batch(summary=f"Took the tag {tag.name} out of the trash", user=user):
        tag.trashed_at = None
        tag.save(update_fields=["trashed_at"])
    return Found(tag, was_trashed=True)


def similar_tags(name: str) -> list[Tag]:
    """Tags in use that may be meant: case, accents, spaces or one or two letters differ. Ten at most, nearest first."""
    rows = Tag.objects.in_use()
    ids = resembling(name, of_like_letters(rows, name).values_list("pk", "name_key"))[:_MOST_SIMILAR]
    found = rows.in_bulk(ids)
    return [found[one] for one in ids if one in found]


def move_tag(*, tag: Tag, parent: Tag | None, user: User | None) -> Tag:
    """Puts the tag below another, None for a root. Raises TreeError where it would lie below itself or beside one of
    its name."""
    where = f"below {parent}" if parent else "to the top"
    with change_batch(summary=f"Moved the tag {tag} {where}", user=user):
        lock_tree(Tag)
        if lies_below(Tag, row_id=parent.pk if parent else None, above_id=tag.pk):
            raise TreeError(f"{tag} can't lie below itself: {parent} is a part of it.")
        if Tag.objects.filter(parent=parent, name_key=tag.name_key).exclude(pk=tag.pk).exists():
            raise TreeError(f"There is a tag named {tag} there already. Merge the two instead.")
        tag.parent = parent
        tag.save(update_fields=["parent"])
    return tag


def descendant_ids(tag_ids: Iterable[int]) -> set[int]:
    """The ids given and those of all tags below them, trashed ones left out. One query."""
    return ids_below(Tag, list(tag_ids))


def tag_tree(*, at_most: int = 5_000) -> list[TagNode]:
    """The roots of the tree of tags in use, in order, each with its children. Two queries, five where counts changed.

    A tag whose parent lies in the trash stands at the top. Of more than `at_most` tags the others are left out.
    """
    tags = list(Tag.objects.in_use().defer("description").order_by("position", "name", "pk")[:at_most])
    nodes = {node.tag.pk: node for node in _counted(tags, depth=0)}
    roots: list[TagNode] = []
    for tag in tags:
        above = nodes.get(tag.parent_id or 0)
        (above.children if above else roots).append(nodes[tag.pk])
    stack = list(roots)
    while stack:
        node = stack.pop()
        for child in node.children:
            child.depth = node.depth + 1
        stack.extend(node.children)
    return roots


def _counted(tags: Sequence[Tag], *, depth: int) -> list[TagNode]:
    """The tags with the numbers of their videos."""
    own, totals = tag_counts([tag.pk for tag in tags])
    return [TagNode(tag, depth, own.get(tag.pk, 0), totals.get(tag.pk, 0)) for tag in tags]


def tag_counts(tag_ids: Sequence[int]) -> tuple[dict[int, int], dict[int, int]]:
    """The videos of each tag, and those of each with the tags below it; tags without any may be left out.

    Counting all tags of a large library takes longer than a page may: the numbers are kept for a minute, or until a tag
    is put on a video somewhere, and those above ten thousand for ten minutes. Only what is taken off or trashed
    meanwhile, and tags that are moved, show late. Three queries, one where nothing changed.
    """
    newest = VideoTag.objects.order_by("-pk").values_list("pk", flat=True).first()
    of = hashlib.blake2b(",".join(map(str, tag_ids)).encode(), digest_size=16).hexdigest()
    key = f"tag-counts-{newest}-{of}"
    counts: tuple[dict[int, int], dict[int, int]] | None = cache.get(key)
    if counts is None:
        known: dict[int, tuple[int, int]] = cache.get(_MANY_KEY) or {}
        unknown = [tag_id for tag_id in tag_ids if tag_id not in known]
        own = count_videos(VideoTag, "tag", unknown)
        totals = {**own, **_count_with_children(unknown)}
        many = {tag_id: (own.get(tag_id, 0), total) for tag_id, total in totals.items() if total > _MANY}
        if many:
            cache.set(_MANY_KEY, {**known, **many}, _MANY_KEPT_SECONDS)
        for tag_id in set(tag_ids) & known.keys():
            own[tag_id], totals[tag_id] = known[tag_id]
        counts = own, totals
        cache.set(key, counts, _COUNTS_KEPT_SECONDS)
    return counts


def _count_with_children(tag_ids: Sequence[int]) -> dict[int, int]:
    """Videos of those of the tags that have children, those of their children included, each once.

    Tag by tag, whatever PostgreSQL thinks of how many there are: it would read the links of all tags.
    """
    tags, links = Tag._meta.db_table, VideoTag._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH RECURSIVE pairs(root, id) AS (
                SELECT id, id FROM {tags} AS tag WHERE trashed_at IS NULL AND id = ANY(%(ids)s)
                   AND EXISTS (SELECT FROM {tags} WHERE parent_id = tag.id AND trashed_at IS NULL)
                UNION
                SELECT pairs.root, next.id FROM {tags} AS next JOIN pairs ON next.parent_id = pairs.id
                 WHERE next.trashed_at IS NULL
            ) SELECT pairs.root, count(DISTINCT link.video_id) FROM pairs
               CROSS JOIN LATERAL (SELECT video_id FROM {links} WHERE tag_id = pairs.id OFFSET 0) AS link
               WHERE link.video_id NOT IN (SELECT id FROM library_video WHERE trashed_at IS NOT NULL)
               GROUP BY pairs.root""",
            {"ids": list(tag_ids)},
        )
        return dict(cursor.fetchall())


def list_children(tag: Tag, *, at_most: int = 500) -> list[TagNode]:
    """The tags directly below one, in order, with the number of videos of each and what lies below it."""
    rows = Tag.objects.in_use().filter(parent=tag).order_by("position", "name", "pk")
    return _counted(list(rows[:at_most]), depth=1)


def tags_above(tag: Tag) -> list[Tag]:
    """What a tag lies below, the root first; what is in the trash is left out. Two queries, none for a root."""
    if tag.parent_id is None:
        return []
    ids = ids_above(Tag, tag.pk)
    found = Tag.objects.in_use().in_bulk(ids)
    return [found[one] for one in reversed(ids) if one in found]


def reorder_tags(*, tag_ids: Sequence[int], user: User | None) -> None:
    """Gives siblings this order. Raises TreeError when they aren't of one parent."""
    with change_batch(summary=f"Changed the order of {len(tag_ids)} tags", user=user):
        tags = Tag.objects.select_for_update(no_key=True).in_bulk(tag_ids)
        if len({tag.parent_id for tag in tags.values()}) > 1:
            raise TreeError("Only tags that lie below the same one can be put in order.")
        moved = []
        for position, tag_id in enumerate(one for one in tag_ids if one in tags):
            if tags[tag_id].position != position:
                tags[tag_id].position = position
                moved.append(tags[tag_id])
        Tag.objects.bulk_update(moved, ["position"])
