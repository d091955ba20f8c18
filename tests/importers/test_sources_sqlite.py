"""SQLite files of programs that are running, were killed, or left half a file."""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from importers.exceptions import SourceError
from importers.sources import sqlite
from importers.sources.sqlite import SqliteTables


def _made(path: Path, journal: str = "DELETE") -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(f"PRAGMA journal_mode = {journal}")
    connection.execute("CREATE TABLE videos (id INTEGER PRIMARY KEY, title TEXT)")
    connection.execute("CREATE TABLE links (a INTEGER, b INTEGER, PRIMARY KEY (b, a))")
    connection.execute("CREATE TABLE notes (text)")
    connection.executemany(
        "INSERT INTO videos VALUES (?, ?)", [(number, f"Film {number}") for number in range(1, 1201)]
    )
    return connection


@pytest.fixture
def path(tmp_path: Path) -> Path:
    _made(tmp_path / "old.db").close()
    return tmp_path / "old.db"


def _titles(tables: SqliteTables) -> list[str]:
    with closing(tables):
        return [row["title"] for row in tables.rows("videos", ["id"])]


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_tables_columns_keys_and_rows(path: Path) -> None:
    with closing(SqliteTables(path)) as tables:
        assert tables.names() == ["links", "notes", "videos"]
        assert tables.columns("videos") == ["id", "title"]
        assert [tables.key(name) for name in tables.names()] == [["b", "a"], [], ["id"]]
        assert tables.count("videos") == 1200
        assert [row["id"] for row in tables.rows("videos", ["id"], ["1198"])] == [1199, 1200]
        assert len(list(tables.rows("videos", []))) == 1200


def test_a_composite_key_with_nulls_is_passed_over_by_nothing(path: Path) -> None:
    pairs = [(None, 1), (None, 2), (1, None), (1, 1), (1, 2), (2, 1)]
    with closing(sqlite3.connect(path)) as connection:
        connection.executemany("INSERT INTO links (b, a) VALUES (?, ?)", pairs)
        connection.commit()

    with closing(SqliteTables(path)) as tables:
        for number, pair in enumerate(pairs):
            found = [(row["b"], row["a"]) for row in tables.rows("links", ["b", "a"], pair)]
            assert found == pairs[number + 1 :]


def test_text_that_is_no_utf8_comes_with_escapes(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE videos SET title = CAST(x'41ff00' AS TEXT) WHERE id = 1")
        connection.commit()

    assert _titles(SqliteTables(path))[0].startswith("A\udcff")


def test_nothing_is_written_beside_a_file_at_rest(path: Path) -> None:
    before = _files(path.parent)

    assert len(_titles(SqliteTables(path))) == 1200
    assert _files(path.parent) == before


def test_a_log_that_is_left_counts_and_nothing_is_written(tmp_path: Path) -> None:
    live = _made(tmp_path / "live.db", "WAL")
    left = tmp_path / "left"
    left.mkdir()
    for name in ("live.db", "live.db-wal"):
        shutil.copyfile(tmp_path / name, left / name)
    live.close()
    before = _files(left)

    assert len(_titles(SqliteTables(left / "live.db"))) == 1200
    assert _files(left) == before


def test_a_program_with_a_log_goes_on_writing_and_what_is_read_stays_one_state(tmp_path: Path) -> None:
    with closing(_made(tmp_path / "old.db", "WAL")) as live:
        tables = SqliteTables(tmp_path / "old.db")
        live.execute("UPDATE videos SET title = 'changed'")
        live.execute("INSERT INTO videos VALUES (5000, 'new')")

        titles = _titles(tables)

    assert len(titles) == 1200
    assert "changed" not in titles


def test_a_log_that_was_taken_in_leaves_nothing_to_make(tmp_path: Path) -> None:
    _made(tmp_path / "old.db", "WAL").close()
    before = _files(tmp_path)

    assert len(_titles(SqliteTables(tmp_path / "old.db"))) == 1200
    assert _files(tmp_path) == before


def test_a_write_that_was_cut_off_is_undone_in_a_copy(tmp_path: Path) -> None:
    with closing(_made(tmp_path / "old.db")) as live:
        # So little room that pages are written to the file before the transaction ends, as a killed program leaves it.
        live.execute("PRAGMA cache_size = 1")
        live.execute("BEGIN")
        live.execute("UPDATE videos SET title = 'half ' || title || hex(zeroblob(500))")
        cut = tmp_path / "cut"
        cut.mkdir()
        for name in ("old.db", "old.db-journal"):
            shutil.copyfile(tmp_path / name, cut / name)
    before = _files(cut)
    assert b"half Film" in before["old.db"]

    titles = _titles(SqliteTables(cut / "old.db"))

    assert not [title for title in titles if title.startswith("half")]
    assert len(titles) == 1200
    assert _files(cut) == before


def test_a_locked_file_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "_WAIT_SECONDS", 0.05)
    with closing(sqlite3.connect(path, isolation_level=None)) as live:
        live.execute("BEGIN EXCLUSIVE")

        with pytest.raises(SourceError, match=r"in use.*Stop the program"):
            SqliteTables(path)


def test_a_file_of_which_the_end_is_missing_is_told(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)

    with pytest.raises(SourceError, match=r"damaged or half written|can't be read"):
        SqliteTables(path)


def test_a_file_with_scribbled_pages_is_told(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(4096 * 3)
        file.write(b"\xaa" * 4096)

    with pytest.raises(SourceError, match=r"damaged or half written|can't be read"):
        SqliteTables(path)


@pytest.mark.parametrize("content", [b"", b"SQLite", b"[]", b"\x00" * 5000])
def test_what_is_no_database_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "old.db").write_bytes(content)

    with pytest.raises(SourceError, match="no SQLite database"):
        SqliteTables(tmp_path / "old.db")


def test_the_mark_changes_with_the_file(path: Path) -> None:
    with closing(SqliteTables(path)) as tables, closing(sqlite3.connect(path)) as live:
        before = tables.mark()

        live.execute("INSERT INTO videos VALUES (9000, ?)", ["x" * 9000])
        live.commit()

        assert tables.mark() != before
