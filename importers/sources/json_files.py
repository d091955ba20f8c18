"""Folders of JSON files, a table a file: dumps of databases and data that never were in one."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from importers.exceptions import SourceError
from importers.sources.json_text import Broken, items

_LOOKED_AT = 500


class BrokenRow(dict[str, Any]):
    """A part of a file that is no row: {"broken_text": what stands there, "broken_at": where, in characters}.

    It has no other columns. `is_cut` says that the file ends in it.
    """

    def __init__(self, broken: Broken) -> None:
        super().__init__(broken_text=broken.text, broken_at=broken.position)
        self.is_cut = broken.is_cut


class JsonTables:
    """The files {table}.json of a folder: arrays of objects, or an object a line.

    A file that is cut off, or has a mistake in it, gives the rows that are whole; what is not comes as `BrokenRow`, in
    its place. An item that is no object is the column "value". Files whose names begin with a dot are no tables. Raises
    SourceError when the folder can't be read.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            self._paths = {
                path.stem: path
                for path in sorted(folder.iterdir())
                if path.suffix.lower() == ".json" and not path.name.startswith(".") and path.is_file()
            }
        except OSError as error:
            raise SourceError(f"{folder} can't be read: {error.strerror}.") from None
        self._columns: dict[str, list[str]] = {}

    def names(self) -> list[str]:
        return sorted(self._paths)

    def columns(self, table: str) -> list[str]:
        """By the first some hundred rows, since each may have others."""
        if table not in self._columns:
            names: dict[str, None] = {}
            if table in self._paths:
                for _, row in zip(range(_LOOKED_AT), self._all(table), strict=False):
                    if not isinstance(row, BrokenRow):
                        names.update(dict.fromkeys(row))
            self._columns[table] = list(names)
        return self._columns[table]

    def key(self, table: str) -> list[str]:
        """JSON names no key: "id" where there is one, else none."""
        return ["id"] if "id" in self.columns(table) else []

    def count(self, table: str) -> int:
        """Reads the file once."""
        return sum(1 for _ in self._all(table))

    def rows(self, table: str, key: Sequence[str], after: Sequence[Any] | None = None) -> Iterator[Mapping[str, Any]]:
        """In the file's order, which stays the same; from behind the row with those values (compared as text).

        When that row has gone meanwhile, from the beginning: better read twice than not at all.
        """
        rows = self._all(table)
        if after is not None:
            wanted = tuple(str(value) for value in after)
            if not any(tuple(str(row.get(name)) for name in key) == wanted for row in rows):
                rows = self._all(table)
        return rows

    def mark(self) -> str:
        stats = [(path.name, path.stat()) for path in self._paths.values() if path.is_file()]
        size = sum(stat.st_size for _, stat in stats)
        latest = max((stat.st_mtime_ns for _, stat in stats), default=0)
        return f"{len(stats)},{size},{latest}"

    def close(self) -> None:
        return None

    def _all(self, table: str) -> Iterator[dict[str, Any]]:
        path = self._paths.get(table)
        if path is None:
            return
        try:
            for item in items(path):
                if isinstance(item, Broken):
                    yield BrokenRow(item)
                else:
                    yield item if isinstance(item, dict) else {"value": item}
        except (OSError, UnicodeError) as error:
            raise SourceError(f"{path} can't be read: {error}.") from None
