"""A GoonHub database that is open: its tables, their rows, and what becomes of each."""

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

from importers.records import Mapped, SourceRow, SourceTable
from importers.sources.cleaning import clean_moment
from importers.systems.goonhub import accounts, filters, jobs, lists, names, opinions, preferences, scenes
from importers.systems.goonhub.database import GoonHubTables
from importers.systems.goonhub.lookups import Lookups
from importers.systems.goonhub.row import LeftOut, Row, absolute, plain
from importers.systems.goonhub.tables import KNOWN, LEGACY, Table, names_in, new_column

_AT_ONCE = 500
_MOST_PATHS = 300
_LONGEST_KEY = 300
_LEGACY_TABLES = {name: table for table, name in LEGACY.items()}
_LEGACY = Table("", frozenset({"name"}))

_MAPPERS: Mapping[str, Callable[[Row], Mapped]] = {
    "roles": accounts.map_role,
    "users": accounts.map_user,
    "storage_paths": scenes.map_storage_path,
    "tags": names.map_tag,
    "studios": names.map_studio,
    "actors": names.map_actor,
    LEGACY["tags"]: names.map_legacy_tag,
    LEGACY["studios"]: names.map_legacy_studio,
    LEGACY["actors"]: names.map_legacy_actor,
    "scenes": scenes.map_scene,
    "scene_tags": scenes.map_scene_tag,
    "scene_actors": scenes.map_scene_actor,
    "user_scene_ratings": opinions.map_scene_rating,
    "user_scene_likes": opinions.map_scene_like,
    "user_scene_jizzed": opinions.map_tally,
    "user_actor_ratings": opinions.map_actor_rating,
    "user_actor_likes": opinions.map_actor_like,
    "user_studio_ratings": opinions.map_studio_rating,
    "user_studio_likes": opinions.map_studio_like,
    "user_scene_watches": opinions.map_watch,
    "user_scene_view_counts": opinions.map_view_count,
    "user_scene_markers": lists.map_marker,
    "marker_tags": lists.map_marker_tag,
    "marker_label_tags": lists.map_label_tag,
    "saved_searches": filters.map_saved_search,
    "playlists": lists.map_playlist,
    "playlist_scenes": lists.map_playlist_item,
    "playlist_tags": lists.map_playlist_tag,
    "playlist_likes": lists.map_playlist_like,
    "playlist_progress": lists.map_playlist_progress,
    "share_links": lists.map_share_link,
    "user_settings": preferences.map_user_settings,
    "scan_history": scenes.map_scan,
    "job_history": jobs.map_job,
    "dead_letter_queue": jobs.map_dead_letter,
    "trigger_config": jobs.map_stage_setting,
    "retry_config": jobs.map_stage_setting,
    "processing_config": jobs.map_processing_config,
    "app_settings": jobs.map_app_settings,
}


