"""Looking at what a reader makes of rows, without a database of ours."""

from typing import Any

from importers.records import Mapped, Secret
from importers.registry import Source


def read_all(source: Source) -> dict[tuple[str, str], Mapped]:
    """What becomes of every row, by table and key."""
    return {(table.name, row.key): source.map(row) for table in source.tables() for row in source.rows(table.name)}


def values_of(mapped: Mapped, kind: str) -> list[dict[str, Any]]:
    return [dict(record.values) for record in mapped.records if record.kind == kind]


def notes_of(mapped: Mapped) -> dict[str, str]:
    """The notes of the video that the row makes, by name."""
    return {values["key"]: values["value"] for values in values_of(mapped, "library.videometadata")}


def secrets_in(value: Any) -> list[str]:
    if isinstance(value, Secret):
        return [value.text]
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return [text for item in items for text in secrets_in(item)]
