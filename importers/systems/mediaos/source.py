"""An installation of MediaOS, open for reading."""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from importers.exceptions import SourceError
from importers.records import Mapped, SourceRow, SourceTable
from importers.registry import SourceOptions
from importers.sources.cleaning import clean_moment
from importers.sources.sqlite import is_sqlite
from importers.systems.mediaos.carriers import SEED_TABLES, Carrier, JsonFolder, SeedDatabase
from importers.systems.mediaos.context import Context
from importers.systems.mediaos.mapping import MAPPERS, NO_PLACE, UNKNOWN
from importers.systems.mediaos.videos import is_video_item, item_path

_MOST_PATHS = 300
_NO_PLACE = "Videothek has no place for it yet; every row is kept as it was."
# Tables whose rows become nothing of ours yet, or never do.
_REASONS: dict[str, tuple[str, str, bool]] = {
    "sessions": ("Logins of the old system; a new login makes its own.", "not_imported", False),
    **dict.fromkeys((*NO_PLACE, "wanted_items"), (_NO_PLACE, "no_place_yet", True)),
}


class MediaosSource:
    """See `importers.registry.Source`. An installation is known by its oldest account, else by its oldest item."""

    system = "mediaos"

    def __init__(self, carrier: Carrier, options: SourceOptions) -> None:
        self._carrier = carrier
        self._secret = options.secret
        self.label = carrier.label
        self.identity = self._oldest("users") or self._oldest("library_items") or "mediaos"

    def tables(self) -> list[SourceTable]:
        found = []
        for name in self._carrier.tables():
            sentence, reason, is_kept = _REASONS.get(name, ("", "", False))
            if name not in SEED_TABLES:
                sentence, reason, is_kept = "Videothek doesn't know it; its rows are kept.", "unknown_table", True
            found.append(SourceTable(name, None, sentence, reason, is_kept))
        return found

    def rows(self, table: str, after: str | None = None) -> Iterator[SourceRow]:
        rows = self._carrier.rows(table)
        if after is not None and not any(row.key == after for row in rows):
            # It has gone meanwhile: better read twice than not at all.
            rows = self._carrier.rows(table)
        yield from rows

    def map(self, row: SourceRow) -> Mapped:
        return MAPPERS.get(row.table, UNKNOWN)(row, self._context)

    def paths(self) -> list[str]:
        folders = [str(row.columns.get("path") or "") for row in self._carrier.rows("media_folders")]
        files = []
        for row in self._carrier.rows("library_items"):
            files.append(item_path(row.columns))
            if len(files) >= _MOST_PATHS:
                break
        return [path for path in (*folders, *files) if path.startswith("/")][:_MOST_PATHS]

    def mark(self) -> str:
        return self._carrier.mark()

    def close(self) -> None:
        self._carrier.close()

    @cached_property
    def _context(self) -> Context:
        """What rows need to know of others: folders, their last scan, which items become videos, who came first."""
        folders = [row for row in self._carrier.rows("media_folders") if isinstance(row.columns.get("path"), str)]
        scanned: Any = None
        for row in self._carrier.rows("settings"):
            scanned = row.columns.get("lastScanDate")
        return Context(
            secret=self._secret,
            folders=tuple((str(row.columns["path"]).rstrip("/") or "/", row.key) for row in folders),
            scanned_at=clean_moment(scanned)[0],
            videos=frozenset(row.key for row in self._carrier.rows("library_items") if is_video_item(row.columns)),
            owner=self._oldest_admin(),
        )

    def _oldest(self, table: str) -> str:
        found = (
            (str(row.columns.get("createdAt") or ""), len(row.key), row.key)
            for row in self._carrier.rows(table)
            if not row.key.startswith("(")
        )
        return min(found, default=("", 0, ""))[2][:200]

    def _oldest_admin(self) -> str:
        admins = (
            (str(row.columns.get("createdAt") or ""), row.key)
            for row in self._carrier.rows("users")
            if row.columns.get("role") == "admin"
        )
        return min(admins, default=("", ""))[1]


class Mediaos:
    """See `importers.registry.System`."""

    name = "mediaos"
    title = "MediaOS"
    carriers = (
        "The folder config/ with its JSON files (users.json, library.json ...), or the planned SQLite file. Give its"
        " ENCRYPTION_KEY too, else passwords that it encrypted stay behind."
    )
    needs_secret = True

    def open(self, location: str, options: SourceOptions) -> MediaosSource:
        path = Path(location).expanduser()
        if path.is_dir():
            return MediaosSource(_folder(path), options)
        if not path.is_file():
            raise SourceError(f"{location} isn't there.")
        if not is_sqlite(path):
            raise SourceError(f"{location} is neither a folder nor a SQLite file. Give the folder of its JSON files.")
        return MediaosSource(SeedDatabase(path), options)


def _folder(path: Path) -> Carrier:
    """The JSON files, which are the truth as long as there are any; else the only database in the folder."""
    try:
        return JsonFolder(path)
    except SourceError:
        databases = [child for child in sorted(path.iterdir()) if child.is_file() and is_sqlite(child)]
        if len(databases) != 1:
            raise
        return SeedDatabase(databases[0])
