"""Reading tables of other systems, read only and streaming: SQLite files, PostgreSQL, folders of JSON."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol


class Tables(Protocol):
    """A set of tables, wherever they lie. Names are as the source writes them; a row is a mapping by column name."""

    def names(self) -> list[str]:
        """All tables, those without rows too, by name."""
        ...

    def columns(self, table: str) -> list[str]:
        """The columns of a table, [] when there is none of that name (or it has no rows to tell by)."""
        ...

    def key(self, table: str) -> list[str]:
        """The columns of the primary key as far as the source knows, [] when there is none."""
        ...

    def count(self, table: str) -> int: ...

    def rows(self, table: str, key: Sequence[str], after: Sequence[Any] | None = None) -> Iterator[Mapping[str, Any]]:
        """The rows ordered by the columns of `key`, from behind those values. At most some hundred are in memory.

        `after` is ignored without a key. A folder of JSON gives them in the order of the file.
        """
        ...

    def mark(self) -> str:
        """Changes when somebody wrote to the source."""
        ...

    def close(self) -> None: ...
