"""An installation of Viewra, open for reading."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby, islice
from pathlib import Path
from typing import Any

from importers.records import Mapped, SourceRow, SourceTable
from importers.registry import SourceOptions
from importers.sources.cleaning import clean_moment, clean_text
from importers.systems.cells import keepable, row_key
from importers.systems.viewra import facts, names
from importers.systems.viewra.database import Database, open_database
from importers.systems.viewra.files import map_file, map_library
from importers.systems.viewra.index import OWNER, Index, is_video_file
from importers.systems.viewra.keeping import keep_row, leave_out
from importers.systems.viewra.people import (
    map_asset,
    map_external_id,
    map_owner,
    map_person,
    map_role,
    map_user,
    owner_rows,
)
from importers.systems.viewra.titles import FILES, keep_title, map_episode, map_movie, map_show, map_track
from importers.systems.viewra.watching import map_history, map_progress, map_scan, map_session

Mapper = Callable[[SourceRow, Index], Mapped]

# In the order in which they are read: what others point to comes first. Of two names of one table the first is the
# program's and the second the document's.
MAPPERS: dict[str, Mapper] = {
    "users": map_user,
    OWNER: map_owner,
    "media_libraries": map_library,
    "tv_shows": map_show,
    "seasons": keep_title,
    "albums": keep_title,
    "people": map_person,
    "artists": map_person,
    names.TAGS: names.map_tag,
    names.PEOPLE: names.map_person_named,
    facts.PLUGINS: facts.map_plugin,
    FILES: map_file,
    "movies": map_movie,
    "episodes": map_episode,
    "tracks": map_track,
    "roles": map_role,
    "media_external_ids": map_external_id,
    "media_assets": map_asset,
    **dict.fromkeys(facts.ENRICHMENTS, facts.map_enrichment),
    **dict.fromkeys(facts.OWN_TABLES, facts.map_own_table),
    "plugin_metadata": facts.map_documented,
    "scan_jobs": map_scan,
    **dict.fromkeys(("playback_histories", "playback_history"), map_history),
    "playback_sessions": map_session,
    **dict.fromkeys(("user_media_progresses", "user_media_progress"), map_progress),
}
_MADE = {
    OWNER: ("", owner_rows),
    names.TAGS: ("movies", names.tag_rows),
    names.PEOPLE: ("movies", names.people_rows),
    facts.PLUGINS: ("", facts.plugin_rows),
}
_NOT_HERE = "Viewra's programs don't run here; ours bring their own settings."
_MADE_AGAIN = "Streams and what is kept of them are made again when somebody watches."
_OF_THE_MOMENT = "Of the moment, or worked out from other rows; Viewra mostly never filled it."
NOT_IMPORTED = {
    **dict.fromkeys(
        (
            "plugins", "plugin_configurations", "plugin_permissions", "plugin_events", "plugin_hooks",
            "plugin_admin_pages", "plugin_ui_components", "enrichment_sources", "enrichment_jobs", "tmdb_cache",
            "musicbrainz_caches", "tmdb_artwork",
        ),
        _NOT_HERE,
    ),
    **dict.fromkeys(
        (
            "transcode_sessions", "transcode_caches", "transcode_cache", "transcode_cleanup_tasks", "ffmpeg_sessions",
            "plugin_transcode_sessions", "direct_sessions",
        ),
        _MADE_AGAIN,
    ),
    **dict.fromkeys(
        (
            "session_events", "playback_analytics", "user_playback_stats", "user_preferences", "media_interactions",
            "media_features", "user_vectors", "recommendation_caches", "system_events",
        ),
        _OF_THE_MOMENT,
    ),
}  # fmt: skip
# Seasons and albums have no place yet: their rows are kept.
_KEPT = {"seasons", "albums"}
# Tables without a key of their own: by these their rows are told apart, and read.
_NATURAL = {
    "roles": ("media_id", "person_id", "media_type", "role"),
    "media_external_ids": ("media_id", "media_type", "source", "external_id"),
    **dict.fromkeys(facts.ENRICHMENTS, ("media_id", "plugin", "updated_at")),
    **dict.fromkeys(("user_media_progresses", "user_media_progress"), ("user_id", "media_file_id")),
}
# Of these only the newest row of each group is written: (the columns that group, the moment).
_NEWEST = {
    **dict.fromkeys(facts.ENRICHMENTS, (("media_id", "plugin"), "updated_at")),
    "user_media_progresses": (("user_id", "media_file_id"), "updated_at"),
}
_AT_A_TIME, _MOST_PATHS = 500, 300


class ViewraSource:
    """See `importers.registry.Source`. An installation is known by its oldest account, else by its oldest library."""

    system = "viewra"

    def __init__(self, database: Database, label: str, pictures: Path | str | None) -> None:
        self._database = database
        self._index = Index(database, pictures)
        self.label = label
        self.identity = self._oldest("users") or self._oldest("media_libraries") or "viewra"

    def tables(self) -> list[SourceTable]:
        there = self._index.names
        found = []
        for name in MAPPERS:
            if name in there:
                found.append(SourceTable(name, self._database.count(name), is_kept=name in _KEPT))
            elif name in _MADE and self._makes(name):
                found.append(SourceTable(name, None))
        for name, sentence in NOT_IMPORTED.items():
            if name in there:
                found.append(SourceTable(name, self._database.count(name), sentence, "not_imported"))
        for name in sorted(there - MAPPERS.keys() - NOT_IMPORTED.keys()):
            sentence = "Videothek doesn't know it; its rows are kept."
            found.append(SourceTable(name, self._database.count(name), sentence, "unknown_table", is_kept=True))
        return found

    def rows(self, table: str, after: str | None = None) -> Iterator[SourceRow]:
        rows = self._rows(table)
        if after is not None and not any(row.key == after for row in rows):
            # It has gone meanwhile: better read twice than not at all.
            rows = self._rows(table)
        yield from rows

    def map(self, row: SourceRow) -> Mapped:
        if row.table in NOT_IMPORTED:
            return leave_out(row)
        mapper = MAPPERS.get(row.table)
        return mapper(row, self._index) if mapper else keep_row(row, "unknown_table")

    def paths(self) -> list[str]:
        found = [library.path for library in self._index.libraries.values()]
        for row in self._index.rows(FILES, "id"):
            if len(found) >= _MOST_PATHS:
                break
            found.append(clean_text(row.get("path"))[0])
        return [path for path in dict.fromkeys(found) if path.startswith("/")]

    def mark(self) -> str:
        return self._database.mark()

    def close(self) -> None:
        self._database.close()

    def _makes(self, table: str) -> bool:
        """Whether a table that is made of another one could have rows."""
        return not _MADE[table][0] or _MADE[table][0] in self._index.names

    def _rows(self, table: str) -> Iterator[SourceRow]:
        if table in _MADE:
            yield from _MADE[table][1](self._index)
            return
        columns = self._database.columns(table)
        rows: Iterable[Mapping[str, Any]]
        if table in _NEWEST:
            group, moment = _NEWEST[table]
            rows = _marking_newest(self._index.rows(table, *group), group, moment)
        elif table == "roles":
            rows = _gathering_roles(self._index.rows(table, *_NATURAL["roles"]))
        elif table == FILES:
            rows = self._with_titles(self._files())
        else:
            rows = self._index.rows(table, *(("id",) if "id" in columns else _NATURAL.get(table, ())))
        key = ("id",) if "id" in columns else _NATURAL.get(table) or tuple(self._database.key(table))
        seen: Counter[str] = Counter()
        for row in rows:
            text = row_key(*(row.get(name) for name in key)) if key else _digest(row)
            seen[text] += 1
            yield SourceRow(table, text if seen[text] == 1 else row_key(text, f"#{seen[text]}"), row)

    def _files(self) -> Iterator[Mapping[str, Any]]:
        """Those that videos are made of, then the further ones of each: they point to the former."""
        firsts = self._index.first_of_file
        further = {key for key, first in firsts.items() if key != first}
        yield from (row for row in self._index.rows(FILES, "id") if row_key(row["id"]) not in further)
        if further:
            yield from (row for row in self._index.rows(FILES, "id") if row_key(row["id"]) in further)

    def _with_titles(self, rows: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        """Files with the film, episode or track that they are of, in "_title", "_kind" and "_key"."""
        index = self._index
        remaining = iter(rows)
        while batch := list(islice(remaining, _AT_A_TIME)):
            keys = {}
            for row in batch:
                file = row_key(row["id"])
                if is_video_file(row):
                    keys[file] = row_key(row.get("media_id")) or index.title_of_file.get(file, "")
            found: dict[str, tuple[str, Mapping[str, Any]]] = {}
            for table, kind in (("movies", "movie"), ("episodes", "episode"), ("tracks", "track")):
                titles = index.by_id(table, {key for key in keys.values() if key and key not in found})
                found |= {key: (kind, row) for key, row in titles.items()}
            for row in batch:
                key = keys.get(row_key(row["id"]), "")
                kind, title = found.get(key, ("", {}))
                yield {**row, "_key": key if kind else "", "_kind": kind, "_title": title}

    def _oldest(self, table: str) -> str:
        """Table, id and moment: the same in whichever database."""
        ages = []
        for row in self._index.rows(table, "id"):
            moment = clean_moment(row.get("created_at"))[0]
            ages.append((moment.isoformat(timespec="seconds") if moment else "", row_key(row.get("id"))))
        return " ".join((table, *reversed(min(ages))))[:200] if ages else ""


class Viewra:
    """See `importers.registry.System`. The option `pictures` says where the folder of its pictures is."""

    name = "viewra"
    title = "Viewra"
    carriers = "The file viewra.db, the folder that it lies in, or the URL of its PostgreSQL."
    needs_secret = False

    def open(self, location: str, options: SourceOptions) -> ViewraSource:
        database, label, pictures = open_database(location)
        return ViewraSource(database, label, options.extra.get("pictures") or pictures)


def _marking_newest(
    rows: Iterable[Mapping[str, Any]], group: tuple[str, ...], moment: str
) -> Iterator[Mapping[str, Any]]:
    """Rows with "_is_newest", which one of each group is. They come in the order of the group."""
    for _, together in groupby(rows, key=lambda row: tuple(row.get(name) for name in group)):
        several = list(together)
        ages = [(clean_moment(row.get(moment))[0], place) for place, row in enumerate(several)]
        newest = max(ages, key=lambda age: (age[0].timestamp() if age[0] else float("-inf"), age[1]))[1]
        for place, row in enumerate(several):
            yield {**row, "_is_newest": place == newest}


def _gathering_roles(rows: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Rows with "_roles", which the first of a person and a film has: all that they are in it."""
    for _, together in groupby(rows, key=lambda row: (row.get("media_id"), row.get("person_id"))):
        several = list(together)
        roles = dict.fromkeys(clean_text(row.get("role"))[0].strip() for row in several)
        for place, row in enumerate(several):
            yield {**row, "_roles": [role for role in roles if role] if place == 0 else None}


def _digest(row: Mapping[str, Any]) -> str:
    text = json.dumps(keepable(dict(row)), sort_keys=True, default=str)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
