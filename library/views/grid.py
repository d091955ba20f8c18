"""The library: the grid and its live parts."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from library import queries
from library.access import current_user, may, requires
from library.filters import Condition, FilterError, encode_filter
from library.filters.chips import chips_of, turned
from library.filters.forms import added_condition
from library.filters.spelling import suggest_words
from library.models import SavedSearch
from library.queries import NEWEST, BoundedCount, Cursor, CursorError, VideoPage
from library.services.saved_searches import list_searches
from library.sorting import sort_of
from library.wishes import Wish
from playback.cards import card_of
from playback.models.user_settings import PAGE_SIZES
from playback.queries import tiles_of
from playback.services.user_settings import card_settings_of, page_size_of, settings_of
from processing.queries.work import current_work

_MOST_TILES_ASKED = queries.MOST_AT_ONCE


@requires("library.view_video")
@require_safe
def library(request: HttpRequest) -> HttpResponse:
    """`/library/`: the first videos are in the HTML; `after` goes on from a place, for htmx as a piece to append.

    `add` is the form of a facet: it leads to the address of the filter with one more condition.
    """
    wish = wish_from(request)
    if wish.sort.kind == "random" and request.GET.get("sort") == "random":
        return redirect(wish.sorted_by(wish.sort))
    problem = ""
    if "add" in request.GET and not wish.problem:
        try:
            return redirect(wish.filtered(added_condition(wish.filter, request.GET)))
        except FilterError as error:
            problem = str(error)
    return show_library(request, wish, problem=problem)


def wish_from(request: HttpRequest) -> Wish:
    """What the address asks for, by the user's own order and size where it says nothing; 404 for a place that no page
    of ours wrote."""
    preferences = settings_of(current_user(request))
    default = sort_of(preferences.default_sort_order)
    try:
        return Wish.of(request.GET, default=default, page_size=page_size_of(preferences))
    except CursorError:
        raise Http404("That page of the library does not exist.") from None


def show_library(
    request: HttpRequest, wish: Wish, *, search: SavedSearch | None = None, problem: str = ""
) -> HttpResponse:
    """The page of a wish, or the piece that htmx appends. `search` is the saved one that it is of."""
    user = current_user(request)
    selection = wish.selection(user) if wish.is_selective and not _is_piece(request) else None
    try:
        page = wish.page(user, matching=selection.rows if selection else None)
    except CursorError:
        raise Http404("That page of the library does not exist.") from None
    preferences = settings_of(user)
    shown = _shown_before(request) + len(page.files)
    context: dict[str, Any] = {
        "wish": wish,
        "search": search,
        "tiles": tiles_of(page.files, user=user, card=card_of(preferences.card_config)),
        "watch_query": _watch_query(wish),
        "more": _more(wish, page.next_cursor, shown),
    }
    if _is_piece(request):
        response = render(request, "library/_more.html", context)
        if shown <= queries.MOST_AT_ONCE:
            response["HX-Replace-Url"] = wish.address(show=shown)
        return response
    newest = page.files[0] if page.files and wish.is_plain else None
    context |= {
        "problem": wish.problem or problem,
        "chips": chips_of(wish.filter),
        "folder_figures": _folder_figures(request, wish),
        "turned": encode_filter(turned(wish.filter)),
        "sorts": [(sort, wish.sorted_by(sort)) for sort in queries.all_sorts() if wish.text or sort.kind != "rank"],
        "searches": list_searches(user),
        "page_sizes": PAGE_SIZES if preferences.show_page_size_selector else (),
        "page_size": preferences.videos_per_page,
        "count": selection.count if selection else _count(wish, page),
        "meant": suggest_words(wish.text) if wish.text and not page.files and not wish.after else "",
        "unreadable": queries.count_unreadable() if may(request, "library.reprocess_video") else None,
        "has_folders": bool(page.files) or queries.has_folders(),
        "first_page": wish.address(),
        "work": current_work(),
        "poll_query": wish.carried(seen=queries.cursor_at(newest, NEWEST).encoded() if newest else ""),
        "is_filling": wish.is_plain and (not page.files or "fill" in request.GET),
        "opens_panel": "panel" in request.GET,
    }
    return render(request, "library/library.html", context)


def _folder_figures(request: HttpRequest, wish: Wish) -> str:
    """Where the figures of a folder come from, on the page that shows this folder and nothing but; else empty."""
    only = wish.filter.parts[0] if len(wish.filter.parts) == 1 and not wish.text and not wish.after else None
    if not isinstance(only, Condition) or only.is_negated or only.facet != "folder" or only.operator != "any":
        return ""
    if len(only.value) != 1 or not may(request, "library.view_folder"):
        return ""
    return reverse("stats_of", args=("folder", only.value[0]))


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
    user = current_user(request)
    tiles = [tile for tile in tiles_of(files, user=user, card=card_settings_of(user)) if not tile.is_working]
    wish = Wish.of({name: request.GET.get(name, "") for name in ("q", "f", "sort")})
    context = {
        "work": current_work(),
        "poll_query": wish.carried(seen=seen),
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
    """How many videos there are; a page that shows them all need not ask, nor one that shows none for a reason."""
    if wish.problem or (wish.after is None and page.next_cursor is None):
        return BoundedCount(len(page.files), True)
    return queries.count_videos()


def _more(wish: Wish, cursor: str | None, shown: int) -> dict[str, str] | None:
    """The two addresses of "Show more": a page of its own, and the piece that htmx appends."""
    if cursor is None:
        return None
    return {"page": wish.address(after=cursor), "piece": wish.address(after=cursor, shown=shown)}


def _watch_query(wish: Wish) -> str:
    """What a tile's link carries on, so that "Up next" goes on in the same order."""
    query = wish.carried()
    return f"?{query}" if query else ""
