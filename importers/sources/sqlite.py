"""SQLite files of other programs, read so that nothing is written: not the file, nor a journal beside it."""

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from importers.exceptions import SourceError

_MAGIC = b"SQLite format 3\x00"
_AT_A_TIME = 500
_WAIT_SECONDS = 5.0
# The byte of the header that says how the file is read (2 is with a write-ahead log), see sqlite.org/fileformat.
_READ_VERSION_AT = 19


class SqliteTables:
    """The tables of one SQLite file.

    What a program has written and not yet taken into the file (a write-ahead log, or the journal of a write that never
    ended) counts as that program would count it; when that can't be seen without writing, a copy in a temporary folder
    is looked at. A program that is writing just now is waited for five seconds. With a log, everything is read as it
    was when it was opened. Text that isn't UTF-8 comes with surrogate escapes. Raises SourceError when it is no SQLite
    file, is cut off or damaged, or stays locked.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._copy: tempfile.TemporaryDirectory[str] | None = None
        if not is_sqlite(path):
            raise SourceError(f"{path} is no SQLite database.")
        try:
            self._open()
            broken = self._connection.execute("PRAGMA quick_check(1)").fetchone()
        except (sqlite3.Error, OSError) as error:
            self._forget_copy()
            if "locked" in str(error):
                raise SourceError(f"{path} is in use ({error}). Stop the program that uses it and try again.") from None
            raise SourceError(f"{path} can't be read ({error}). Take a whole copy of it.") from None
        if broken and broken[0] != "ok":
            self.close()
            raise SourceError(f"{path} is damaged or half written ({broken[0]}). Take a whole copy of it.")

    def names(self) -> list[str]:
        found = self._connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND substr(name, 1, 7) <> 'sqlite_' ORDER BY name"
        )
        return [row[0] for row in found]

    def columns(self, table: str) -> list[str]:
        return [row[1] for row in self._connection.execute(f"PRAGMA table_info({_quoted(table)})")]

    def key(self, table: str) -> list[str]:
        """The columns of its primary key, [] without one."""
        found = self._connection.execute(f"PRAGMA table_info({_quoted(table)})")
        return [row[1] for row in sorted(found, key=lambda row: row[5]) if row[5]]

    def count(self, table: str) -> int:
        return int(self._connection.execute(f"SELECT count(*) FROM {_quoted(table)}").fetchone()[0])

    def rows(self, table: str, key: Sequence[str], after: Sequence[Any] | None = None) -> Iterator[Mapping[str, Any]]:
        """Without a key in the order in which they were put there."""
        order = ", ".join(_quoted(name) for name in key) or "rowid"
        where, values = _behind(key, after) if after is not None and key else ("", ())
        try:
            found = self._connection.execute(f"SELECT * FROM {_quoted(table)}{where} ORDER BY {order}", values)
            names = [column[0] for column in found.description]
            while rows := found.fetchmany(_AT_A_TIME):
                for row in rows:
                    yield dict(zip(names, row, strict=True))
        except sqlite3.Error as error:
            raise SourceError(f"{self.path}: the table {table} can't be read ({error}).") from None

    def mark(self) -> str:
        return ";".join(
            f"{stat.st_size},{stat.st_mtime_ns}"
            for path in (self.path, _beside(self.path, "wal"))
            if path.is_file() and (stat := path.stat())
        )

    def close(self) -> None:
        self._connection.close()
        self._forget_copy()

    def _open(self) -> None:
        if _has_log(self.path):
            # With the shared memory of its program beside it reading is safe; without it SQLite would make one.
            if _beside(self.path, "shm").is_file():
                self._connect(self.path, "mode=ro")
            elif _beside(self.path, "wal").is_file() and _beside(self.path, "wal").stat().st_size:
                self._connect_to_copy("wal")
            else:
                self._connect(self.path, "mode=ro&immutable=1")
            # From here on its state stays the same to us, whatever its program writes.
            self._connection.execute("BEGIN")
            self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            return
        self._connect(self.path, "mode=ro")
        try:
            self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.OperationalError as error:
            if "locked" in str(error) or not _beside(self.path, "journal").is_file():
                raise
            # A write that was cut off: the journal holds what was there before it.
            self._connection.close()
            self._connect_to_copy("journal")

    def _connect(self, path: Path, options: str) -> None:
        # Chunks are read by whichever thread the writer runs in; never by two at once.
        self._connection = sqlite3.connect(
            f"file:{quote(str(path))}?{options}",
            uri=True,
            timeout=_WAIT_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
        self._connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
        if "mode=ro" in options:
            self._connection.execute("PRAGMA query_only = ON")

    def _connect_to_copy(self, companion: str) -> None:
        self._copy = tempfile.TemporaryDirectory(prefix="videothek-import-")
        copy = Path(self._copy.name) / "copy.db"
        shutil.copyfile(self.path, copy)
        shutil.copyfile(_beside(self.path, companion), _beside(copy, companion))
        self._connect(copy, "mode=rw")

    def _forget_copy(self) -> None:
        if self._copy is not None:
            self._copy.cleanup()


def is_sqlite(path: Path) -> bool:
    """Whether the file begins as every SQLite database does."""
    try:
        with path.open("rb") as file:
            return file.read(len(_MAGIC)) == _MAGIC
    except OSError:
        return False


def _has_log(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(_READ_VERSION_AT + 1)[_READ_VERSION_AT:] == b"\x02"


def _behind(key: Sequence[str], after: Sequence[Any]) -> tuple[str, tuple[Any, ...]]:
    """The rows behind those values. A composite key of SQLite may hold NULLs, which come first and compare as nothing,
    so that comparing rows as a whole would pass some over."""
    parts: list[str] = []
    values: list[Any] = []
    for index, name in enumerate(key):
        same = [f"{_quoted(one)} IS ?" for one in key[:index]]
        more = f"{_quoted(name)} > ?" if after[index] is not None else f"{_quoted(name)} IS NOT NULL"
        parts.append(f"({' AND '.join([*same, more])})")
        values += [*after[:index], *([after[index]] if after[index] is not None else [])]
    return f" WHERE {' OR '.join(parts)}", tuple(values)


def _beside(path: Path, kind: str) -> Path:
    return path.with_name(f"{path.name}-{kind}")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
