"""What a row of Viewra can't tell by itself: read once, in little memory."""

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from importers.records import Ref
from importers.sources.cleaning import clean_boolean, clean_integer, clean_moment, clean_text
from importers.systems.cells import row_key
from importers.systems.endings import is_picture, may_be_video
from importers.systems.viewra.database import Database

# One row, where there are no accounts; no table of Viewra's own.
OWNER = "users.owner"
HISTORIES = ("playback_histories", "playback_history")
# The kinds of pictures that stand for a film, and for a person, the best first.
_COVERS = ("poster", "cover", "thumb", "screenshot")
_PORTRAITS = ("headshot", "portrait", "photo", "hq_photo", "thumb")
_OF_VIDEOS = frozenset({"movie", "episode"})
_OF_PEOPLE = frozenset({"actor", "director", "artist"})
# Where a container of Viewra's has its pictures, unless somebody says where they are.
_PICTURES = "/app/viewra-data/assets"


@dataclass(frozen=True, slots=True)
class Library:
    """`key` is that of the first library with the path: its table allowed several."""

    key: str
    path: str
    is_repeated: bool


class Index:
    """Everything by keys as `row_key` makes them."""

    def __init__(self, database: Database, pictures: Path | str | None) -> None:
        self.database = database
        self.pictures = str(pictures or _PICTURES)
        self.names = frozenset(database.names())

    def rows(self, table: str, *key: str) -> Iterator[Mapping[str, Any]]:
        """All rows of a table, none when there is no such table; in the order of its key where none is given."""
        if table in self.names:
            columns = set(self.database.columns(table))
            yield from self.database.rows(table, [k for k in key if k in columns] or self.database.key(table))

    def by_id(self, table: str, keys: set[str]) -> dict[str, Mapping[str, Any]]:
        """Rows by their `id`, some hundred at once."""
        wanted = sorted(key for key in keys if key and "\x00" not in key)
        if not wanted or table not in self.names:
            return {}
        return {row_key(row["id"]): row for row in self.database.matching(table, "id", wanted)}

    @cached_property
    def libraries(self) -> dict[str, Library]:
        found: dict[str, Library] = {}
        firsts: dict[str, str] = {}
        for row in self.rows("media_libraries", "id"):
            key, path = row_key(row.get("id")), clean_text(row.get("path"))[0].rstrip("/")
            first = firsts.setdefault(path, key)
            found[key] = Library(first, path, first != key)
        return found

    def library_of(self, columns: Mapping[str, Any]) -> str:
        """The library of a file: the one it names, else the deepest that its path lies in; "" for none."""
        named = self.libraries.get(row_key(columns.get("library_id")))
        if named:
            return named.key
        path = clean_text(columns.get("path"))[0]
        inside = [(len(one.path), one.key) for one in self.libraries.values() if path.startswith(f"{one.path}/")]
        return max(inside, default=(0, ""))[1]

    @cached_property
    def first_of_media(self) -> dict[str, str]:
        """The oldest file of each title (`media_id`): its row becomes the video, the others its further files."""
        return self._files[0]

    @cached_property
    def first_of_file(self) -> dict[str, str]:
        """The file whose row becomes the video, for each file that is one of a video."""
        return self._files[1]

    @cached_property
    def title_of_file(self) -> dict[str, str]:
        """The film of a file where films name files (as documented), not the other way round."""
        return self._files[2]

    @cached_property
    def _files(self) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
        ages: dict[str, tuple[str, str]] = {}
        media: dict[str, str] = {}
        for row in self.rows("media_files", "id"):
            if not is_video_file(row):
                continue
            key, title = row_key(row["id"]), row_key(row.get("media_id"))
            media[key] = title
            if title:
                age = (_age(row.get("created_at")), key)
                ages[title] = min(ages.get(title, age), age)
        first_of_media = {title: key for title, (_, key) in ages.items()}
        first_of_file = {key: first_of_media[title] if title else key for key, title in media.items()}
        title_of_file: dict[str, str] = {}
        for table in ("movies", "episodes", "tracks"):
            if table in self.names and "media_file_id" in self.database.columns(table):
                for row in self.rows(table, "id"):
                    title, file = row_key(row["id"]), row_key(row.get("media_file_id"))
                    if file in first_of_file and file not in title_of_file:
                        title_of_file[file] = title
                        first_of_media[title] = file
        return first_of_media, first_of_file, title_of_file

    @cached_property
    def covers(self) -> dict[str, tuple[str, str]]:
        """(key of its row, path) of the picture that stands for a film or an episode."""
        return self._chosen[0]

    @cached_property
    def portraits(self) -> dict[str, tuple[str, str]]:
        """(key of its row, path) of the picture that stands for a person."""
        return self._chosen[1]

    @cached_property
    def chosen_pictures(self) -> frozenset[str]:
        return frozenset(key for found in self._chosen for key, _ in found.values())

    @cached_property
    def _chosen(self) -> tuple[dict[str, tuple[str, str]], dict[str, tuple[str, str]]]:
        covers: dict[str, tuple[int, str, str]] = {}
        portraits: dict[str, tuple[int, str, str]] = {}
        for row in self.rows("media_assets", "id"):
            owner, kind = row.get("entity_type"), str(row.get("type") or "")
            path = clean_text(row.get("path"))[0]
            if not path or not clean_boolean(row.get("preferred"))[0]:
                continue
            for owners, ranks, found in ((_OF_VIDEOS, _COVERS, covers), (_OF_PEOPLE, _PORTRAITS, portraits)):
                if owner in owners and kind in ranks:
                    candidate = (ranks.index(kind), row_key(row.get("id")), self.picture_path(path))
                    entity = row_key(row.get("entity_id"))
                    found[entity] = min(found.get(entity, candidate), candidate)
        return _without_rank(covers), _without_rank(portraits)

    def picture_path(self, path: str) -> str:
        return path if path.startswith("/") else posixpath.join(self.pictures, path)

    @cached_property
    def shows(self) -> dict[str, str]:
        """Titles of shows."""
        return {row_key(row["id"]): clean_text(row.get("title"))[0].strip() for row in self.rows("tv_shows", "id")}

    @cached_property
    def seasons(self) -> dict[str, tuple[str, int | None]]:
        """(show, number) of each season."""
        return {
            row_key(row["id"]): (row_key(row.get("tv_show_id")), clean_integer(row.get("season_number"))[0])
            for row in self.rows("seasons", "id")
        }

    @cached_property
    def users(self) -> dict[str, str]:
        """The account that an id or a name of one means. Players could say whatever they liked."""
        found: dict[str, str] = {}
        for row in self.rows("users", "id"):
            key = row_key(row["id"])
            found[key] = key
            found.setdefault(clean_text(row.get("username"))[0].lower(), key)
        return found

    @cached_property
    def owner(self) -> Ref:
        """Whose is what nobody's account stands behind: the oldest account, or the run's owner where there is none."""
        accounts = set(self.users.values())
        return Ref("users", min(accounts, key=lambda key: (len(key), key))) if accounts else Ref(OWNER, OWNER)

    @cached_property
    def played(self) -> frozenset[tuple[str, str, str]]:
        """User, file and day (UTC) of everything in the history."""
        return frozenset(
            (row_key(row.get("user_id")), row_key(row.get("media_file_id")), day_of(row.get("played_at")))
            for table in HISTORIES
            for row in self.rows(table, "id")
        )


def is_video_file(columns: Mapping[str, Any]) -> bool:
    """A picture or sound alone is none; files that came by a change of the folder have no type, their name tells."""
    path = str(columns.get("path") or columns.get("filename") or "")
    return columns.get("media_type") != "image" and not is_picture(path) and may_be_video(path)


def day_of(value: Any) -> str:
    """The day of a moment in UTC, "" for none."""
    moment = clean_moment(value)[0]
    return moment.date().isoformat() if moment else ""


def _without_rank(found: dict[str, tuple[int, str, str]]) -> dict[str, tuple[str, str]]:
    return {entity: (key, path) for entity, (_, key, path) in found.items()}


def _age(value: Any) -> str:
    moment: datetime | None = clean_moment(value)[0]
    return moment.isoformat() if moment else "9"
