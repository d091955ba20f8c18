"""The gradual switch: changes of the old system are imported again and again while both are used, and compared."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone

from importers.models import ImportedRow, ImportRun, LaterChange, Outcome, RunStatus
from importers.queries.edited import Edited, edited_rows
from importers.registry import SourceOptions
from importers.services.rows import MADE
from importers.services.running import OnProgress, create_run, open_source, resume_run
from library.models import User

# Of each kind of difference, told one by one.
MOST_LISTED = 200
_WATCHED = "is_watched"


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the source, and what is to be said of it."""

    table: str
    key: str
    title: str
    fields: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Consistency:
    """What a look at the old system found, and how far both agree.

    `new` and `changed` there were brought over just now. `gone` there stays here, `edited` here stays as it is: both
    are told each time, until somebody settles them. `conflicts` are fields of which both say something else. Lists are
    the first MOST_LISTED of each.
    """

    run: int
    at: datetime
    source: str
    rows: int
    new: int
    changed: int
    unchanged: int
    left_out: int
    gone_count: int
    edited_count: int
    conflict_count: int
    changed_rows: list[Line]
    gone: list[Line]
    edited: list[Line]

    @property
    def is_consistent(self) -> bool:
        """Whether both say the same: nothing is gone there, was edited here, or is in conflict."""
        return not (self.gone_count or self.edited_count or self.conflict_count)

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "at": self.at.isoformat(), "is_consistent": self.is_consistent}


class Watching:
    """Looks at one source again and again. What isn't said is as at the last import of the same source."""

    def __init__(
        self,
        *,
        system: str,
        location: str,
        options: SourceOptions | None = None,
        owner: User | None = None,
        path_map: Sequence[tuple[str, str]] | None = None,
        user_map: Mapping[str, str] | None = None,
    ) -> None:
        self._system, self._location = system, location
        self._options = options or SourceOptions()
        self._owner, self._path_map, self._user_map = owner, path_map, user_map
        self._mark = ""

    def look(self, *, on_progress: OnProgress | None = None) -> Consistency | None:
        """Imports what is new and changed there, and compares. None when the source says that nobody wrote to it since
        the last look. Raises SourceError for a source that can't be read now, RunError beside another import."""
        source = open_source(self._system, self._location, self._options)
        try:
            mark, identity = source.mark(), source.identity[:200]
        finally:
            source.close()
        if mark and mark == self._mark:
            return None
        run = self._run(identity)
        resume_run(run=run, options=self._options, on_progress=on_progress)
        # Only now: a look that was cut off is repeated.
        self._mark = mark
        found = consistency_of(run)
        _forget_empty(run)
        return found

    def _run(self, identity: str) -> ImportRun:
        before = _last_import(self._system, identity)
        asked = before.options if before is not None else {}
        run = create_run(
            system=self._system,
            location=self._location,
            options=self._options,
            owner=self._owner or (before.owner if before is not None else None),
            path_map=self._path_map if self._path_map is not None else asked.get("path_map", ()),
            user_map=self._user_map if self._user_map is not None else asked.get("user_map", {}),
            decisions=asked.get("decisions", {}),
        )
        run.options[_WATCHED] = True
        run.save(update_fields=["options"])
        return run


def consistency_of(run: ImportRun) -> Consistency:
    """Compares all that was ever imported of the run's source with what is here and, by what the run saw, with what is
    still there. The run must have ended."""
    ever = ImportedRow.objects.filter(system=run.system, identity=run.identity).exclude(table=MADE)
    gone = ever.filter(part="", object_id__isnull=False).exclude(seen_run=run)
    edited_count, edited = _first_edited(ever)
    changed = LaterChange.objects.filter(run=run).select_related("row").order_by("pk")
    tables = run.report["tables"].values()
    counts = {name: sum(table[name] for table in tables) for name in ("read", "created", "unchanged", "skipped")}
    return Consistency(
        run=run.pk,
        at=run.finished_at or timezone.now(),
        source=run.label,
        rows=counts["read"],
        new=counts["created"] + ever.filter(run=run, part="", outcome=Outcome.MERGED).count(),
        changed=changed.values("row__table", "row__key").distinct().order_by().count(),
        unchanged=counts["unchanged"],
        left_out=counts["skipped"],
        gone_count=gone.count(),
        edited_count=edited_count,
        conflict_count=run.report["conflict_count"],
        changed_rows=[_line(change.row, sorted(change.written)) for change in changed[:MOST_LISTED]],
        gone=[_line(row) for row in gone.order_by("pk").only("table", "key", "title")[:MOST_LISTED]],
        edited=edited,
    )


def _first_edited(rows: Any) -> tuple[int, list[Line]]:
    count = 0
    lines: list[Line] = []
    for edited in edited_rows(rows):
        count += 1
        if len(lines) < MOST_LISTED:
            lines.append(_edited_line(edited))
    return count, lines


def _edited_line(edited: Edited) -> Line:
    return _line(edited.row, [edited.what or "deleted"])


def _line(row: ImportedRow, fields: list[str] | None = None) -> Line:
    return Line(row.table, row.key, row.title, fields or [])


def _last_import(system: str, identity: str) -> ImportRun | None:
    runs = ImportRun.objects.filter(system=system, identity=identity, is_dry_run=False, status=RunStatus.COMPLETED)
    return runs.select_related("owner").order_by("-pk").first()


def _forget_empty(run: ImportRun) -> None:
    """Earlier looks that brought nothing: nothing hangs on them once a later one has seen the same rows."""
    looks = ImportRun.objects.filter(
        system=run.system,
        identity=run.identity,
        pk__lt=run.pk,
        options__has_key=_WATCHED,
        rows=None,
        later_changes=None,
    )
    looks.filter(status=RunStatus.COMPLETED).delete()
