"""Nothing that a row of the "video streaming" backend may hold stops an import."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import pytest

from importers.records import REASONS, Mapped
from importers.systems.video_streaming.source import VideoStreamingSource
from importers.systems.video_streaming.tables import TABLES

JUNK: tuple[Any, ...] = (
    None, "", " ", 0, -1, 1, True, 1e308, math.nan, math.inf, 10**400, "x" * 3000, "a\x00b\ud800", b"\xff\x00", [], {},
    [1, None, {"a": []}], {"id": {"b": 1}}, "[", '{"a": 1}', "[[]]", "0000-00-00", "9999-12-31 23:59:59",
    "2024-02-29T10:00:00Z", Decimal("Infinity"), Decimal("NaN"), "Infinity", "-5", "1e999", "true", "/", "completed",
    "$creator", "path", "regex", "(", "add_tag", "resolution", "equals", "3840x2160",
)  # fmt: skip


class JunkTables:
    """Each table of the system with a row for each value, which stands in all of its columns."""

    def names(self) -> list[str]:
        return [table.name for table in TABLES]

    def columns(self, table: str) -> list[str]:
        return sorted(next(one.columns for one in TABLES if one.name == table))

    def key(self, table: str) -> list[str]:
        return []

    def count(self, table: str) -> int:
        return len(JUNK)

    def rows(self, table: str, key: Sequence[str], after: Sequence[Any] | None = None) -> Iterator[Mapping[str, Any]]:
        yield from (dict.fromkeys(self.columns(table), value) for value in JUNK)

    def mark(self) -> str:
        return ""

    def close(self) -> None:
        return None


@pytest.mark.django_db
@pytest.mark.parametrize("table", [table.name for table in TABLES])
def test_every_row_becomes_something_or_is_left_out_with_a_reason(table: str) -> None:
    source = VideoStreamingSource(JunkTables(), "junk")

    found = [source.map(row) for row in source.rows(table)]

    assert len(found) == len(JUNK)
    assert all(isinstance(mapped, Mapped) and bool(mapped.records) != bool(mapped.skipped) for mapped in found)
    assert {reason for mapped in found for reason in (mapped.skipped, *mapped.notes)} - {""} <= set(REASONS)
    for mapped in found:
        text = json.dumps(mapped.kept, allow_nan=False, ensure_ascii=False)
        assert "\\u0000" not in text
        text.encode()
