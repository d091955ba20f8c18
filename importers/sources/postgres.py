"""PostgreSQL databases of other programs: one read-only transaction that sees one state of everything."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from importers.exceptions import SourceError

_AT_A_TIME = 500
# Several tables may be read at once, each by a cursor of its own.
_numbers = count(1)


class PostgresTables:
    """The tables of one schema.

    Everything is read in one REPEATABLE READ, READ ONLY transaction, so a program that goes on writing changes nothing
    of what is read. Dates beyond those that Python knows and vectors come as text. Raises SourceError.
    """

    def __init__(self, url: str, schema: str = "public") -> None:
        self.label = shown_url(url)
        self._schema = schema
        try:
            self._connection = psycopg.connect(url, connect_timeout=10, row_factory=dict_row)
            self._connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            self._connection.read_only = True
            for name in ("timestamptz", "timestamp", "date"):
                self._connection.adapters.register_loader(name, _text_loader(name))
            self._connection.execute("SET TIME ZONE 'UTC'")
            self._connection.execute("SET datestyle = 'ISO, YMD'")
        except (psycopg.Error, UnicodeError) as error:
            raise SourceError(f"{self.label} can't be opened: {_first_line(error)}") from None

    def names(self) -> list[str]:
        found = self._connection.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = %s AND table_type = 'BASE TABLE'"
            " ORDER BY table_name",
            [self._schema],
        )
        return [row["table_name"] for row in found]

    def columns(self, table: str) -> list[str]:
        found = self._connection.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = %s AND table_name = %s"
            " ORDER BY ordinal_position",
            [self._schema, table],
        )
        return [row["column_name"] for row in found]

    def key(self, table: str) -> list[str]:
        """The columns of its primary key, [] without one."""
        found = self._connection.execute(
            "SELECT a.attname FROM pg_index AS i CROSS JOIN unnest(i.indkey) WITH ORDINALITY AS part(number, place)"
            " JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = part.number"
            " WHERE i.indisprimary AND i.indrelid = to_regclass(%s) ORDER BY part.place",
            [sql.Identifier(self._schema, table).as_string(self._connection)],
        )
        return [row["attname"] for row in found]

    def count(self, table: str) -> int:
        row = self._connection.execute(
            sql.SQL("SELECT count(*) AS n FROM {}").format(sql.Identifier(self._schema, table))
        ).fetchone()
        return int(row["n"]) if row else 0

    def rows(self, table: str, key: Sequence[str], after: Sequence[Any] | None = None) -> Iterator[Mapping[str, Any]]:
        """Without a key in the order in which they lie, which is that of one transaction only."""
        names = sql.SQL(", ").join(sql.Identifier(name) for name in key) if key else sql.SQL("ctid")
        where: sql.Composable = sql.SQL("")
        if after is not None and key:
            values = sql.SQL(", ").join(sql.Literal(value) for value in after)
            where = sql.SQL(" WHERE ({}) > ({})").format(names, values)
        statement = sql.SQL("SELECT * FROM {}{} ORDER BY {}").format(sql.Identifier(self._schema, table), where, names)
        try:
            with self._connection.cursor(name=f"videothek_{next(_numbers)}") as cursor:
                cursor.itersize = _AT_A_TIME
                cursor.execute(statement)
                yield from cursor
        except psycopg.Error as error:
            raise SourceError(f"{self.label}: the table {table} can't be read ({_first_line(error)}).") from None

    def mark(self) -> str:
        """ "": the transaction sees one state whatever others write."""
        return ""

    def close(self) -> None:
        self._connection.close()


def is_postgres_url(location: str) -> bool:
    return urlsplit(location).scheme in ("postgres", "postgresql")


def shown_url(url: str) -> str:
    """The address without user name, password and options."""
    parts = urlsplit(url)
    place = f"{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}"
    return f"{parts.scheme}://{place}{parts.path}"


def _text_loader(name: str) -> type[psycopg.adapt.Loader]:
    """Moments as PostgreSQL writes them: year 10000, BC and infinity are beyond Python's, and the reader decides."""

    class _Text(psycopg.adapt.Loader):
        def load(self, data: Any) -> str:
            return bytes(data).decode()

    _Text.__name__ = f"{name.title()}Text"
    return _Text


def _first_line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
