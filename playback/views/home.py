"""The home page, and the page where its rows are put in order."""

import uuid
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from library import queries
from library.access import current_user, may, requires
from library.filters import get_facet
from library.models import User
from library.queries import list_video_ids
from library.services.saved_searches import list_searches
from playback.homepage import (
    LONGEST_TITLE,
    MOST_SECTIONS,
    MOST_VIDEOS,
    PLAYLISTS,
    TYPES,
    HomePageError,
    Section,
)  # fmt: skip
from playback.queries_home import home_rows, section_title, titles_of
from playback.services.home import home_sections, reset_home, save_home
from playback.services.user_settings import card_settings_of
from processing.queries.work import current_work

_OFFERED = 12


@requires("library.view_video")
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """`/`: the user's rows; the first steps while there is no video."""
    user = current_user(request)
    rows = home_rows(
        user,
        home_sections(user),
        card=card_settings_of(user),
        sees_public=may(request, "playback.view_public_playlist"),
    )
    context: dict[str, Any] = {"rows": [row for row in rows if not row.is_empty], "watch_query": ""}
    if not context["rows"]:
        is_empty = not list_video_ids(limit=1)
        context |= {"is_library_empty": is_empty, "work": current_work()}
        if is_empty:
            context["has_folders"] = queries.has_folders()
            context["unreadable"] = queries.count_unreadable() if may(request, "library.reprocess_video") else None
    return render(request, "playback/home.html", context)


@requires("library.view_video")
@require_safe
def edit_home(request: HttpRequest) -> HttpResponse:
    """`/home/edit/`: the rows as a list to be put in order, renamed, removed and added to."""
    user = current_user(request)
    return _editor(request, user, [one.as_json() for one in home_sections(user)])


@requires("library.view_video")
@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """`/home/save/`: keeps the rows in the order of the form. `do` is what else was pressed: up, down or remove with
    the id of a row, add, or reset. 422 with what is wrong."""
    user, form = current_user(request), request.POST
    what, _, which = form.get("do", "").partition(" ")
    if what == "reset":
        reset_home(user=user)
        messages.success(request, "Your home page is the one that everybody begins with.")
        return redirect("edit_home")
    sections = _moved(_typed(form), what, which)
    try:
        if what == "add":
            sections.append(_added(form))
        save_home(user=user, sections=sections)
    except HomePageError as error:
        messages.error(request, str(error))
        rows = sections[:-1] if what == "add" and sections and sections[-1].get("is_new") else sections
        return _editor(request, user, rows, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    if what:
        return redirect("edit_home")
    messages.success(request, "Your home page is saved.")
    return redirect("home")


@requires("library.view_video")
@require_safe
def home_names(request: HttpRequest) -> HttpResponse:
    """`/home/names/`: people, studios or tags whose names begin with `name`, to choose one of."""
    kind = request.GET.get("type", "")
    text = request.GET.get("name", "")[:100].replace("\0", "")
    find = get_facet(kind).find if kind in ("creator", "studio", "tag") else None
    found = find(text, _OFFERED) if find else []
    return render(request, "playback/home/_names.html", {"found": found, "kind": kind})


def _typed(form: QueryDict) -> list[dict[str, Any]]:
    """The rows of the form in its order; each field is there once for each row."""
    names = ("id", "type", "title", "limit", "about")
    columns = zip(*(form.getlist(name) for name in names), strict=False)
    return [_as_json(dict(zip(names, values, strict=True))) for values in columns]


def _as_json(typed: dict[str, str]) -> dict[str, Any]:
    about: Any = typed["about"]
    if typed["type"] == "tag":
        about = _number(about)
    row = {"id": typed["id"], "type": typed["type"], "title": typed["title"].strip(), "limit": _number(typed["limit"])}
    key = "filter" if typed["type"] == "playlist" else typed["type"]
    return row | ({key: about} if typed["type"] in ("creator", "studio", "tag", "saved_search", "playlist") else {})


def _number(text: str) -> int | str:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else text


def _moved(rows: list[dict[str, Any]], what: str, which: str) -> list[dict[str, Any]]:
    """The rows after one of them went up, down or away: what the buttons do where scripts don't run."""
    place = next((n for n, row in enumerate(rows) if row["id"] == which), None)
    if place is None:
        return rows
    if what == "remove":
        return rows[:place] + rows[place + 1 :]
    other = {"up": place - 1, "down": place + 1}.get(what, place)
    if 0 <= other < len(rows):
        rows[place], rows[other] = rows[other], rows[place]
    return rows


def _added(form: QueryDict) -> dict[str, Any]:
    kind = form.get("new_type", "")
    about = form.get(f"new_{kind}", "")
    return _as_json({"id": uuid.uuid4().hex, "type": kind, "title": "", "limit": "20", "about": about})


def _editor(
    request: HttpRequest, user: User, rows: list[dict[str, Any]], *, status: int = HTTPStatus.OK
) -> HttpResponse:
    shown = [_shown(row) for row in rows]
    names = titles_of(user, [one for one in shown if one.type in TYPES and one.about])
    context = {
        "sections": [
            {
                "section": one,
                "kind": TYPES.get(one.type, ""),
                "named": names.get(one.id),
                "detail": PLAYLISTS.get(str(one.about), "") if one.type == "playlist" else names.get(one.id),
                "is_gone": names.get(one.id) == "" and one.type != "playlist",
                "called": names.get(one.id) or section_title(Section(one.id, one.type)),
            }
            for one in shown
            if one.type in TYPES
        ],
        "types": TYPES.items(),
        "playlists": PLAYLISTS.items(),
        "searches": list_searches(user),
        "most_sections": MOST_SECTIONS,
        "most_videos": MOST_VIDEOS,
        "longest_title": LONGEST_TITLE,
        "is_full": len(shown) >= MOST_SECTIONS,
    }
    return render(request, "playback/edit_home.html", context, status=status)


def _shown(row: dict[str, Any]) -> Section:
    about = next((row[key] for key in ("creator", "studio", "tag", "saved_search", "filter") if key in row), "")
    return Section(str(row["id"]), str(row["type"]), str(row["title"]), row["limit"], about)
