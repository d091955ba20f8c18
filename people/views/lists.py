"""The lists of people and studios."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from library.access import current_user, requires
from library.queries import BoundedCount
from people import queries
from people.queries import ORDERS, CardPage, Order, PlaceError
from playback.services.user_settings import settings_of


@requires("library.view_video")
@require_safe
def people(request: HttpRequest) -> HttpResponse:
    """`/people/`: everybody, with a picture and the number of their videos."""
    return _list(request, "people/people.html", queries.list_creators, queries.count_creators)


@requires("library.view_video")
@require_safe
def studios(request: HttpRequest) -> HttpResponse:
    """`/studios/`: every studio, with its logo and the number of its videos."""
    return _list(request, "people/studios.html", queries.list_studios, queries.count_studios)


def _list(
    request: HttpRequest, template: str, read: Callable[..., CardPage], count: Callable[..., BoundedCount]
) -> HttpResponse:
    """`q` is looked for in names, `sort` is one of ORDERS, `after` goes on from a place: for htmx, as a piece."""
    text = request.GET.get("q", "").strip()
    liked = settings_of(current_user(request)).sort_preferences
    default = _order(liked.get("studios" if read is queries.list_studios else "creators"), "name")
    order = _order(request.GET.get("sort"), default)
    after = request.GET.get("after", "")
    try:
        page = read(order=order, text=text, after=after, limit=queries.PAGE_SIZE)
    except PlaceError:
        raise Http404("That page of the list does not exist.") from None
    context: dict[str, Any] = {
        "cards": page.cards,
        "is_logo": read is queries.list_studios,
        "more": None,
        "is_continued": bool(after),
    }
    if page.next_place:
        parts = {"q": text, "sort": "" if order == default else order, "after": page.next_place}
        context["more"] = f"{request.path}?{urlencode({name: value for name, value in parts.items() if value})}"
    if request.headers.get("HX-Target") == "more" and request.headers.get("HX-History-Restore-Request") != "true":
        return render(request, "people/_cards.html", context)
    is_whole = not after and page.next_place is None
    context |= {
        "text": text,
        "order": order,
        "default_order": default,
        "orders": ORDERS,
        "count": BoundedCount(len(page.cards), True) if is_whole else count(text=text),
    }
    return render(request, template, context)


def _order(key: str | None, default: Order) -> Order:
    return next((one for one in ORDERS if one == key), default)
