"""The tree of tags, and the page of one."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from library.access import current_user, requires
from library.models import Tag
from library.services.tags import TagNode, list_children, tag_tree, tags_above
from people.views.videos import render_with_videos
from playback.models.user_settings import TagSort
from playback.services.user_settings import settings_of


@requires("library.view_video")
@require_safe
def tags(request: HttpRequest) -> HttpResponse:
    """`/tags/`: every tag below the one that it belongs to, with its colour and the number of its videos."""
    order = settings_of(current_user(request)).default_tag_sort
    tree = [list(_branch(root, order)) for root in _in_order(tag_tree(), order)]
    return render(request, "people/tags.html", {"tree": tree, "count": sum(map(len, tree))})


@requires("library.view_video")
@require_safe
def tag(request: HttpRequest, tag_id: int) -> HttpResponse:
    """`/tags/<id>/`: the way to a tag, what lies below it, its videos and theirs. 404 for one in the trash."""
    found = get_object_or_404(Tag.objects.in_use(), pk=tag_id)
    context = {
        "tag": found,
        "above": tags_above(found),
        "children": _in_order(list_children(found), settings_of(current_user(request)).default_tag_sort),
        "aliases": found.aliases.all()[:50],
    }
    return render_with_videos(request, "people/tag.html", facet="tag", value=found.pk, context=context)


def _in_order(nodes: Sequence[TagNode], order: str) -> Sequence[TagNode]:
    """Tags of one parent as the user likes them: as they come (the owner's order, then the name), by name from its
    end, or by the number of their videos."""
    if order == TagSort.NAME_BACKWARDS:
        return sorted(nodes, key=lambda node: node.tag.name.casefold(), reverse=True)
    if order in (TagSort.MOST, TagSort.LEAST):
        sign = -1 if order == TagSort.MOST else 1
        return sorted(nodes, key=lambda node: (sign * node.total_count, node.tag.name.casefold()))
    return nodes


def _branch(node: TagNode, order: str) -> Iterator[dict[str, Any]]:
    """The rows of a tag and all that lies below it, in order: one loop of the template, however deep the tree is."""
    tag = node.tag
    yield {
        "name": tag.name,
        "color": tag.color,
        "address": tag.get_absolute_url(),
        "depth": node.depth,
        "count": f"{node.total_count:,}",
    }
    for child in _in_order(node.children, order):
        yield from _branch(child, order)
