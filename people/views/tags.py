"""The tree of tags, and the page of one."""

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from library import queries_tags
from library.access import current_user, requires
from library.models import Tag
from library.queries_tags import TagOrder, TagPage
from library.services.tags import TagNode, list_children, tag_tree, tags_above
from people.views.videos import render_with_videos
from playback.models.user_settings import TagSort
from playback.services.user_settings import settings_of

# Up to so many tags the page shows all of them at once; of more each level when it is opened.
WHOLE_TREE = 300
_ORDERS: dict[str, TagOrder] = {
    TagSort.NAME: "own",
    TagSort.NAME_BACKWARDS: "backwards",
    TagSort.MOST: "most",
    TagSort.LEAST: "least",
}


@requires("library.view_video")
@require_safe
def tags(request: HttpRequest) -> HttpResponse:
    """`/tags/`: every tag below the one that it belongs to, with its colour and the number of its videos.

    A large tree comes level by level: `below` is the tag whose level is asked for, as a piece for htmx, `from` how many
    siblings were shown already. `q` is looked for in names.
    """
    order = settings_of(current_user(request)).default_tag_sort
    text, offset = request.GET.get("q", "").strip(), _number(request.GET.get("from", ""))
    limit = queries_tags.PAGE_SIZE
    if text:
        found = queries_tags.find_tags(text, offset=offset, limit=limit)
        return _render_level(request, found, {"text": text, "q": text})
    if below := _number(request.GET.get("below", "")):
        parent = get_object_or_404(Tag.objects.in_use(), pk=below)
        level = queries_tags.list_level(parent=parent, order=_ORDERS[order], offset=offset, limit=limit)
        return _render_level(request, level, {"parent": parent, "below": below})
    count = queries_tags.count_tags()
    if count.number > WHOLE_TREE:
        level = queries_tags.list_level(order=_ORDERS[order], offset=offset, limit=limit)
        return _render_level(request, level, {"count": count})
    tree = [list(_branch(root, order)) for root in _in_order(tag_tree(), order)]
    return render(request, "people/tags.html", {"tree": tree, "count": count})


def _render_level(request: HttpRequest, page: TagPage, context: dict[str, Any]) -> HttpResponse:
    """The page with one level, or for htmx its rows only."""
    asked = {name: context[name] for name in ("q", "below") if name in context}
    more = f"{request.path}?{urlencode({**asked, 'from': page.next_offset})}" if page.next_offset else ""
    shown = {**context, "nodes": page.nodes, "more": more, "is_continued": "from" in request.GET}
    return render(request, "people/_tag_level.html" if _is_piece(request) else "people/tags.html", shown)


def _is_piece(request: HttpRequest) -> bool:
    """Whether htmx asks for rows to put into the page. The search box takes its results out of a whole page, and what
    is restored from the history is one too."""
    is_restoring = request.headers.get("HX-History-Restore-Request") == "true"
    return "HX-Request" in request.headers and request.headers.get("HX-Target") != "results" and not is_restoring


def _number(text: str) -> int:
    """0 for anything that isn't a number of ours."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


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
