"""The library: the grid and its live parts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from library import queries
from library.access import current_user, may, requires
from library.queries import NEWEST, BoundedCount, Cursor, CursorError, Sort, VideoPage
from playback.queries import tiles_of
from processing.queries.work import current_work

_MOST_TILES_ASKED = queries.MOST_AT_ONCE


@dataclass(frozen=True, slots=True)
class Wish:
    """What the address of the library page asks for. `show` is how many tiles, where Back should find them again."""

    sort: Sort
    text: str
    after: Cursor | None
    show: int

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Wish":
        """Raises CursorError on a broken `after`; every other junk is the default."""
        after = query.get("after", "")
        show = query.get("show", "")
        count = int(show) if show.isascii() and show.isdigit() and len(show) < 6 else queries.PAGE_SIZE
        return cls(
            sort_from(query),
            query.get("q", "").strip(),
            Cursor.decoded(after) if after else None,
            min(max(count, queries.PAGE_SIZE), queries.MOST_AT_ONCE),
        )

    def address(self, **more: str | int) -> str:
        """The library page of the same order and filter."""
        parts = {"q": self.text, "sort": "" if self.sort is NEWEST else self.sort.key} | more
        query = urlencode({name: value for name, value in parts.items() if value})
        return reverse("library") + (f"?{query}" if query else "")

    @property
    def is_plain(self) -> bool:
        """Newest first, unfiltered, from the start: the page that new videos are offered on."""
        return self.sort is NEWEST and not self.text and self.after is None


def sort_from(query: Mapping[str, str]) -> Sort:
    """The order an address asks for."""
    return queries.sort_of(query.get("sort"))


@requires("library.view_video")
@require_safe
def library(request: HttpRequest) -> HttpResponse:
    """`/`: the first videos are in the HTML; `after` goes on from a place, for htmx as a piece to append."""
    try:
        wish = Wish.of(request.GET)
        page = queries.list_videos(sort=wish.sort, text=wish.text, after=wish.after, limit=wish.show)
    except CursorError:
        raise Http404("That page of the library does not exist.") from None
    user = current_user(request)
    shown = _shown_before(request) + len(page.files)
    context: dict[str, Any] = {
        "wish": wish,
        "tiles": tiles_of(page.files, user=user),
        "watch_query": _watch_query(wish),
        "more": _more(wish, page.next_cursor, shown),
    }
    if _is_piece(request):
        response = render(request, "library/_more.html", context)
        if shown <= queries.MOST_AT_ONCE:
            response["HX-Replace-Url"] = wish.address(show=shown)
        return response
    context |= {
        "sorts": queries.all_sorts(),
        "count": _count(wish, page),
        "unreadable": queries.count_unreadable() if may(request, "library.reprocess_video") else None,
        "has_folders": bool(page.files) or queries.has_folders(),
        "first_page": wish.address(),
        "work": current_work(),
        "poll_query": _poll_query(wish, queries.cursor_at(page.files[0], NEWEST) if page.files else None),
        "is_filling": wish.is_plain and (not page.files or "fill" in request.GET),
    }
    return render(request, "library/library.html", context)


@requires("library.view_video")
@require_safe
def work(request: HttpRequest) -> HttpResponse:
    """`/activity/`: the line of progress, the offer of new videos, and tiles that got their pictures meanwhile."""
    seen, newer = request.GET.get("seen", ""), None
    if seen:
        try:
            newer = queries.count_newer(than=Cursor.decoded(seen))
        except CursorError:
            raise Http404("That place in the library does not exist.") from None
    asked = [int(one) for one in request.GET.getlist("tile")[:_MOST_TILES_ASKED] if one.isascii() and one.isdigit()]
    files = queries.find_videos([one for one in asked if one < 2**63]) if asked else []
    tiles = [tile for tile in tiles_of(files, user=current_user(request)) if not tile.is_working]
    wish = Wish.of({name: request.GET.get(name, "") for name in ("q", "sort")})
    context = {
        "work": current_work(),
        "poll_query": urlencode({name: request.GET[name] for name in ("seen", "q", "sort") if name in request.GET}),
        "newer": newer,
        "tiles": tiles,
        "watch_query": _watch_query(wish),
    }
    response = render(request, "library/_work.html", context)
    response["Cache-Control"] = "no-store"
    return response


def _is_piece(request: HttpRequest) -> bool:
    """Whether htmx asks for more tiles, not for a page (a page restored from its history is a page)."""
    is_restoring = request.headers.get("HX-History-Restore-Request") == "true"
    return request.headers.get("HX-Target") == "more" and not is_restoring


def _shown_before(request: HttpRequest) -> int:
    """How many tiles stand above the piece that htmx asks for."""
    shown = request.GET.get("shown", "") if _is_piece(request) else ""
    return int(shown) if shown.isascii() and shown.isdigit() and len(shown) < 7 else 0


def _count(wish: Wish, page: VideoPage) -> BoundedCount:
    """How many videos match; a page that shows them all need not ask."""
    if wish.after is None and page.next_cursor is None:
        return BoundedCount(len(page.files), True)
    return queries.count_videos(text=wish.text)


def _more(wish: Wish, cursor: str | None, shown: int) -> dict[str, str] | None:
    """The two addresses of "Show more": a page of its own, and the piece that htmx appends."""
    if cursor is None:
        return None
    return {"page": wish.address(after=cursor), "piece": wish.address(after=cursor, shown=shown)}


def _poll_query(wish: Wish, newest: Cursor | None) -> str:
    """What the line of progress asks with: the newest video shown, where newer ones may be offered, and the order."""
    parts = {
        "seen": newest.encoded() if newest and wish.is_plain else "",
        "q": wish.text,
        "sort": "" if wish.sort is NEWEST else wish.sort.key,
    }
    return urlencode({name: value for name, value in parts.items() if value})


def _watch_query(wish: Wish) -> str:
    """What a tile's link carries on, so that "Up next" goes on in the same order."""
    parts = {"q": wish.text, "sort": "" if wish.sort is NEWEST else wish.sort.key}
    query = urlencode({name: value for name, value in parts.items() if value})
    return f"?{query}" if query else ""
