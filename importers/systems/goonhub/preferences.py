"""How each user likes the player, the lists and the home page."""

from collections.abc import Mapping
from typing import Any

from importers.records import Mapped, Record, Ref
from importers.sources.cleaning import clean_boolean, clean_integer, clean_text
from importers.systems.goonhub.filters import SORTS
from importers.systems.goonhub.row import Row, plain
from playback.cards import PARTS
from playback.homepage import LONGEST_ID, LONGEST_TITLE, MOST_SECTIONS, MOST_VIDEOS, PLAYLISTS
from playback.models.user_settings import PAGE_SIZES
from playback.parsing_rules import ParsingRulesError, check_parsing_rules

_TAG_SORTS = {"az": "az", "za": "za", "count": "most", "most": "most", "least": "least"}
_ADVANCES = {"instant": "instant", "countdown": "countdown", "manual": "manual"}
# What a kind of list is called there and here; lists of names have three orders.
_LISTS = {
    "actors": "creators", "studios": "studios", "actor": "creator", "actor_scenes": "creator", "studio": "studio",
    "studio_scenes": "studio", "tag": "tag", "tag_scenes": "tag",
}  # fmt: skip
_NAME_ORDERS = {
    "name_asc": "name", "name": "name", "scene_count_desc": "most", "video_count_desc": "most", "created_at_desc":
    "newest",
}  # fmt: skip
_CARD = {
    "duration": "length", "length": "length", "resolution": "resolution", "progress": "progress", "watched": "progress",
    "views": "views", "view_count": "views", "studio": "studios", "studios": "studios", "actors": "people",
    "people": "people", "tags": "tags", "added": "added", "created_at": "added", "added_at": "added",
}  # fmt: skip
# The home page that everybody begins with there: nobody chose it.
_FIRST_SECTION = "default-latest"
_ABOUT = {
    "actor": ("creator", "actor_uuid", "actors"),
    "studio": ("studio", "studio_uuid", "studios"),
    "saved_search": ("saved_search", "saved_search_uuid", "saved_searches"),
}
_PLAIN = ("latest", "continue_watching", "most_viewed", "liked")


def map_user_settings(row: Row) -> Mapped:
    values: dict[str, Any] = {
        "user": row.ref("user_id", "users"),
        "autoplay": row.boolean("autoplay", False),
        "loop": row.boolean("loop", False),
        "ab_loop_controls": row.boolean("ab_loop_controls", False),
        "marker_thumbnail_cycling": row.boolean("marker_thumbnail_cycling", True),
        "show_page_size_selector": row.boolean("show_page_size_selector", False),
        "default_tag_sort": row.word("default_tag_sort", _TAG_SORTS, "az"),
        "playlist_auto_advance": row.word("playlist_auto_advance", _ADVANCES, "countdown"),
        "videos_per_page": _page_size(row),
        "default_sort_order": _first_order(row),
        "card_config": _card(row),
        "sort_preferences": _orders(row),
        "parsing_rules": _rules(row),
        "homepage_config": _home_page(row),
    }
    for name, (least, most) in {"default_volume": (0, 100), "playlist_countdown_seconds": (3, 15)}.items():
        if (number := row.integer(name, least=least, most=most)) is not None:
            values[name] = number
    return row.mapped(Record("playback.usersettings", row.made_at(values)))


def _page_size(row: Row) -> int:
    """The nearest number that our pages show."""
    wanted = row.positive("videos_per_page") or 36
    nearest = min(PAGE_SIZES, key=lambda size: abs(size - wanted))
    if nearest != wanted:
        row.keep("videos_per_page", wanted)
    return nearest


def _first_order(row: Row) -> str:
    """One that the library can begin in: neither shuffled nor by words."""
    key = row.text("default_sort_order").strip().lower()
    ours = SORTS.get(key, "")
    if ours in ("", "random", "best"):
        if key:
            row.keep("default_sort_order", key, "bad_value")
        return "newest"
    return ours