class GoonHubSource:
    """See `importers.registry.Source`. `zone` is that of moments without one."""

    system = "goonhub"

    def __init__(self, tables: GoonHubTables, zone: str) -> None:
        self._tables = tables
        self._found = tables.names()
        self._actual = names_in(self._found)
        self._known = {actual: KNOWN[name] for name, actual in self._actual.items()}
        self._columns = {name: tables.columns(name) for name in self._found}
        self._renamed = {
            name: {column: new_column(table, column, frozenset(self._columns[name])) for column in self._columns[name]}
            for name, table in self._known.items()
        }
        self._lookups = Lookups(tables, self._actual, self._columns, zone)
        self.label = tables.label
        self.identity = self._identity()

    def tables(self) -> list[SourceTable]:
        """The known ones in their order, with those of old names before the scenes; then all others, by name."""
        listed: list[SourceTable] = []
        for name, actual in self._actual.items():
            table = KNOWN[name]
            if name == "scenes":
                listed += [
                    SourceTable(LEGACY[one], len(self._lookups.legacy_names(one)))
                    for one in ("tags", "studios", "actors")
                ]
            rows = self._tables.count(actual)
            listed.append(SourceTable(actual, rows, table.not_imported, table.reason, table.is_kept))
        unknown = [name for name in self._found if name not in self._known]
        return listed + [
            SourceTable(name, self._tables.count(name), "Videothek doesn't know it.", "unknown_table", is_kept=True)
            for name in unknown
        ]

    def rows(self, table: str, after: str | None = None) -> Iterator[SourceRow]:
        """Tables with an `id` go on behind it; of others the rows before are read again and passed over."""
        if table in _LEGACY_TABLES:
            return self._legacy_rows(table, after)
        found = self._by_id(table, after) if "id" in self._columns.get(table, ()) else self._by_key(table, after)
        return self._with_links(table, found) if self._is_scenes(table) else found

    def map(self, row: SourceRow) -> Mapped:
        name = row.table if row.table in _LEGACY_TABLES else getattr(self._known.get(row.table), "name", "")
        reader = Row(row, self._renamed_columns(row), self._known.get(row.table, _LEGACY), self._lookups)
        if name not in _MAPPERS:
            known = KNOWN.get(name)
            reason, is_kept = (known.reason, known.is_kept) if known else ("unknown_table", True)
            return reader.left_out(reason, is_kept=is_kept)
        try:
            return _MAPPERS[name](reader)
        except LeftOut as error:
            return reader.left_out(error.reason)

    def paths(self) -> list[str]:
        """The storage paths, then some of the files and of the pictures that people chose."""
        found: dict[str, None] = {}
        columns = {"storage_paths": ("path",), "scenes": ("stored_path", "cover_image_path")}
        columns |= {"actors": ("image_url",), "studios": ("logo", "poster")}
        for name, wanted in columns.items():
            actual = self._actual.get(name, "")
            there = [column for column in wanted if column in self._columns.get(actual, ())]
            rows = self._tables.select(actual, there, first=_MOST_PATHS // 3) if there else []
            texts = (str(row[column] or "") for row in rows for column in there)
            found.update(dict.fromkeys(absolute(text) for text in texts if text and "://" not in text))
        return list(found)[:_MOST_PATHS]

    def mark(self) -> str:
        return self._tables.mark()

    def close(self) -> None:
        self._tables.close()

    def _identity(self) -> str:
        """The oldest account and when it was made; without one, the oldest scene."""
        for name in ("users", "scenes"):
            actual = self._actual.get(name, "")
            columns = [column for column in ("id", "created_at") if column in self._columns.get(actual, ())]
            for row in self._tables.select(actual, columns, first=1) if "id" in columns else []:
                made, _ = clean_moment(row.get("created_at"))
                return f"{name} {row['id']} of {made.isoformat() if made else 'unknown'}"
        return "empty"

    def _is_scenes(self, table: str) -> bool:
        return self._actual.get("scenes") == table

    def _by_id(self, table: str, after: str | None) -> Iterator[SourceRow]:
        for row in self._tables.rows(table, ["id"], None if after is None else [after]):
            yield SourceRow(table, str(row["id"]), row)

    def _by_key(self, table: str, after: str | None) -> Iterator[SourceRow]:
        names = self._key_names(table)
        seen, number, is_behind = "", 0, after is None
        for row in self._tables.rows(table, names):
            key = ":".join(str(plain(row[name])) for name in names)[:_LONGEST_KEY]
            # Equal rows of a table without a key are told apart by their number.
            number = number + 1 if key == seen else 1
            seen = key
            key = key if number == 1 else f"{key}#{number}"
            if is_behind:
                yield SourceRow(table, key, row)
            is_behind = is_behind or key == after

    def _key_names(self, table: str) -> list[str]:
        known, there = self._known.get(table), self._columns[table]
        old = {new: old for old, new in self._renamed.get(table, {}).items()}
        wanted = [old.get(name, name) for name in known.key] if known else []
        return wanted if wanted and all(name in there for name in wanted) else self._tables.key_of(table)

    def _with_links(self, table: str, rows: Iterator[SourceRow]) -> Iterator[SourceRow]:
        """Scenes that have old lists, with what the tables of links have already; a batch at a time."""
        while batch := list(islice(rows, _AT_ONCE)):
            ids = [row.columns["id"] for row in batch if row.columns.get("tags") or row.columns.get("actors")]
            tags = self._lookups.linked("scene_tags", "tag_id", ids) if ids else {}
            actors = self._lookups.linked("scene_actors", "actor_id", ids) if ids else {}
            for row in batch:
                one = row.columns["id"]
                links = {
                    scenes.LINKED_TAGS: sorted(tags.get(one, ())),
                    scenes.LINKED_ACTORS: sorted(actors.get(one, ())),
                }
                yield SourceRow(table, row.key, {**row.columns, **links})

    def _legacy_rows(self, table: str, after: str | None) -> Iterator[SourceRow]:
        for key, name in self._lookups.legacy_names(_LEGACY_TABLES[table]).items():
            if after is None or key > after:
                yield SourceRow(table, key, {"name": name})

    def _renamed_columns(self, row: SourceRow) -> Mapping[str, Any]:
        renamed = self._renamed.get(row.table, {})
        return {renamed.get(name, name): value for name, value in row.columns.items()}
