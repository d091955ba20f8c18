"""The page of one's own preferences."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from library.access import current_user, for_every_account
from people.queries import ORDERS
from playback.cards import PARTS, card_of
from playback.models.user_settings import PAGE_SIZES, AutoAdvance, TagSort
from playback.services.user_settings import (
    NAME_LISTS,
    VIDEO_LISTS,
    change_settings,
    orders_to_choose,
    settings_of,
)  # fmt: skip

_FLAGS = ("autoplay", "loop", "ab_loop_controls", "marker_thumbnail_cycling", "show_page_size_selector")
_NUMBERS = ("default_volume", "playlist_countdown_seconds", "videos_per_page")
_WORDS = ("playlist_auto_advance", "default_sort_order", "default_tag_sort")
_LISTS = {
    "creators": "The list of people",
    "studios": "The list of studios",
    "creator": "Videos of a person",
    "studio": "Videos of a studio",
    "tag": "Videos of a tag",
}


@for_every_account
@require_safe
def preferences(request: HttpRequest) -> HttpResponse:
    """`/account/settings/`: how one likes the player, the lists and the tiles."""
    return _page(request, {})


@for_every_account
@require_POST
def save_preferences(request: HttpRequest) -> HttpResponse:
    """`/account/settings/save/`: keeps the whole form. 422 with what is wrong."""
    try:
        change_settings(user=current_user(request), **_columns(request.POST))
    except ValidationError as error:
        return _page(request, error.message_dict, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    messages.success(request, "Your settings are saved.")
    return redirect("preferences")


@for_every_account
@require_POST
def save_page_size(request: HttpRequest) -> HttpResponse:
    """`/account/settings/page-size/`: how many videos a page shows from now on; leads back to where it was asked."""
    try:
        change_settings(user=current_user(request), videos_per_page=_number(request.POST.get("videos_per_page", "")))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    back = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    return redirect(back if is_ours else "library")


def _columns(form: QueryDict) -> dict[str, Any]:
    return {
        **{name: form.get(name) == "1" for name in _FLAGS},
        **{name: _number(form.get(name, "")) for name in _NUMBERS},
        **{name: form.get(name, "") for name in _WORDS},
        "card_config": {name: form.get(f"card_{name}") == "1" for name in PARTS},
        "sort_preferences": {name: form[f"sort_{name}"] for name in _LISTS if form.get(f"sort_{name}")},
    }


def _number(text: str) -> int | str:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else text


def _page(request: HttpRequest, errors: dict[str, Any], *, status: int = HTTPStatus.OK) -> HttpResponse:
    settings = settings_of(current_user(request))
    shown = card_of(settings.card_config).as_json()
    orders = [(sort.key, sort.label) for sort in orders_to_choose()]
    chosen = settings.sort_preferences
    lists = [
        {
            "name": name,
            "label": _LISTS[name],
            "orders": list(ORDERS.items()) if name in NAME_LISTS else orders,
            "chosen": chosen.get(name, "name" if name in NAME_LISTS else "newest"),
        }
        for name in (*NAME_LISTS, *VIDEO_LISTS)
    ]
    context = {
        "settings": settings,
        "errors": errors,
        "page_sizes": PAGE_SIZES,
        "orders": orders,
        "tag_sorts": TagSort.choices,
        "advances": AutoAdvance.choices,
        "parts": [{"name": name, "label": label, "is_on": shown[name]} for name, label in PARTS.items()],
        "lists": lists,
    }
    return render(request, "playback/preferences.html", context, status=status)
