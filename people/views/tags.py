"""The tree of tags, and the page of one."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from library.access import requires
from library.models import Tag
from library.services.tags import TagNode, list_children, tag_tree, tags_above
from people.views.videos import render_with_videos


@requires("library.view_video")
@require_safe
def tags(request: HttpRequest) -> HttpResponse:
    """`/tags/`: every tag below the one that it belongs to, with its colour and the number of its videos."""
    tree = [list(_branch(root)) for root in tag_tree()]
    return render(request, "people/tags.html", {"tree": tree, "count": sum(map(len, tree))})


@requires("library.view_video")
@require_safe
def tag(request: HttpRequest, tag_id: int) -> HttpResponse:
    """`/tags/<id>/`: the way to a tag, what lies below it, its videos and theirs. 404 for one in the trash."""
    found = get_object_or_404(Tag.objects.in_use(), pk=tag_id)
    context = {
        "tag": found,
        "above": tags_above(found),
        "children": list_children(found),
        "aliases": found.aliases.all()[:50],
    }
    return render_with_videos(request, "people/tag.html", facet="tag", value=found.pk, context=context)


def _branch(node: TagNode) -> Iterator[dict[str, Any]]:
    """The rows of a tag and all that lies below it, in order: one loop of the template, however deep the tree is."""
    tag = node.tag
    yield {
        "name": tag.name,
        "color": tag.color,
        "address": tag.get_absolute_url(),
        "depth": node.depth,
        "count": f"{node.total_count:,}",
    }
    for child in node.children:
        yield from _branch(child)
