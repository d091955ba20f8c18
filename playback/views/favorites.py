"""What a user likes: videos, people, studios."""

from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from library import queries
from library.access import current_user, requires
from library.filters import encode_filter
from library.queries import BoundedCount, Cursor, CursorError
from library.sorting import sort_of
from playback.queries import tiles_of
from playback.queries_opinions import favorite_people, favorite_studios, favorites_filter

_LIKED = "liked"


@requires("library.view_video")
@require_safe
def favorites(request: HttpRequest) -> HttpResponse:
    """`/favorites/`: the videos, the latest liked first; `sort` and `after` as on the library's page."""
    user, chosen = current_user(request), favorites_filter()
    sort = sort_of(request.GET.get("sort") or _LIKED)
    after = request.GET.get("after", "")
    try:
        place = Cursor.decoded(after) if after else None
        page = queries.list_videos(sort=sort, filter=chosen, user=user, after=place)
    except CursorError:
        raise Http404("That page of your favourites does not exist.") from None
    query = {} if sort.key == _LIKED else {"sort": sort.address}
    more = f"{request.path}?{urlencode({**query, 'after': page.next_cursor})}" if page.next_cursor else ""
    context: dict[str, Any] = {
        "tiles": tiles_of(page.files, user=user),
        "watch_query": f"?{urlencode({'f': encode_filter(chosen), 'sort': sort.address})}",
        "more": {"page": more, "piece": more} if more else None,
    }
    if _is_piece(request):
        return render(request, "library/_more.html", context)
    is_whole = place is None and page.next_cursor is None
    context |= {
        "kind": "videos",
        "count": BoundedCount(len(page.files), True) if is_whole else queries.count_videos(filter=chosen, user=user),
        "sort": sort,
        "sorts": [one for one in queries.all_sorts() if one.kind == "column"],
        "is_continued": place is not None,
    }
    return render(request, "playback/favorites.html", context)


@requires("library.view_video")
@require_safe
def people(request: HttpRequest) -> HttpResponse:
    """`/favorites/people/`"""
    return _cards(request, "people", favorite_people)


@requires("library.view_video")
@require_safe
def studios(request: HttpRequest) -> HttpResponse:
    """`/favorites/studios/`"""
    return _cards(request, "studios", favorite_studios)


def _cards(request: HttpRequest, kind: str, read: Any) -> HttpResponse:
    after = request.GET.get("after", "")
    before_id = int(after) if after.isascii() and after.isdecimal() and len(after) < 19 else None
    cards, more = read(current_user(request), before_id=before_id)
    context = {
        "kind": kind,
        "cards": cards,
        "is_logo": kind == "studios",
        "more": f"{request.path}?after={more}" if more else "",
        "is_continued": before_id is not None,
    }
    return render(request, "people/_cards.html" if _is_piece(request) else "playback/favorites.html", context)


def _is_piece(request: HttpRequest) -> bool:
    """Whether htmx asks for more tiles only."""
    return request.headers.get("HX-Target") == "more" and request.headers.get("HX-History-Restore-Request") != "true"
