"""GoonHub's database: what is asked of it besides its rows."""

from collections.abc import Iterable, Sequence
from typing import Any

import psycopg
from psycopg import sql

from importers.exceptions import SourceError
from importers.sources.postgres import PostgresTables

# Types that PostgreSQL can't sort by.
_UNSORTED = ("json", "xml", "point", "box", "line", "lseg", "path", "polygon", "circle")


class GoonHubTables(PostgresTables):
    """Its tables, and whole columns of them for looking things up by. Raises SourceError."""

    def key_of(self, table: str) -> list[str]:
        """The primary key; of a table without one every column that can be sorted by."""
        keys = self._all(
            sql.SQL(
                "SELECT attribute.attname AS name FROM pg_index JOIN pg_attribute AS attribute"
                " ON attribute.attrelid = pg_index.indrelid AND attribute.attnum = ANY(pg_index.indkey)"
                " WHERE pg_index.indrelid = {}::regclass AND pg_index.indisprimary"
                " ORDER BY array_position(pg_index.indkey::int2[], attribute.attnum)"
            ).format(sql.Literal(sql.Identifier(self._schema, table).as_string(self._connection)))
        )
        if keys:
            return [row["name"] for row in keys]
        found = self._all(
            sql.SQL(
                "SELECT column_name AS name FROM information_schema.columns WHERE table_schema = {} AND table_name = {}"
                " AND data_type <> ALL({}) ORDER BY ordinal_position"
            ).format(sql.Literal(self._schema), sql.Literal(table), sql.Literal(list(_UNSORTED)))
        )
        return [row["name"] for row in found]

    def zone(self) -> str:
        """The server's own zone: that of its moments without one."""
        found = self._all(sql.SQL("SELECT reset_val AS zone FROM pg_settings WHERE name = 'TimeZone'"))
        return str(found[0]["zone"]) if found else "UTC"

    def select(self, table: str, columns: Sequence[str], *, first: int | None = None) -> list[dict[str, Any]]:
        """These columns of every row in the order of its key; `first`: only so many rows."""
        names = sql.SQL(", ").join(sql.Identifier(name) for name in columns)
        order = sql.SQL(", ").join(sql.Identifier(name) for name in self.key_of(table))
        statement = sql.SQL("SELECT {} FROM {} ORDER BY {}").format(names, self._table(table), order)
        if first is not None:
            statement += sql.SQL(" LIMIT {}").format(sql.Literal(first))
        return self._all(statement)

    def distinct(self, table: str, column: str, *, is_list: bool) -> list[str]:
        """Every different text of a column, or of the lists in it, sorted."""
        text = sql.SQL("unnest({})" if is_list else "{}").format(sql.Identifier(column))
        found = self._all(
            sql.SQL(
                "SELECT DISTINCT name FROM (SELECT {} AS name FROM {}) AS one WHERE name <> '' ORDER BY name"
            ).format(text, self._table(table))
        )
        return [row["name"] for row in found]

    def linked(self, table: str, key: str, value: str, keys: Iterable[Any]) -> dict[Any, set[Any]]:
        """{key: values} of a table that links two others, for these keys."""
        found = self._all(
            sql.SQL("SELECT {} AS key, {} AS value FROM {} WHERE {} = ANY({})").format(
                sql.Identifier(key), sql.Identifier(value), self._table(table), sql.Identifier(key),
                sql.Literal(list(keys)),
            )
        )  # fmt: skip
        links: dict[Any, set[Any]] = {}
        for row in found:
            links.setdefault(row["key"], set()).add(row["value"])
        return links

    def newest(self, table: str, by: Sequence[str], moment: str) -> set[Any]:
        """The ids of the rows that are the newest of those that are equal in `by`."""
        names = sql.SQL(", ").join(sql.Identifier(name) for name in by)
        found = self._all(
            sql.SQL("SELECT DISTINCT ON ({0}) id FROM {1} ORDER BY {0}, {2} DESC, id DESC").format(
                names, self._table(table), sql.Identifier(moment)
            )
        )
        return {row["id"] for row in found}

    def _table(self, name: str) -> sql.Identifier:
        return sql.Identifier(self._schema, name)

    def _all(self, statement: sql.SQL | sql.Composed) -> list[dict[str, Any]]:
        try:
            found: list[dict[str, Any]] = self._connection.execute(statement).fetchall()
            return found
        except psycopg.Error as error:
            raise SourceError(f"{self.label}: {str(error).strip().splitlines()[0]}") from None
