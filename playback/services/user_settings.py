"""How each user likes the pages and the player."""

from collections.abc import Callable, Mapping
from typing import Any

from django.core.exceptions import ValidationError

from library.models import User
from library.services.changes import change_batch
from library.sorting import Sort, all_sorts, sort_of
from people.queries import ORDERS
from playback.cards import PARTS, Card, card_of
from playback.homepage import HomePageError, as_config, parse_sections
from playback.models import UserSettings
from playback.models.user_settings import PAGE_SIZES
from playback.parsing_rules import ParsingRulesError, check_parsing_rules

# Lists whose order is remembered besides the library's, by what they list.
VIDEO_LISTS = ("creator", "studio", "tag")
NAME_LISTS = ("creators", "studios")
_FIXED = ("id", "user", "created_at", "updated_at")
_COLUMNS = {field.name for field in UserSettings._meta.concrete_fields if field.name not in _FIXED}


def settings_of(user: User) -> UserSettings:
    """The user's settings, or the defaults unsaved. One query for each instance of the user: a request asks once."""
    try:
        return user.preferences
    except UserSettings.DoesNotExist:
        return UserSettings(user_id=user.pk)


def card_settings_of(user: User) -> Card:
    """What tiles show this user."""
    return card_of(settings_of(user).card_config)


def default_sort_of(user: User) -> Sort:
    """The order in which the library begins for this user."""
    return sort_of(settings_of(user).default_sort_order)


def orders_to_choose() -> list[Sort]:
    """The orders that a list of videos may begin in: not by words, and not shuffled anew at each look."""
    return [sort for sort in all_sorts() if sort.kind == "column"]


def change_settings(*, user: User, summary: str = "Changed their settings", **columns: Any) -> UserSettings:
    """Writes those columns of the user's settings, as a change that can be undone.

    Raises ValidationError with a sentence by column.
    """
    unknown = set(columns) - _COLUMNS
    if unknown:
        raise ValidationError(dict.fromkeys(sorted(unknown), "There is no such setting."))
    checked = _checked(columns)
    with change_batch(summary=summary, user=user):
        row, _ = UserSettings.objects.select_for_update().get_or_create(user=user)
        for name, value in checked.items():
            setattr(row, name, value)
        row.full_clean(exclude=["user"], validate_unique=False, validate_constraints=False)
        changed = list(checked)
        if changed:
            row.save(update_fields=changed)
    user.preferences = row
    return row


def _checked(columns: Mapping[str, Any]) -> dict[str, Any]:
    checked, errors = dict(columns), {}
    for name, check in _CHECKS.items():
        if name in columns:
            try:
                checked[name] = check(columns[name])
            except (ValueError, HomePageError, ParsingRulesError) as error:
                errors[name] = str(error)
    if errors:
        raise ValidationError(errors)
    return checked


def _page_size(value: Any) -> int:
    if value not in PAGE_SIZES:
        raise ValueError(f"A page shows {', '.join(map(str, PAGE_SIZES[:-1]))} or {PAGE_SIZES[-1]} videos.")
    return int(value)


def _sort_order(value: Any) -> str:
    if value not in {sort.key for sort in orders_to_choose()}:
        raise ValueError("There is no such order.")
    return str(value)


def _card(value: Any) -> dict[str, bool]:
    if not isinstance(value, dict) or set(value) - set(PARTS) or not all(type(one) is bool for one in value.values()):
        raise ValueError(f"Say yes or no for any of: {', '.join(PARTS)}.")
    return dict(value)


def _sorts(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or set(value) - {*VIDEO_LISTS, *NAME_LISTS}:
        raise ValueError(f"Orders are remembered for: {', '.join((*NAME_LISTS, *VIDEO_LISTS))}.")
    for name, key in value.items():
        if name in NAME_LISTS and key not in ORDERS:
            raise ValueError("There is no such order.")
        if name in VIDEO_LISTS:
            _sort_order(key)
    return dict(value)


def _home(value: Any) -> dict[str, Any]:
    if value == {}:
        return {}
    if not isinstance(value, dict) or set(value) != {"sections"}:
        raise HomePageError("A home page has `sections`, a list of rows.")
    return as_config(parse_sections(value["sections"]))


_CHECKS: dict[str, Callable[[Any], Any]] = {
    "videos_per_page": _page_size,
    "default_sort_order": _sort_order,
    "card_config": _card,
    "sort_preferences": _sorts,
    "homepage_config": _home,
    "parsing_rules": check_parsing_rules,
}
