"""Where MediaOS's data lie: a folder of JSON files, or the SQLite file that was planned, read into the same rows."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Protocol

from importers.exceptions import SourceError
from importers.records import SourceRow
from importers.sources.sqlite import SqliteTables
from importers.systems.cells import row_key
from importers.systems.mediaos.members import Torn, members


class Shape(Enum):
    """Which members of a file are the rows of a part: all of the file's own, the items within the one that is opened,
    those beside it, or those beside it taken together as one row."""

    MEMBERS = "members"
    WITHIN = "within"
    BESIDE = "beside"
    WHOLE = "whole"


@dataclass(frozen=True, slots=True)
class Part:
    """A table in a JSON file. `opened` is the member whose items are rows of this or of the file's other part."""

    table: str
    file: str
    shape: Shape = Shape.MEMBERS
    opened: str = ""


# In the order in which they are to be read: what others point to comes first.
PARTS = (
    Part("users", "users"),
    Part("media_folders", "settings", Shape.WITHIN, "mediaFolders"),
    Part("settings", "settings", Shape.WHOLE, "mediaFolders"),
    Part("library_items", "library", Shape.WITHIN, "items"),
    Part("verify_results", "verify-results"),
    Part("downloaders", "downloaders"),
    Part("indexer_servers", "indexers", Shape.BESIDE, "indexers"),
    Part("indexers", "indexers", Shape.WITHIN, "indexers"),
    Part("wanted_items", "wanted", Shape.WITHIN, "items"),
    Part("quality_profiles", "quality-profiles", Shape.WITHIN, "profiles"),
    Part("quality", "quality"),
    Part("grabs", "grabs"),
    Part("verify", "verify", Shape.WHOLE),
    Part("metadata", "metadata", Shape.WHOLE),
    Part("organizer", "organizer", Shape.WHOLE),
    Part("subtitle_automation", "subtitle-automation", Shape.WHOLE),
    Part("monitor", "monitor", Shape.WHOLE),
)
_FILES = Counter(part.file for part in PARTS)
# What only the planned database has, behind `library_items`.
SEED_ONLY = ("verify_jobs", "sessions")
SEED_TABLES = (*(part.table for part in PARTS), *SEED_ONLY)
# A member beside those that are rows, and what can't be read: columns of rows that are none.
EXTRA, TORN = "_extra", "_torn"


class Carrier(Protocol):
    """Rows by the names of `PARTS`, columns as the JSON files write them (camel case)."""

    label: str

    def tables(self) -> list[str]: ...

    def rows(self, table: str) -> Iterator[SourceRow]: ...

    def mark(self) -> str: ...

    def close(self) -> None: ...


class JsonFolder:
    """The files of `config/`. A few may lie elsewhere (CONFIG_DIR moved only some), so a folder with a `config` in it
    is read with that; of a file that is in both the folder's own counts."""

    def __init__(self, folder: Path) -> None:
        self.label = str(folder)
        known = {part.file for part in PARTS}
        try:
            inner = _json_files(folder / "config") if (folder / "config").is_dir() else {}
            own = _json_files(folder)
        except OSError as error:
            raise SourceError(f"{folder} can't be read: {error.strerror}.") from None
        if known & inner.keys():
            # The program's own folder has other JSON files, of its packages say.
            own = {name: path for name, path in own.items() if name in known}
        self._files = inner | own
        if not known & self._files.keys():
            raise SourceError(f"{folder} has none of MediaOS's files (users.json, library.json ...) in it.")

    def tables(self) -> list[str]:
        known = {part.file for part in PARTS}
        return [part.table for part in PARTS] + sorted(self._files.keys() - known)

    def rows(self, table: str) -> Iterator[SourceRow]:
        part = next((part for part in PARTS if part.table == table), Part(table, table))
        path = self._files.get(part.file)
        if path is None:
            return
        try:
            yield from _part_rows(path, part)
        except OSError as error:
            raise SourceError(f"{path} can't be read: {error.strerror}.") from None

    def mark(self) -> str:
        stats = [path.stat() for path in self._files.values() if path.is_file()]
        return f"{len(stats)},{sum(s.st_size for s in stats)},{max((s.st_mtime_ns for s in stats), default=0)}"

    def close(self) -> None:
        return None


