"""PostgreSQL databases of programs that go on running."""

from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest

from importers.exceptions import SourceError
from importers.sources.postgres import PostgresTables, is_postgres_url, shown_url
from tests.importers.databases import other_database


@pytest.fixture
def url(django_db_setup: None) -> Iterator[str]:
    with other_database("tables_source") as address:
        with psycopg.connect(address) as connection:
            connection.execute("CREATE TABLE videos (id integer PRIMARY KEY, title text, made timestamp, size numeric)")
            connection.execute("CREATE TABLE links (a integer, b text, PRIMARY KEY (b, a))")
            connection.execute("CREATE TABLE notes (text text)")
            connection.execute(
                "INSERT INTO videos SELECT n, 'Film ' || n, 'infinity', 1 FROM generate_series(1, 1200) n"
            )
            connection.execute("INSERT INTO links VALUES (1, 'x:y'), (2, 'x:y'), (1, 'z')")
            connection.execute("INSERT INTO notes VALUES ('n'), ('n')")
        yield address


def test_tables_keys_and_rows_of_a_database(url: str) -> None:
    with closing(PostgresTables(url)) as tables:
        assert tables.names() == ["links", "notes", "videos"]
        assert [tables.key(name) for name in tables.names()] == [["b", "a"], [], ["id"]]
        assert tables.columns("videos") == ["id", "title", "made", "size"]
        assert tables.count("videos") == 1200
        assert [row["id"] for row in tables.rows("videos", ["id"], ["1198"])] == [1199, 1200]
        assert next(iter(tables.rows("videos", ["id"])))["made"] == "infinity"
        assert [row["a"] for row in tables.rows("links", ["b", "a"], ["x:y", "1"])] == [2, 1]
        assert len(list(tables.rows("notes", []))) == 2


def test_several_tables_are_read_at_once(url: str) -> None:
    with closing(PostgresTables(url)) as tables:
        rows = tables.rows("videos", ["id"])
        next(rows)

        assert len(list(tables.rows("links", ["b", "a"]))) == 3
        assert len(list(rows)) == 1199


def test_what_is_written_meanwhile_is_not_seen_and_nothing_can_be_written(url: str) -> None:
    with closing(PostgresTables(url)) as tables, psycopg.connect(url, autocommit=True) as other:
        assert tables.count("notes") == 2

        other.execute("INSERT INTO notes VALUES ('later')")

        assert tables.count("notes") == 2
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            tables._connection.execute("DELETE FROM notes")


def test_a_database_that_is_not_there_is_told_without_its_password(url: str) -> None:
    with pytest.raises(SourceError, match="can't be opened") as caught:
        PostgresTables(f"{url}_gone".replace("@", "secret-word@", 1))

    assert "secret-word" not in str(caught.value)


def test_an_address_is_shown_without_secrets() -> None:
    assert shown_url("postgresql://me:secret@host:5433/films?sslmode=require") == "postgresql://host:5433/films"
    assert is_postgres_url("postgres://host/films")
    assert not is_postgres_url("/srv/films.db")
