"""Folders of JSON files, whole and broken."""

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from importers.exceptions import SourceError
from importers.sources.json_files import BrokenRow, JsonTables
from importers.sources.json_text import Broken, items


def _items(tmp_path: Path, text: str | bytes) -> list[Any]:
    path = tmp_path / "videos.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return list(items(path))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[]", []),
        ('[{"a": 1}, {"a": 2}]', [{"a": 1}, {"a": 2}]),
        ('\ufeff [{"a": 1}]\n', [{"a": 1}]),
        ('{"a": 1}\n{"a": 2}\n', [{"a": 1}, {"a": 2}]),
        ("[1, 2.5, null, true, 12345]", [1, 2.5, None, True, 12345]),
        ('[{"a": {"b": [1, {"c": "}"}]}}]', [{"a": {"b": [1, {"c": "}"}]}}]),
        ('[{"a": "line\nbreak\t"}]', [{"a": "line\nbreak\t"}]),
    ],
)
def test_values_come_one_after_another(tmp_path: Path, text: str, expected: list[Any]) -> None:
    assert _items(tmp_path, text) == expected


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ('[{"a": 1}, {"a": 2', '{"a": 2'),
        ('[{"a": 1}, {"a": "tw', '{"a": "tw'),
        ('[{"a": 1}, {"a": [2, {"b"', '{"a": [2, {"b"'),
        ('[{"a": 1},', ""),
        ('[{"a": 1}', ""),
        ('[{"a": 1}, nul', "nul"),
    ],
)
def test_what_comes_before_a_cut_is_read_and_the_rest_is_told(tmp_path: Path, text: str, rest: str) -> None:
    found = _items(tmp_path, text)

    assert found[0] == {"a": 1}
    assert found[1:] == [Broken(rest, len(text) - len(rest), is_cut=True)]


def test_a_file_of_nothing_is_one_that_was_cut_off(tmp_path: Path) -> None:
    assert _items(tmp_path, "") == [Broken("", 0, is_cut=True)]
    assert _items(tmp_path, "  [ ")[0].is_cut


def test_a_mistake_within_the_file_costs_one_row(tmp_path: Path) -> None:
    found = _items(tmp_path, '[{"a": 1}, {"a": oops, "b": "}"}, {"a": 3}, tru, 5]')

    assert found == [
        {"a": 1},
        Broken('{"a": oops, "b": "}"}', 11, is_cut=False),
        {"a": 3},
        Broken("tru", 44, is_cut=False),
        5,
    ]


def test_bytes_that_are_no_utf8_and_lone_surrogates_are_no_reason_to_stop(tmp_path: Path) -> None:
    found = _items(tmp_path, b'[{"a": "\xff"}, {"a": "\\ud800\\u0000"}]')

    assert found == [{"a": "\udcff"}, {"a": "\ud800\x00"}]


def test_utf16_with_its_mark_is_read(tmp_path: Path) -> None:
    assert _items(tmp_path, '[{"a": "ä"}]'.encode("utf-16")) == [{"a": "ä"}]


def test_brackets_nested_without_end_are_no_crash(tmp_path: Path) -> None:
    (found,) = _items(tmp_path, "[" + "[" * 20_000)

    assert found.is_cut


def test_rows_stream_through_little_memory(tmp_path: Path) -> None:
    row = {"text": "x" * 5000}
    path = tmp_path / "videos.json"
    with path.open("w") as file:
        file.write("[" + ",".join(json.dumps(row | {"id": number}) for number in range(2000)) + "]")

    tracemalloc.start()
    count = sum(1 for _ in items(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert count == 2000
    assert path.stat().st_size > 10_000_000
    assert peak < 2_000_000


def _tables(tmp_path: Path, **tables: str) -> JsonTables:
    for name, text in tables.items():
        (tmp_path / f"{name}.json").write_text(text)
    return JsonTables(tmp_path)


def test_a_table_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no table")
    (tmp_path / ".hidden.json").write_text("[]")
    tables = _tables(tmp_path, videos='[{"id": 1, "a": 2}, {"id": 2, "b": 3}]', tags="[]")

    assert tables.names() == ["tags", "videos"]
    assert (tables.columns("videos"), tables.columns("tags")) == (["id", "a", "b"], [])
    assert (tables.key("videos"), tables.key("tags")) == (["id"], [])
    assert (tables.count("videos"), tables.count("tags")) == (2, 0)
    assert list(tables.rows("videos", ["id"])) == [{"id": 1, "a": 2}, {"id": 2, "b": 3}]
    assert list(tables.rows("other", ["id"])) == []


def test_reading_goes_on_behind_a_row(tmp_path: Path) -> None:
    tables = _tables(tmp_path, videos='[{"id": 2}, {"id": "1"}, {"id": 3}]')

    assert [row["id"] for row in tables.rows("videos", ["id"], [1])] == [3]
    assert [row["id"] for row in tables.rows("videos", ["id"], ["3"])] == []


def test_when_that_row_is_gone_all_are_read(tmp_path: Path) -> None:
    tables = _tables(tmp_path, videos='[{"id": 2}, {"id": 3}]')

    assert [row["id"] for row in tables.rows("videos", ["id"], [7])] == [2, 3]


def test_a_broken_part_is_a_row_that_says_so(tmp_path: Path) -> None:
    tables = _tables(tmp_path, videos='[{"id": 2}, 7, {"id": ')

    rows = list(tables.rows("videos", ["id"]))

    assert rows == [{"id": 2}, {"value": 7}, {"broken_text": '{"id": ', "broken_at": 15}]
    assert isinstance(rows[2], BrokenRow)
    assert rows[2].is_cut
    assert tables.count("videos") == 3


def test_a_folder_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="can't be read"):
        JsonTables(tmp_path / "none")


def test_the_mark_changes_with_the_files(tmp_path: Path) -> None:
    tables = _tables(tmp_path, videos="[]")
    before = tables.mark()

    (tmp_path / "videos.json").write_text('[{"id": 1}]')

    assert tables.mark() != before
