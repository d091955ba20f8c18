"""What of the imported rows was edited or deleted here later."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, islice

from django.db.models import QuerySet

from importers.kinds import find_kind
from importers.models import ImportedRow
from importers.services.since import edited_since

_AT_A_TIME = 1_000


@dataclass(frozen=True, slots=True)
class Edited:
    """An imported row that is another by now: `what` is the first field that says something else, or what the change
    was called; "" when the row of ours is gone."""

    row: ImportedRow
    what: str

    @property
    def is_deleted(self) -> bool:
        return not self.what


def edited_rows(rows: QuerySet[ImportedRow]) -> Iterator[Edited]:
    """Those of `rows`. Streams; a few statements for a thousand rows of a kind."""
    written = rows.exclude(object_id=None).exclude(kind="").defer("kept", "before", "waiting", "conflicts")
    ordered = written.order_by("kind", "pk").iterator(chunk_size=_AT_A_TIME)
    for name, of_kind in groupby(ordered, key=lambda row: row.kind):
        kind = find_kind(name)
        while chunk := list(islice(of_kind, _AT_A_TIME)):
            edited = edited_since(kind, chunk)
            there = kind.read([row.object_id for row in chunk if row.object_id is not None], ())
            for row in chunk:
                if row.object_id not in there:
                    yield Edited(row, "")
                elif row.pk in edited:
                    yield Edited(row, edited[row.pk])
