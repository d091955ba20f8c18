"""What is kept of each row of the source: written by COPY, since there are as many as the source has rows."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from importers.models import ImportedRow, ImportRun, LaterChange, Outcome
from importers.services.encoding import storable
from importers.services.items import Item

_TITLE_CHARACTERS = 300
_COLUMNS = (
    "system", "identity", "table", "key", "part", "run_id", "seen_run_id", "kind", "object_id", "outcome", "reason",
    "title", "digest", "written", "before", "kept", "waiting", "conflicts", "how", "confidence",
)  # fmt: skip
# What an update of a row that is there already may change: it was left out before, or its record is another by now.
_CHANGED = (
    "run", "seen_run", "kind", "object_id", "outcome", "reason", "title", "digest", "written", "before", "kept",
    "waiting", "conflicts", "how", "confidence",
)  # fmt: skip
# The "table" of what no row of the source is: folders that files were put into, say.
MADE = "(made)"


@dataclass(slots=True)
class Line:
    """An imported row to be. `known_pk` is that of the row that is there; `changed` and `previous` of LaterChange."""

    table: str
    key: str
    part: str = ""
    kind: str = ""
    object_id: int | None = None
    outcome: str = Outcome.SKIPPED
    reason: str = ""
    title: str = ""
    digest: str = ""
    written: Mapping[str, Any] = field(default_factory=dict)
    before: Mapping[str, Any] = field(default_factory=dict)
    kept: Mapping[str, Any] = field(default_factory=dict)
    waiting: Mapping[str, Any] = field(default_factory=dict)
    conflicts: Sequence[Mapping[str, Any]] = ()
    how: str = ""
    confidence: float | None = None
    known_pk: int | None = None
    known_run: int | None = None
    is_change: bool = False
    digest_before: str = ""
    changed: Mapping[str, Any] = field(default_factory=dict)
    previous: Mapping[str, Any] = field(default_factory=dict)


def line_of(item: Item) -> Line:
    known = item.known
    return Line(
        table=item.ref.table,
        key=item.ref.key,
        part=item.ref.part,
        kind=item.kind.name if item.pk is not None else "",
        object_id=item.pk,
        outcome=item.outcome,
        reason=item.reason,
        title=item.title,
        digest=item.digest if item.pk is not None else "",
        written=item.written,
        before=item.before,
        kept=item.kept,
        waiting=item.waiting if item.pk is not None else {},
        conflicts=item.prepared.conflicts if item.prepared else (),
        how=item.match.how if item.match else "",
        confidence=item.match.confidence if item.match else None,
        known_pk=known.pk if known else None,
        known_run=known.run_id if known else None,
        is_change=item.is_written_before,
        digest_before=known.digest if known else "",
        changed=item.changed,
        previous=item.previous,
    )


def write_lines(run: ImportRun, lines: Sequence[Line], unchanged: Iterable[int]) -> None:
    """Writes the imported rows of a chunk in this order; `unchanged` are rows that were only seen again."""
    new = [line for line in lines if line.known_pk is None]
    again = [line for line in lines if line.known_pk is not None]
    if new:
        _copy(run, new)
    if again:
        _rewrite(run, again)
    seen = list(unchanged)
    if seen:
        ImportedRow.objects.filter(pk__in=seen).update(seen_run=run)


def _copy(run: ImportRun, lines: Sequence[Line]) -> None:
    names = ", ".join(connection.ops.quote_name(name) for name in _COLUMNS)
    table = connection.ops.quote_name(ImportedRow._meta.db_table)
    with (
        connection.wrap_database_errors,
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy,
    ):
        for line in lines:
            copy.write_row(
                (
                    run.system,
                    run.identity,
                    line.table,
                    line.key,
                    line.part,
                    run.pk,
                    run.pk,
                    line.kind,
                    line.object_id,
                    line.outcome,
                    line.reason,
                    shown_title(line.title),
                    line.digest,
                    as_json(line.written),
                    as_json(line.before),
                    as_json(line.kept),
                    as_json(line.waiting),
                    as_json(list(line.conflicts)),
                    line.how[:60],
                    line.confidence,
                )
            )


def _rewrite(run: ImportRun, lines: Sequence[Line]) -> None:
    """Rows that were left out are this run's now; those that were written stay the run's that wrote them first."""
    rows = ImportedRow.objects.in_bulk([line.known_pk for line in lines])
    later = []
    for line in lines:
        row = rows[line.known_pk or 0]
        row.seen_run = run
        row.title, row.kept, row.waiting = shown_title(line.title), dict(line.kept), dict(line.waiting)
        row.digest, row.written, row.conflicts = line.digest, dict(line.written), list(line.conflicts)
        if line.is_change:
            row.digest = line.digest
            if line.changed and line.known_run != run.pk:
                later.append(
                    LaterChange(
                        run=run,
                        row=row,
                        digest_before=line.digest_before,
                        before=line.before,
                        written=line.changed,
                        previous=line.previous,
                    )
                )
            continue
        row.run, row.kind, row.object_id, row.outcome = run, line.kind, line.object_id, line.outcome
        row.reason, row.before, row.how, row.confidence = line.reason, dict(line.before), line.how, line.confidence
    ImportedRow.objects.bulk_update(list(rows.values()), list(_CHANGED), batch_size=200)
    LaterChange.objects.bulk_create(later)


def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=True) if value else ("[]" if isinstance(value, list) else "{}")


def shown_title(title: str) -> str:
    return storable(title)[:_TITLE_CHARACTERS]
