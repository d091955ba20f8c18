"""A system in memory, for tests of what is around a run: pages, the API, the stage, watching."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from importers.exceptions import SourceError
from importers.records import Mapped, Record, SourceRow, SourceTable
from importers.registry import Source, SourceOptions

NAME = "pretend"


@dataclass
class Pretend:
    """`data` is {table: {key: columns}}; tests change it between runs. "people" become people, "tags" tags; rows of
    "odd" have no place."""

    name: str = NAME
    title: str = "Pretend"
    carriers: str = "Anything at all."
    needs_secret: bool = False
    data: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    known_paths: list[str] = field(default_factory=list)
    opened: list[tuple[str, SourceOptions]] = field(default_factory=list)
    version: int = 1

    def open(self, location: str, options: SourceOptions) -> Source:
        self.opened.append((location, options))
        if location.endswith("broken"):
            raise SourceError("There is nothing to be read.")
        return PretendSource(self)


@dataclass
class PretendSource:
    """What `Pretend` has at the moment."""

    of: Pretend
    system: str = NAME
    identity: str = "one"
    label: str = "old-house"

    def tables(self) -> list[SourceTable]:
        return [SourceTable(name, len(rows), is_kept=name == "odd") for name, rows in self.of.data.items()]

    def rows(self, table: str, after: str | None = None) -> Iterator[SourceRow]:
        keys = sorted(key for key in self.of.data[table] if after is None or key > after)
        return iter([SourceRow(table, key, self.of.data[table][key]) for key in keys])

    def map(self, row: SourceRow) -> Mapped:
        columns = dict(row.columns)
        if row.table == "odd":
            return Mapped(skipped="no_place_yet", kept=columns, title=str(columns.get("name", "")))
        kind = {"people": "people.creator", "tags": "library.tag"}[row.table]
        return Mapped((Record(kind, columns),), title=str(columns.get("name", "")))

    def paths(self) -> list[str]:
        return list(self.of.known_paths)

    def mark(self) -> str:
        return str(self.of.version)

    def close(self) -> None:
        pass