def _card(row: Row) -> dict[str, bool]:
    """Yes or no for the parts of a tile that ours has too."""
    left = dict(row.json("scene_card_config", dict, {}))
    card: dict[str, bool] = {}
    for name in list(left):
        part = _CARD.get(name.removeprefix("show_"), "")
        value, reason = clean_boolean(left[name]) if isinstance(left[name], bool | int | str) else (None, "bad_boolean")
        if part in PARTS and value is not None and not reason:
            card[part] = value
            del left[name]
    if left:
        row.keep("scene_card_config", left)
    return card


def _orders(row: Row) -> dict[str, str]:
    left = dict(row.json("sort_preferences", dict, {}))
    orders: dict[str, str] = {}
    for name in list(left):
        ours = _LISTS.get(name, "")
        known = _NAME_ORDERS if ours in ("creators", "studios") else SORTS
        key = known.get(str(left[name]).strip().lower(), "")
        if ours and key and key not in ("random", "best"):
            orders[ours] = key
            del left[name]
    if left:
        row.keep("sort_preferences", left)
    return orders


def _rules(row: Row) -> dict[str, Any]:
    """Ours are stored as theirs are; what ours refuses is kept."""
    given = row.json("parsing_rules", dict, {})
    if not given:
        return {}
    try:
        return check_parsing_rules(plain(given))
    except (ParsingRulesError, RecursionError):
        row.keep("parsing_rules", given, "bad_value")
        return {}


def _home_page(row: Row) -> dict[str, Any]:
    """The rows that are switched on, in their order; {} where nobody changed what everybody begins with."""
    config = row.json("homepage_config", dict, {})
    given = [one for one in _list(config.get("sections")) if isinstance(one, dict)]
    if not given or (len(given) == 1 and given[0].get("id") == _FIRST_SECTION):
        return {}
    sections: dict[str, dict[str, Any]] = {}
    left = []
    for one in sorted(given, key=lambda one: clean_integer(one.get("order"))[0] or 0):
        section = _section(row, one) if clean_boolean(one.get("enabled"), True)[0] else None
        if section is None or section["id"] in sections or len(sections) >= MOST_SECTIONS:
            left.append(one)
        else:
            sections[section["id"]] = section
    if left:
        row.keep("homepage_config", {"sections": left})
    return {"sections": list(sections.values())} if sections else {}


def _section(row: Row, given: Mapping[str, Any]) -> dict[str, Any] | None:
    """One row of ours; None where it is about something that isn't there or that ours doesn't know."""
    kind = given.get("type")
    about = _about(row, kind, given.get("config"))
    if about is None:
        return None
    limit = clean_integer(given.get("limit"), least=1, most=MOST_VIDEOS)[0] or 12
    title = " ".join(clean_text(given.get("title"))[0].split())[:LONGEST_TITLE]
    row_id = clean_text(given.get("id"))[0][:LONGEST_ID] or str(kind)
    return {"id": row_id, "type": _ABOUT[kind][0] if kind in _ABOUT else kind, "title": title, "limit": limit, **about}


def _about(row: Row, kind: Any, config: Any) -> dict[str, Any] | None:
    given: Mapping[str, Any] = config if isinstance(config, dict) else {}
    if kind in _PLAIN:
        return {}
    if kind == "playlist":
        wanted = given.get("filter")
        return {"filter": wanted if wanted in PLAYLISTS else "all"}
    found: Ref | None = None
    name = str(kind)
    if kind in _ABOUT:
        name, key, table = _ABOUT[kind]
        found = row.lookups.by_uuid(table, given.get(key))
    elif kind == "tag":
        found = row.lookups.tag(given.get("tag_id"))
    row.note("bad_value" if kind not in _ABOUT and kind != "tag" else "" if found else "dangling_reference")
    return {name: found} if found else None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
