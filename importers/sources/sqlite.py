"""SQLite files of other programs, opened so that nothing is written: not the file, nor a journal beside it."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from importers.exceptions import SourceError

_MAGIC = b"SQLite format 3\x00"
_AT_A_TIME = 500


class SqliteTables:
    """The tables of one SQLite file.

    A file with a write-ahead log beside it is read together with it; one whose program is writing just now is waited
    for five seconds. Text that isn't UTF-8 comes with surrogate escapes. Raises SourceError when it is no SQLite file,
    is cut off, or stays locked.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if not is_sqlite(path):
            raise SourceError(f"{path} is no SQLite database.")
        wal = path.with_name(path.name + "-wal")
        # Without a log nothing needs the shared memory file that reading in WAL mode would make beside it.
        mode = "mode=ro" if wal.is_file() and wal.stat().st_size else "mode=ro&immutable=1"
        try:
            self._connection = sqlite3.connect(f"file:{quote(str(path))}?{mode}", uri=True, timeout=5)
            self._connection.row_factory = sqlite3.Row
            self._connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
            self._connection.execute("PRAGMA query_only = ON")
            broken = self._connection.execute("PRAGMA quick_check(1)").fetchone()
        except sqlite3.Error as error:
            raise SourceError(f"{path} can't be read: {error}. Stop the program that uses it and try again.") from None
        if broken and broken[0] != "ok":
            raise SourceError(f"{path} is damaged or half written ({broken[0]}). Take a whole copy of it.")

    def names(self) -> list[str]:
        found = self._connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND substr(name, 1, 7) <> 'sqlite_' ORDER BY name"
        )
        return [row[0] for row in found]

    def columns(self, table: str) -> list[str]:
        return [row[1] for row in self._connection.execute(f"PRAGMA table_info({_quoted(table)})")]

    def count(self, table: str) -> int:
        return int(self._connection.execute(f"SELECT count(*) FROM {_quoted(table)}").fetchone()[0])

    def rows(self, table: str, key: Sequence[str], after: Sequence[Any] | None = None) -> Iterator[Mapping[str, Any]]:
        names = ", ".join(_quoted(name) for name in key)
        where = f" WHERE ({names}) > ({', '.join('?' * len(key))})" if after is not None else ""
        try:
            found = self._connection.execute(
                f"SELECT * FROM {_quoted(table)}{where} ORDER BY {names}", tuple(after or ())
            )
            while rows := found.fetchmany(_AT_A_TIME):
                yield from (dict(row) for row in rows)
        except sqlite3.Error as error:
            raise SourceError(f"{self.path}: the table {table} can't be read ({error}).") from None

    def mark(self) -> str:
        return ";".join(
            f"{stat.st_size},{stat.st_mtime_ns}"
            for path in (self.path, self.path.with_name(self.path.name + "-wal"))
            if path.is_file() and (stat := path.stat())
        )

    def close(self) -> None:
        self._connection.close()


def is_sqlite(path: Path) -> bool:
    """Whether the file begins as every SQLite database does."""
    try:
        with path.open("rb") as file:
            return file.read(len(_MAGIC)) == _MAGIC
    except OSError:
        return False


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
