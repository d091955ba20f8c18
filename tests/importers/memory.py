"""A system whose sources are in memory: a real `Source` that maps its rows straight to records."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from importers.exceptions import SourceError
from importers.records import Mapped, Record, SourceRow, SourceTable
from importers.registry import SourceOptions, find_system, register_system

NAME = "memory"
# What a test puts its source in, and every opening reads.
_worlds: dict[str, "World"] = {}


@dataclass
class World:
    """What the source holds: tables of {key: what the row maps to}, in the order of reading.

    A value is a Record, several of them, a Mapped, or a callable that makes one when it is read.
    """

    tables: dict[str, dict[str, Any]] = field(default_factory=dict)
    about: dict[str, SourceTable] = field(default_factory=dict)
    identity: str = "one"
    marks: list[str] = field(default_factory=lambda: ["same"])
    opened: int = 0
    closed: int = 0

    def put(self, name: str = "main") -> "World":
        _worlds[name] = self
        return self


@dataclass
class MemorySource:
    world: World
    system: str = NAME
    label: str = "the memory"

    @property
    def identity(self) -> str:
        return self.world.identity

    def tables(self) -> list[SourceTable]:
        return [self.world.about.get(name, SourceTable(name, len(rows))) for name, rows in self.world.tables.items()]

    def rows(self, table: str, after: str | None = None) -> Iterator[SourceRow]:
        keys = list(self.world.tables[table])
        start = keys.index(after) + 1 if after is not None else 0
        for key in keys[start:]:
            yield SourceRow(table, key, {"id": key, "said": repr(self.world.tables[table][key])})

    def map(self, row: SourceRow) -> Mapped:
        value = self.world.tables[row.table][row.key]
        if isinstance(value, Callable):
            value = value()
        if isinstance(value, Mapped):
            return value
        records: Sequence[Record] = (value,) if isinstance(value, Record) else tuple(value)
        title = str(records[0].values.get("title") or records[0].values.get("name") or "") if records else ""
        return Mapped(tuple(records), title=title)

    def paths(self) -> list[str]:
        return []

    def mark(self) -> str:
        return self.world.marks.pop(0) if len(self.world.marks) > 1 else self.world.marks[0]

    def close(self) -> None:
        self.world.closed += 1


class MemorySystem:
    name = NAME
    title = "Memory"
    carriers = "The name of a world."
    needs_secret = False

    def open(self, location: str, options: SourceOptions) -> MemorySource:
        if location not in _worlds:
            raise SourceError(f"{location} is no world.")
        _worlds[location].opened += 1
        return MemorySource(_worlds[location])


def register() -> None:
    """Makes the system known, once in a process."""
    if find_system(NAME) is None:
        register_system(MemorySystem())


def record(kind: str, part: str = "", /, **values: Any) -> Record:
    return Record(kind, values, part)


def many(kind: str, number: int, make: Callable[[int], Mapping[str, Any]]) -> dict[str, Record]:
    """`number` rows with the keys "1", "2" ..., each of what `make` says of its number."""
    return {str(n): Record(kind, make(n)) for n in range(1, number + 1)}
