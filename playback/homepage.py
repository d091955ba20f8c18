"""The rows of a user's home page, as they are stored and checked. Knows no database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

MOST_SECTIONS = 20
MOST_VIDEOS = 50
LONGEST_TITLE = 100
LONGEST_ID = 64
_DEFAULT_LIMIT = 8

TYPES = {
    "continue_watching": "Continue watching",
    "latest": "Latest videos",
    "most_viewed": "Most viewed",
    "liked": "My favourites",
    "creator": "Videos of a person",
    "studio": "Videos of a studio",
    "tag": "Videos with a tag",
    "saved_search": "A saved search",
    "playlist": "Playlists",
}
# What a type is about, and how that is written: a public id, a number, or one of some words.
_ABOUT = {"creator": "creator", "studio": "studio", "tag": "tag", "saved_search": "saved_search", "playlist": "filter"}
PLAYLISTS = {"all": "Mine and everybody's", "own": "Mine", "public": "Everybody's"}


class HomePageError(ValueError):
    """A home page that can't be; the text is a sentence for its user."""


@dataclass(frozen=True, slots=True)
class Section:
    """One row. `about` is the public id of a person, studio or saved search, the id of a tag, or which playlists; ""
    for the types that need none. Without a title of its own it is called by what it shows."""

    id: str
    type: str
    title: str = ""
    limit: int = _DEFAULT_LIMIT
    about: Any = field(default="")

    def as_json(self) -> dict[str, Any]:
        about = {_ABOUT[self.type]: self.about} if self.type in _ABOUT else {}
        return {"id": self.id, "type": self.type, "title": self.title, "limit": self.limit, **about}


DEFAULT = (
    Section("continue_watching", "continue_watching"),
    Section("latest", "latest"),
    Section("liked", "liked"),
    Section("most_viewed", "most_viewed"),
    Section("playlists", "playlist", about="own"),
)


def sections_of(config: Mapping[str, Any]) -> Sequence[Section]:
    """The rows of a stored home page; the default ones where nothing is stored, or nothing that can be read."""
    if "sections" not in config:
        return DEFAULT
    try:
        return parse_sections(config["sections"])
    except HomePageError:
        return DEFAULT


def parse_sections(given: Any) -> list[Section]:
    """Checks what a page or a program sends. Raises HomePageError with a sentence."""
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise HomePageError("A home page is a list of rows.")
    if len(given) > MOST_SECTIONS:
        raise HomePageError(f"A home page has at most {MOST_SECTIONS} rows.")
    sections = [_section(one) for one in given]
    if len({one.id for one in sections}) < len(sections):
        raise HomePageError("Two rows have the same id.")
    return sections


def as_config(sections: Sequence[Section]) -> dict[str, Any]:
    """What is stored."""
    return {"sections": [one.as_json() for one in sections]}


def _section(given: Mapping[str, Any]) -> Section:
    kind = given.get("type")
    if kind not in TYPES:
        raise HomePageError(f"There is no row of the kind {kind!r}.")
    row_id, title, limit = given.get("id"), given.get("title", ""), given.get("limit", _DEFAULT_LIMIT)
    if not isinstance(row_id, str) or not 0 < len(row_id) <= LONGEST_ID or "\0" in row_id:
        raise HomePageError(f"A row has an id of 1 to {LONGEST_ID} characters.")
    if not isinstance(title, str) or len(title) > LONGEST_TITLE or "\0" in title:
        raise HomePageError(f"The title of a row has at most {LONGEST_TITLE} characters.")
    if not isinstance(limit, int) or isinstance(limit, bool) or not 1 <= limit <= MOST_VIDEOS:
        raise HomePageError(f"A row shows 1 to {MOST_VIDEOS} videos.")
    return Section(row_id, kind, " ".join(title.split()), limit, _about(kind, given))


def _about(kind: str, given: Mapping[str, Any]) -> Any:
    name = _ABOUT.get(kind)
    if name is None:
        return ""
    value = given.get(name)
    if kind == "playlist":
        if value not in PLAYLISTS:
            raise HomePageError("Say which playlists the row shows: all, own or public.")
        return value
    if kind == "tag":
        if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 2**63:
            raise HomePageError("Choose the tag of the row.")
        return value
    try:
        return str(UUID(value if isinstance(value, str) else ""))
    except ValueError:
        what = {"creator": "person", "studio": "studio", "saved_search": "search"}[kind]
        raise HomePageError(f"Choose the {what} of the row.") from None
