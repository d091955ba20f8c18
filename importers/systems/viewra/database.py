"""Where Viewra's data lie: its SQLite file, the folder that it is in, or its PostgreSQL."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from importers.exceptions import SourceError
from importers.sources import Tables
from importers.sources.postgres import PostgresTables, is_postgres_url
from importers.sources.sqlite import SqliteTables, is_sqlite

_FILE = "viewra.db"
# Without one of these it is somebody else's database.
_TELLING = {"media_files", "media_libraries"}


class Database(Tables, Protocol):
    def matching(self, table: str, column: str, values: Sequence[str]) -> list[dict[str, Any]]:
        """The rows that say one of those values in an indexed column. Values without NUL."""
        ...


def open_database(location: str) -> tuple[Database, str, Path | None]:
    """The tables, the source as people know it, and the folder that pictures lie in (None with PostgreSQL). Raises
    SourceError."""
    database: Database
    if is_postgres_url(location):
        postgres = PostgresTables(location)
        database, label, pictures = postgres, postgres.label, None
    else:
        path = _file(Path(location).expanduser())
        database, label, pictures = SqliteTables(path), str(path), path.absolute().parent / "assets"
    if not _TELLING & set(database.names()):
        database.close()
        raise SourceError(f"{label} has none of Viewra's tables (media_files, media_libraries) in it.")
    return database, label, pictures


def _file(path: Path) -> Path:
    if path.is_dir():
        for child in (path / _FILE, path / "viewra-data" / _FILE):
            if child.is_file():
                return child
        raise SourceError(f"{path} has no {_FILE} in it.")
    if not path.is_file():
        raise SourceError(f"{path} isn't there.")
    if not is_sqlite(path):
        raise SourceError(f"{path} is no SQLite database.")
    return path
