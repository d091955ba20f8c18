"""Searching: suggestions, the panel of filters, and the searches that people keep."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from library.access import current_user, requires
from library.filters import FilterError, Kind, all_facets, get_facet, parse_filter
from library.filters.chips import in_words, part_at, path_of, with_condition
from library.filters.registry import Facet
from library.filters.tree import Condition, Group
from library.models import SavedSearch
from library.services import saved_searches as service
from library.services.saved_searches import SavedSearchError, find_search, list_searches, split_words
from library.sorting import sort_of
from library.views.grid import show_library, wish_from
from library.wishes import Wish

_SUGGESTED = 5
_OFFERED = 12


@requires("library.view_video")
@require_safe
def suggestions(request: HttpRequest) -> HttpResponse:
    """`/search/suggestions/`: people, studios and tags whose names begin with what is typed; two queries each."""
    wish = wish_from(request)
    found = []
    if len(wish.text) > 1 and not wish.problem:
        for facet in all_facets():
            if facet.is_suggested and facet.find:
                found += [
                    {"facet": facet, "choice": choice, "address": _suggested(wish, facet, choice.value)}
                    for choice in facet.find(wish.text, _SUGGESTED)
                ]
    return render(request, "library/_suggestions.html", {"found": found})


def _suggested(wish: Wish, facet: Facet, value: Any) -> str:
    """The library with that one in the filter, in place of the words."""
    chosen = with_condition(wish.filter, Condition(facet.key, "any", [value]), mode="all")
    return Wish(wish.sort, filter=chosen).address()


@requires("library.view_video")
@require_safe
def panel(request: HttpRequest) -> HttpResponse:
    """`/search/filters/`: every facet with a form; a piece for htmx, else a page of its own."""
    wish = wish_from(request)
    into, mode = request.GET.get("into", ""), request.GET.get("mode", "")
    beside = ""
    try:
        if into and not wish.problem:
            beside = in_words(Group("all", (part_at(wish.filter, path_of(into)),)))
    except (IndexError, ValueError):
        into = ""
    groups: dict[str, list[Facet]] = {}
    for facet in all_facets():
        groups.setdefault(facet.group, []).append(facet)
    context = {
        "wish": wish,
        "groups": groups.items(),
        "into": into,
        "mode": mode if mode in ("any", "all") else "",
        "beside": beside,
        "has_more": bool(wish.filter) and not into,
    }
    template = "library/_panel.html" if request.headers.get("HX-Target") == "panel" else "library/panel.html"
    return render(request, template, context)


@requires("library.view_video")
@require_safe
def names(request: HttpRequest) -> HttpResponse:
    """`/search/names/`: what a form of the panel offers to tick, by the beginning of a name."""
    try:
        facet = get_facet(request.GET.get("facet", ""))
    except FilterError:
        raise Http404("There is no such facet.") from None
    if facet.kind is not Kind.ROWS or facet.find is None:
        raise Http404("That facet has no names.")
    found = facet.find(request.GET.get("name", "")[:100].replace("\0", ""), _OFFERED)
    return render(request, "library/_names.html", {"facet": facet, "found": found})


@requires("library.view_video")
@require_safe
def searches(request: HttpRequest) -> HttpResponse:
    """`/searches/`: one's own searches, and those that others share."""
    rows = [
        {"search": search, "says": _says(search), "is_own": search.user_id == request.user.pk}
        for search in list_searches(current_user(request))
    ]
    return render(request, "library/searches.html", {"rows": rows})


def _says(search: SavedSearch) -> str:
    try:
        return in_words(parse_filter(search.filter)) or "Every video"
    except FilterError as error:
        return str(error)


@requires("library.view_video")
@require_safe
def saved_search(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """`/searches/<id>/`: the library as a saved search has it; `sort` in the address is another order."""
    search = _found(request, public_id)
    asked = wish_from(request)
    base = reverse("saved_search", args=(search.public_id,))
    own = sort_of(search.sort)
    sort = asked.sort if "sort" in request.GET else own
    if sort.kind == "random" and not sort.seed:
        return redirect(Wish(base=base, default=own).sorted_by(sort))
    try:
        text, chosen = split_words(parse_filter(search.filter))
        problem = ""
    except FilterError as error:
        text, chosen, problem = "", Group(), str(error)
    wish = Wish(sort, text, chosen, asked.after, asked.show, problem, base, default=own)
    return show_library(request, wish, search=search)


@requires("library.view_video")
@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Keeps the words, the filter and the order of the page under a name; leads to its page."""
    wish = Wish.of({name: request.POST.get(name, "") for name in ("q", "f", "sort")})
    try:
        if wish.problem:
            raise SavedSearchError(wish.problem)
        search = service.save_search(
            user=current_user(request),
            name=request.POST.get("name", ""),
            filter=wish.filter,
            text=wish.text,
            sort=wish.sort.key,
        )
        if request.POST.get("is_shared"):
            search = service.change_search(search, user=current_user(request), is_shared=True)
    except SavedSearchError as error:
        messages.error(request, str(error))
        return redirect(wish.address())
    search.refresh_from_db(fields=["public_id"])
    return redirect("saved_search", public_id=search.public_id)


@requires("library.view_video")
@require_POST
def change(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Renames, shares or deletes one's own search."""
    search, user = _found(request, public_id), current_user(request)
    action = request.POST.get("action", "")
    try:
        if action == "delete":
            service.delete_search(search, user=user)
            messages.success(request, f"The search “{search.name}” is deleted.")
        elif action == "rename":
            service.change_search(search, user=user, name=request.POST.get("name", ""))
        elif action in ("share", "unshare"):
            service.change_search(search, user=user, is_shared=action == "share")
    except SavedSearchError as error:
        messages.error(request, str(error))
    return redirect("searches")


def _found(request: HttpRequest, public_id: UUID) -> SavedSearch:
    search = find_search(current_user(request), public_id)
    if search is None:
        raise Http404("That search does not exist, or is not shared.")
    return search
