"""Snapshots as CSV and JSON."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from typing import Any

from stats.queries.series import Series


def series_csv(found: Series) -> str:
    """`at,<field>` and a line for each point, as spreadsheets take it."""
    return "".join(_lines([["at", found.field], *([point.at, point.value] for point in found.points)]))


def history_csv(rows: Sequence[dict[str, Any]]) -> str:
    """A line for each snapshot with all of its fields; breakdowns as JSON."""
    if not rows:
        return ""
    names = list(rows[0])
    return "".join(_lines([names, *([_cell(row[name]) for name in names] for row in rows)]))


def _cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value


def _lines(rows: Sequence[Sequence[Any]]) -> Iterator[str]:
    """Text that a spreadsheet would take for a formula is kept from it by a quote in front."""
    for row in rows:
        line = io.StringIO()
        csv.writer(line).writerow([_tamed(value) for value in row])
        yield line.getvalue()


def _tamed(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
