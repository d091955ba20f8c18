"""What migrations put into the tables (roles, rights, platforms, presets and the like), kept to be put there again."""

from dataclasses import dataclass

from django.db import connection, transaction
from psycopg import sql


@dataclass(frozen=True, slots=True)
class Seed:
    """The rows of one table as PostgreSQL's COPY writes them, without columns that it computes."""

    table: str
    columns: tuple[str, ...]
    rows: bytes

    @property
    def name(self) -> sql.Composed:
        """The table with its columns."""
        return sql.SQL("{} ({})").format(sql.Identifier(self.table), _names(self.columns))


# Columns of every table, but those that are generated.
_COLUMNS = """
SELECT class.relname, array_agg(attname::text ORDER BY attnum)
  FROM pg_class AS class JOIN pg_attribute ON attrelid = class.oid
 WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped
   AND attgenerated = '' AND relname <> 'django_migrations'
 GROUP BY class.relname ORDER BY class.relname
"""


def read_seeds() -> list[Seed]:
    """All rows that there are; asked of a database that no test has written to."""
    seeds = []
    with connection.cursor() as cursor:
        cursor.execute(_COLUMNS)
        for table, columns in cursor.fetchall():
            command = sql.SQL("COPY {} ({}) TO STDOUT").format(sql.Identifier(table), _names(columns))
            with cursor.copy(command) as copy:
                rows = b"".join(bytes(block) for block in copy)
            if rows:
                seeds.append(Seed(table, tuple(columns), rows))
    return seeds


def write_seeds(seeds: list[Seed]) -> None:
    """Puts them into their tables, in place of what is there. As a replica PostgreSQL runs no triggers and looks at no
    foreign keys."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for seed in seeds:
            cursor.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(seed.table)))
            with cursor.copy(sql.SQL("COPY {} FROM STDIN").format(seed.name)) as copy:
                copy.write(seed.rows)


def _names(columns: "tuple[str, ...] | list[str]") -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))
