"""The lines of a dry run: spooled to a file while nothing is written, and kept once it has been taken back."""

import json
import tempfile
from collections.abc import Iterable
from typing import IO, Any

from django.db import connection

from importers.models import ImportRun, Outcome, PlannedRow
from importers.services.counting import MOST_CONFLICTS
from importers.services.rows import MADE, Line, as_json, shown_title

_COLUMNS = (
    "run_id", "table", "key", "part", "kind", "object_id", "outcome", "reason", "title", "changes", "conflicts", "how",
    "confidence",
)  # fmt: skip


class Spool:
    """Lines of what would become of the source's rows; those that stay as they are have none.

    Rows that the dry run itself made have keys of no meaning: they are left out.
    """

    def __init__(self) -> None:
        self._file: IO[str] = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115
        self._first_made: dict[str, int] = {}
        self.conflicts: list[dict[str, Any]] = []
        self.conflict_count = 0

    def add(self, lines: Iterable[Line]) -> None:
        for line in lines:
            if line.table == MADE:
                continue
            if line.outcome == Outcome.CREATED and line.object_id is not None:
                self._first_made.setdefault(line.kind, line.object_id)
            if line.outcome == Outcome.UNCHANGED:
                continue
            self._file.write(json.dumps(self._row(line)) + "\n")
            self.conflict_count += len(line.conflicts)
            for conflict in line.conflicts:
                if len(self.conflicts) < MOST_CONFLICTS:
                    self.conflicts.append(shown_conflict(line.table, line.key, line.title, line.kind, conflict))

    def keep(self, run: ImportRun) -> None:
        """Writes the lines as rows of the run, and forgets them. By COPY."""
        self._file.seek(0)
        names = ", ".join(connection.ops.quote_name(name) for name in _COLUMNS)
        table = connection.ops.quote_name(PlannedRow._meta.db_table)
        with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for text in self._file:
                copy.write_row((run.pk, *json.loads(text)))
        self.close()

    def close(self) -> None:
        self._file.close()

    def _row(self, line: Line) -> list[Any]:
        pk = line.object_id
        is_made = pk is not None and pk >= self._first_made.get(line.kind, pk + 1)
        after = line.changed if line.is_change else line.written
        if line.outcome == Outcome.CREATED:
            changes = {name: [None, value] for name, value in after.items()}
        else:
            changes = {name: [value, after.get(name)] for name, value in line.before.items()}
        return [
            line.table, line.key, line.part, line.kind, None if is_made else pk, line.outcome, line.reason,
            shown_title(line.title), as_json(changes), as_json(list(line.conflicts)), line.how[:60], line.confidence,
        ]  # fmt: skip


def shown_conflict(table: str, key: str, title: str, kind: str, conflict: Any) -> dict[str, Any]:
    """A conflict as reports list it."""
    return {"table": table, "key": key, "title": title, "kind": kind, **conflict}
