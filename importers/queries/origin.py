"""Where a row of ours came from."""

from dataclasses import dataclass
from datetime import datetime

from importers.models import ImportedRow, Outcome
from importers.registry import find_system

_MOST = 20


@dataclass(frozen=True, slots=True)
class Origin:
    """A row of another system that is this row of ours."""

    system: str
    label: str
    table: str
    key: str
    at: datetime
    run_id: int
    is_created: bool

    @property
    def title(self) -> str:
        """The system as people call it."""
        known = find_system(self.system)
        return known.title if known else self.system


def origins_of(kind: str, object_id: int) -> list[Origin]:
    """By app and model ("library.video") and key; the oldest first. One statement over its index."""
    rows = ImportedRow.objects.filter(kind=kind, object_id=object_id).select_related("run").order_by("pk")
    return [
        Origin(
            row.system, row.run.label, row.table, row.key, row.created_at, row.run_id, row.outcome == Outcome.CREATED
        )
        for row in rows.defer("written", "before", "kept", "waiting")[:_MOST]
    ]
