"""What of the imported rows was edited here later: their fields compared with what the importer wrote."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Any

from django.db.models import QuerySet

from importers.kinds import find_kind
from importers.models import ImportedRow

_AT_A_TIME = 1_000


@dataclass(frozen=True, slots=True)
class Edited:
    """An imported row that says something else now: {field: (as written, as it is now)}; `is_deleted` when the row of
    ours is gone."""

    row: ImportedRow
    fields: dict[str, tuple[Any, Any]]
    is_deleted: bool = False


def edited_rows(rows: QuerySet[ImportedRow]) -> Iterator[Edited]:
    """Those of `rows` that were edited or deleted here. Streams; one statement for a thousand rows of a kind."""
    written = rows.exclude(object_id=None).exclude(kind="").defer("kept", "before", "waiting", "conflicts")
    ordered = written.order_by("kind", "pk").iterator(chunk_size=_AT_A_TIME)
    for kind, of_kind in groupby(ordered, key=lambda row: row.kind):
        while chunk := list(islice(of_kind, _AT_A_TIME)):
            yield from _edited_of(kind, chunk)


def _edited_of(name: str, rows: list[ImportedRow]) -> Iterator[Edited]:
    kind = find_kind(name)
    fields = sorted({field for row in rows for field in row.written if field in kind.fields})
    current = kind.read([int(row.object_id or 0) for row in rows], fields)
    for row in rows:
        now = current.get(int(row.object_id or 0))
        if now is None:
            yield Edited(row, {}, is_deleted=True)
            continue
        differing = {
            field: (value, kind.encode(field, now[field]))
            for field, value in row.written.items()
            if field in now and kind.encode(field, now[field]) != value
        }
        if differing:
            yield Edited(row, differing)
