"""The systems that people come from. Each is one package of `importers.systems` that registers itself."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from importers.records import Mapped, SourceRow, SourceTable


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """What a person said about the source. `secret` is the old system's key in clear text, if it has one.

    `extra` are options of one system alone, by name.
    """

    secret: str = field(default="", repr=False)
    extra: Mapping[str, str] = field(default_factory=dict)


class Source(Protocol):
    """A source that is open, read only. Nothing is ever written to it.

    `identity` is a text that stays the same for one installation wherever its data are copied to and in whichever form
    they are read (its oldest user and when that was made, say): by it a second run knows what the first one made.
    `label` is the source as people know it, without passwords.
    """

    system: str
    identity: str
    label: str

    def tables(self) -> list[SourceTable]:
        """Every table there is, known or not, in the order in which they are to be read: what others point to first."""
        ...

    def rows(self, table: str, after: str | None = None) -> Iterator[SourceRow]:
        """The rows of a table, streaming, in a stable order, from behind the row whose key is `after`."""
        ...

    def map(self, row: SourceRow) -> Mapped:
        """What becomes of the row. Never raises because of what a row holds."""
        ...

    def paths(self) -> list[str]:
        """Up to some hundred absolute paths of the source, of folders first: the path map is proposed by them."""
        ...

    def mark(self) -> str:
        """Changes when the source was changed meanwhile (size and time of a file, say); "" when nobody can tell."""
        ...

    def close(self) -> None: ...


class System(Protocol):
    """A system that can be imported. `carriers` says in a sentence what `location` may be."""

    name: str
    title: str
    carriers: str
    needs_secret: bool

    def open(self, location: str, options: SourceOptions) -> Source:
        """Raises `importers.exceptions.SourceError` with a sentence on what can't be read as this system's data."""
        ...


_systems: dict[str, System] = {}


def register_system(system: System) -> None:
    """Called by `ImportersConfig.ready()`, once for each system. Raises ValueError on a second one of the name."""
    if system.name in _systems:
        raise ValueError(f"There are two systems named {system.name}.")
    _systems[system.name] = system


def systems() -> list[System]:
    """All of them, by title."""
    return sorted(_systems.values(), key=lambda system: system.title)


def find_system(name: str) -> System | None:
    return _systems.get(name)