class SeedDatabase:
    """The SQLite file of the plan, where somebody made one. Columns come in camel case, so that one reader does."""

    def __init__(self, path: Path) -> None:
        self.label = str(path)
        self._tables = SqliteTables(path)
        self._names = self._tables.names()
        if not {"users", "library_items"} & set(self._names):
            self._tables.close()
            raise SourceError(f"{path} has none of MediaOS's tables (users, library_items ...) in it.")

    def tables(self) -> list[str]:
        ordered = [part.table for part in PARTS[:4]] + list(SEED_ONLY) + [part.table for part in PARTS[4:]]
        known = [name for name in ordered if name in self._names]
        return known + [name for name in self._names if name not in known]

    def rows(self, table: str) -> Iterator[SourceRow]:
        if table not in self._names:
            return
        columns = self._tables.columns(table)
        key = ["id"] if "id" in columns else ["rowid"]
        seen: Counter[str] = Counter()
        for row in self._tables.rows(table, key):
            values = {_camel(name): value for name, value in row.items()}
            yield _once(seen, table, _key(table, "", values), values)

    def mark(self) -> str:
        return self._tables.mark()

    def close(self) -> None:
        self._tables.close()


def _json_files(folder: Path) -> dict[str, Path]:
    return {
        path.stem: path
        for path in sorted(folder.iterdir())
        if path.suffix.lower() == ".json" and not path.name.startswith(".") and path.is_file()
    }


def _part_rows(path: Path, part: Part) -> Iterator[SourceRow]:
    """What can't be read of a file is a row of its first part; so is a member beside the rows that no part takes."""
    is_first = next((other for other in PARTS if other.file == part.file), part) == part
    seen: Counter[str] = Counter()
    whole: dict[str, Any] = {}
    for member in members(path, *((part.opened,) if part.opened else ())):
        if isinstance(member, Torn):
            if is_first:
                columns = {TORN: member.text, "position": member.position}
                yield SourceRow(part.table, f"({member.position})", columns)
        elif part.shape is Shape.WITHIN and member.within:
            yield _row_of(seen, part.table, "", member.value)
        elif member.within:
            continue
        elif part.shape is Shape.WHOLE:
            whole[member.name] = member.value
        elif part.shape is not Shape.WITHIN:
            yield _row_of(seen, part.table, member.name, member.value)
        elif _FILES[part.file] == 1:
            yield SourceRow(part.table, row_key(f"({member.name})"), {EXTRA: {member.name: member.value}})
    if whole:
        yield SourceRow(part.table, part.table, whole)


def _row_of(seen: Counter[str], table: str, name: str, value: Any) -> SourceRow:
    columns = value if isinstance(value, dict) else {EXTRA: value}
    return _once(seen, table, _key(table, name, columns), columns)


def _once(seen: Counter[str], table: str, key: str, columns: Mapping[str, Any]) -> SourceRow:
    """A second row of one key gets a number behind it."""
    seen[key] += 1
    return SourceRow(table, key if seen[key] == 1 else row_key(key, f"#{seen[key]}"), columns)


def _key(table: str, name: str, columns: Mapping[str, Any]) -> str:
    """By what a row is known there, the same for files and the database: so one follows on the other."""
    if table == "media_folders":
        return row_key(columns.get("path", ""))
    if table == "wanted_items":
        return row_key(columns.get("kind", ""), columns.get("libraryItemId") or columns.get("id") or "")
    if table == "downloaders":
        return row_key(name or columns.get("clientType", ""))
    if table == "library_items" and not columns.get("id"):
        return row_key(columns.get("kind", ""), str(columns.get("title", "")).lower())
    if table in ("verify_results", "grabs"):
        return row_key(name)
    return row_key(columns.get("id") or name or "(none)")


def _camel(name: str) -> str:
    return re.sub(r"_([a-z0-9])", lambda match: match[1].upper(), name)
