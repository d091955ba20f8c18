"""What taking a run back would do, for the page that asks whether it shall."""

from dataclasses import dataclass, field

from importers.models import ImportedRow, ImportRun, LaterChange, Outcome
from importers.queries.edited import Edited, edited_rows

# Of those that were edited later, shown one by one.
MOST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class EditedLater:
    """A row that was edited here after the import."""

    title: str
    kind: str
    object_id: int | None
    is_deleted: bool
    what: str

    @property
    def sentence(self) -> str:
        return "It was deleted here." if self.is_deleted else f"Edited since: {self.what}."


@dataclass(frozen=True, slots=True)
class TakeBackPlan:
    """`created` rows of ours go, `merged` ones get back what they said; the edited ones stay unless told otherwise."""

    created: int
    merged: int
    edited_count: int
    edited: list[EditedLater] = field(default_factory=list)

    @property
    def more_edited(self) -> int:
        return self.edited_count - len(self.edited)


def plan_take_back(run: ImportRun) -> TakeBackPlan:
    """Compares each row that the run wrote with what it is now."""
    rows = ImportedRow.objects.filter(run=run)
    written = rows.exclude(object_id=None)
    changed = written.filter(outcome=Outcome.MERGED).exclude(written={}).count()
    later = LaterChange.objects.filter(run=run).exclude(row__run=run).count()
    shown: list[EditedLater] = []
    count = 0
    for edited in edited_rows(rows):
        count += 1
        if len(shown) < MOST_SHOWN:
            shown.append(_shown(edited))
    return TakeBackPlan(written.filter(outcome=Outcome.CREATED).count(), changed + later, count, shown)


def _shown(edited: Edited) -> EditedLater:
    row = edited.row
    title = row.title or f"{row.table} {row.key}"
    return EditedLater(title, row.kind, row.object_id, edited.is_deleted, edited.what)
