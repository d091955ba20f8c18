"""The grid of videos on the page of a person, a studio or a tag."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from library import queries
from library.access import current_user
from library.filters import parse_filter
from library.queries import BoundedCount, Cursor, CursorError
from playback.cards import card_of
from playback.queries import tiles_of
from playback.services.user_settings import page_size_of, settings_of

_UNASKED = ("best",)
# Fewer than in the library: the profile has more to say.
_SHOWN = 24


def render_with_videos(
    request: HttpRequest, template: str, *, facet: str, value: Any, context: Mapping[str, Any] | None = None
) -> HttpResponse:
    """The page with the videos that the facet lets through; for htmx only the tiles that "Show more" appends.

    `sort` and `after` of the address are those of the library page; without `sort` it is the order that the user
    likes such pages in. Raises Http404 on a place that is none.
    """
    user = current_user(request)
    preferences = settings_of(user)
    chosen = parse_filter({"facet": facet, "op": "any", "value": [value]})
    default = queries.sort_of(preferences.sort_preferences.get(facet))
    sort = queries.sort_of(request.GET["sort"]) if request.GET.get("sort") else default
    after = request.GET.get("after", "")
    try:
        place = Cursor.decoded(after) if after else None
        matching = queries.matching_videos(filter=chosen, user=user)
        page = queries.list_videos(
            sort=sort,
            user=user,
            after=place,
            limit=page_size_of(preferences) or _SHOWN,
            matching=matching,
        )
    except CursorError:
        raise Http404("That page of the list does not exist.") from None
    wanted = {"sort": "" if sort == default else sort.address}
    shown: dict[str, Any] = {
        "tiles": tiles_of(page.files, user=user, card=card_of(preferences.card_config)),
        "watch_query": "",
        "more": _more(request.path, wanted, page.next_cursor),
    }
    if request.headers.get("HX-Target") == "more" and request.headers.get("HX-History-Restore-Request") != "true":
        return render(request, "library/_more.html", shown)
    is_whole = place is None and page.next_cursor is None
    shown |= {
        "count": BoundedCount(len(page.files), True)
        if is_whole
        else queries.count_videos(matching=matching, at_most=queries.SELECTED_AT_MOST),
        "sort": sort,
        "sorts": [one for one in queries.all_sorts() if one.key not in _UNASKED],
        "is_continued": place is not None,
    }
    return render(request, template, {**(context or {}), **shown})


def _more(path: str, wanted: Mapping[str, str], cursor: str | None) -> dict[str, str] | None:
    """The two addresses of "Show more", a page of its own and the piece that htmx appends: here the same."""
    if cursor is None:
        return None
    query = urlencode({name: text for name, text in {**wanted, "after": cursor}.items() if text})
    return {"page": f"{path}?{query}", "piece": f"{path}?{query}"}
