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

    def count(self, table: str) -> int: ...

    def rows(self, table: str, key: Sequence[str], after: Sequence[Any] | None = None) -> Iterator[Mapping[str, Any]]:
        """The rows ordered by the columns of `key`, from behind those values. At most some hundred are in memory."""
        ...

    def mark(self) -> str:
        """Changes when somebody wrote to the source."""
        ...

    def close(self) -> None: ...
