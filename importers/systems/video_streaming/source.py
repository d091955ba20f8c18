"""A "video streaming" installation that is open, whatever carries it."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from importers.records import Mapped, SourceRow, SourceTable
from importers.sources import Tables
from importers.sources.cleaning import clean_moment, clean_text
from importers.sources.json_files import BrokenRow, JsonTables
from importers.systems.video_streaming.facts import Facts
from importers.systems.video_streaming.fields import Fields, key_text, whole
from importers.systems.video_streaming.tables import BY_NAME, TABLES

SYSTEM = "video-streaming"
_PATHS_SHOWN = 300
_AGAIN = "#"


class VideoStreamingSource:
    """See `importers.registry.Source`. Tables that a release lacked aren't there; unknown ones are kept."""

    system = SYSTEM

    def __init__(self, tables: Tables, label: str) -> None:
        self.label = label
        self._tables = tables
        self._facts = Facts(tables)
        self.identity = self._identity()

    def tables(self) -> list[SourceTable]:
        names = set(self._tables.names())
        known = [
            SourceTable(
                table.name, self._tables.count(table.name), table.not_imported,
                "not_imported" if table.not_imported else "",
            )
            for table in TABLES
            if table.name in names
        ]  # fmt: skip
        unknown = [
            SourceTable(name, self._tables.count(name), "Videothek doesn't know this table.", "unknown_table", True)
            for name in sorted(names - BY_NAME.keys())
        ]
        return [*known, *unknown]

    def rows(self, table: str, after: str | None = None) -> Iterator[SourceRow]:
        """A row that says the same as an earlier one about which it is gets a key of its own, "5#2"."""
        key = self._key(table)
        if after is not None and self._is_ordered_by(table, key) and _AGAIN not in after:
            return self._keyed(table, key, self._tables.rows(table, key, _parts(after, len(key))))
        rows = self._keyed(table, key, self._tables.rows(table, key))
        if after is None:
            return rows
        # Where the source knows no order by the key it is read from its beginning; if the row has gone, all of it.
        if any(row.key == after for row in rows):
            return rows
        return self._keyed(table, key, self._tables.rows(table, key))

    def map(self, row: SourceRow) -> Mapped:
        if isinstance(row.columns, BrokenRow):
            return Mapped(skipped="cut_off" if row.columns.is_cut else "bad_json", kept=whole(row.columns))
        table = BY_NAME.get(row.table)
        if table is None:
            return Mapped(skipped="unknown_table", kept=whole(row.columns))
        if _AGAIN in row.key and not table.not_imported:
            return Mapped(skipped="duplicate", kept=whole(row.columns))
        fields = Fields(row, table.columns)
        fields.pass_over(*table.key)
        return table.map(fields, self._facts)

    def paths(self) -> list[str]:
        """Watched directories, then some of the videos, then some pictures."""
        found: dict[str, None] = {}
        for table, columns in (
            ("watched_directories", ("path",)),
            ("videos", ("file_path",)),
            ("creators", ("profile_picture_path",)),
            ("studios", ("profile_picture_path",)),
            ("thumbnails", ("file_path",)),
        ):
            if table in self._tables.names():
                rows = self._tables.rows(table, self._tables.key(table))
                for row in islice(rows, _PATHS_SHOWN // 3):
                    texts = (clean_text(row.get(column))[0].strip() for column in columns)
                    found |= dict.fromkeys(text for text in texts if text.startswith("/"))
        return list(found)[:_PATHS_SHOWN]

    def mark(self) -> str:
        return self._tables.mark()

    def close(self) -> None:
        self._tables.close()

    def _identity(self) -> str:
        """Its oldest account and the second in which that was made; without accounts, where its videos lay."""
        if self._facts.users:
            user = self._facts.users[0]
            made = clean_moment(user.get("created_at"))[0]
            when = f"{made:%Y-%m-%dT%H:%M:%S}" if made else key_text(user.get("id"))
            return f"{clean_text(user.get('username'))[0].strip().lower()}@{when}"[:200]
        return hashlib.sha256("\n".join(sorted(self.paths()[:1])).encode()).hexdigest()[:32]

    def _key(self, table: str) -> list[str]:
        """The columns that tell its rows apart; [] when nothing does but the whole row."""
        columns = self._tables.columns(table)
        known = BY_NAME.get(table)
        for key in (list(known.key) if known else [], self._tables.key(table), ["id"] if known else []):
            if key and set(key) <= set(columns):
                return key
        return []

    def _is_ordered_by(self, table: str, key: Sequence[str]) -> bool:
        return not isinstance(self._tables, JsonTables) and bool(key) and set(self._tables.key(table)) == set(key)

    def _keyed(self, table: str, key: Sequence[str], rows: Iterator[Mapping[str, Any]]) -> Iterator[SourceRow]:
        seen: dict[str, int] = {}
        is_unique = self._is_ordered_by(table, key)
        for row in rows:
            name = _name(row, key)
            if not is_unique:
                seen[name] = number = seen.get(name, 0) + 1
                name = f"{name}{_AGAIN}{number}" if number > 1 else name
            yield SourceRow(table, name, row)


def _name(row: Mapping[str, Any], key: Sequence[str]) -> str:
    """The row's key; by what it says where it has none, so that the same row has the same one next time."""
    if isinstance(row, BrokenRow):
        return f"at:{row['broken_at']}"
    parts = [key_text(row.get(name)) for name in key]
    if any(parts):
        return clean_text(":".join(parts), longest=400)[0]
    text = json.dumps(whole(row), sort_keys=True, ensure_ascii=True)
    return f"row:{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def _parts(after: str, count: int) -> list[Any]:
    parts = after.split(":", count - 1) if count > 1 else [after]
    return [part if part else None for part in parts]
