"""The end of a run: references that waited for rows that came later, and what a person should look at."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from typing import Any

from django.db import DatabaseError, IntegrityError, InterfaceError, OperationalError, connection, models, transaction
from django.db.models import Count

from importers.kinds import Kind, find_kind
from importers.models import ImportedRow, ImportRun, LaterChange, Outcome
from importers.records import Ref
from importers.services.counting import MOST_CONFLICTS
from importers.services.planning import shown_conflict
from importers.services.refs import Refs, from_template, refs_in, resolved

_AT_ONCE = 1_000
DANGLING, CIRCLE, REFUSED = "dangling_reference", "circle", "refused"
# In the names of the constraints of `library.models.tree`.
_OF_TREES = "_no_cycle_of_"
# How many rows of each table, by the reason why a reference of theirs stayed empty.
Unfilled = dict[str, Counter[str]]


def rows_of(run: ImportRun) -> "models.QuerySet[ImportedRow]":
    """Everything that was ever imported of this installation."""
    return ImportedRow.objects.filter(system=run.system, identity=run.identity)


def waiting_chunks(run: ImportRun) -> Iterator[list[ImportedRow]]:
    """Rows with references that wait, a chunk at a time, in order."""
    after = 0
    while True:
        rows = list(
            rows_of(run)
            .filter(pk__gt=after)
            .exclude(waiting={})
            .order_by("pk")
            .only("table", "kind", "object_id", "waiting", "written", "before", "outcome", "digest", "run", "seen_run")[
                :_AT_ONCE
            ]
        )
        if not rows:
            return
        after = rows[-1].pk
        yield rows


def fill_waiting(run: ImportRun, refs: Refs, rows: Sequence[ImportedRow], unfilled: Unfilled) -> None:
    """Writes the references of these rows that lead somewhere by now, where our row says nothing else meanwhile.

    A few statements for each kind of row. Those that the database doesn't take (a tree that bites its tail) are found
    by halving; they go on waiting, and are counted in `unfilled`.
    """
    try:
        with transaction.atomic():
            _fill(run, refs, [copy(row) for row in rows])
            # Now, not at the commit.
            connection.check_constraints()
    except (OperationalError, InterfaceError):
        raise
    except DatabaseError as error:
        refs.forget()
        if len(rows) == 1:
            if rows[0].seen_run_id == run.pk:
                unfilled.setdefault(_reason_of(error), Counter())[rows[0].table] += 1
            return
        middle = len(rows) // 2
        fill_waiting(run, refs, rows[:middle], unfilled)
        fill_waiting(run, refs, rows[middle:], unfilled)


def _reason_of(error: DatabaseError) -> str:
    told = getattr(error.__cause__, "diag", None) if isinstance(error, IntegrityError) else None
    return CIRCLE if told is not None and _OF_TREES in (told.constraint_name or "") else REFUSED


def _fill(run: ImportRun, refs: Refs, rows: Sequence[ImportedRow]) -> None:
    refs.load(ref for row in rows for ref in _refs_of(row))
    by_kind: dict[str, list[ImportedRow]] = {}
    for row in rows:
        if row.object_id is not None and any(refs.get(ref) is not None for ref in _refs_of(row)):
            by_kind.setdefault(row.kind, []).append(row)
    filled = []
    for name, group in by_kind.items():
        kind = find_kind(name)
        fields = list(dict.fromkeys(field for row in group for field in row.waiting))
        current = kind.read([row.object_id for row in group if row.object_id], fields)
        changes: dict[int, dict[str, Any]] = {}
        for row in group:
            ours = current.get(row.object_id or 0)
            if ours is None:
                continue
            found = _found(row, refs)
            before = {field: kind.encode(field, ours[field]) for field in found}
            wanted = {field: value for field, value in found.items() if _is_free(kind, before[field], row, field)}
            if wanted:
                changes.setdefault(row.object_id or 0, {}).update(wanted)
                written = {field: kind.encode(field, value) for field, value in wanted.items()}
                if row.run_id != run.pk:
                    _note_later(run, row, {field: before[field] for field in wanted}, written)
                elif row.outcome == Outcome.MERGED:
                    row.before = {field: before[field] for field in wanted} | row.before
                row.written = row.written | written
            row.waiting = _still_waiting(row, refs)
            filled.append(row)
        if changes:
            kind.update(run, changes)
    ImportedRow.objects.bulk_update(filled, ["waiting", "written", "before"], batch_size=200)
    refs.keep()


def count_dangling(run: ImportRun, unfilled: Unfilled) -> None:
    """Adds the rows that this run saw whose references still lead nowhere. One statement."""
    found = rows_of(run).filter(seen_run=run).exclude(waiting={}).order_by().values_list("table")
    waiting = Counter(dict(found.annotate(n=Count("pk"))))
    for others in unfilled.values():
        waiting -= others
    unfilled[DANGLING] = waiting


def conflicts_of(run: ImportRun) -> tuple[list[dict[str, Any]], int]:
    """The first conflicts of what this run saw, and how many rows have some."""
    found = rows_of(run).filter(seen_run=run).exclude(conflicts=[]).order_by("pk")
    listed: list[dict[str, Any]] = []
    for row in found.only("table", "key", "title", "kind", "object_id", "conflicts")[:MOST_CONFLICTS]:
        for conflict in row.conflicts:
            listed.append(shown_conflict(row.table, row.key, row.title, row.kind, conflict))
    return listed[:MOST_CONFLICTS], max(found.count(), len(listed))


def _note_later(run: ImportRun, row: ImportedRow, before: dict[str, Any], written: dict[str, Any]) -> None:
    later, _ = LaterChange.objects.get_or_create(run=run, row=row, defaults={"digest_before": row.digest})
    previous = {field: row.written[field] for field in written if field in row.written}
    later.before, later.previous = before | later.before, previous | later.previous
    later.written |= written
    later.save(update_fields=["before", "written", "previous"])


def _is_free(kind: Kind, ours: Any, row: ImportedRow, field: str) -> bool:
    """Whether the field still says what was written there: nothing, or JSON with gaps."""
    return ours is None or ours == row.written.get(field, kind.defaults.get(field))


def _values_of(row: ImportedRow) -> Mapping[str, Any]:
    return {
        field: from_template(waited["json"]) if isinstance(waited, Mapping) else Ref(*waited)
        for field, waited in row.waiting.items()
    }


def _refs_of(row: ImportedRow) -> Iterator[Ref]:
    yield from refs_in(_values_of(row))


def _found(row: ImportedRow, refs: Refs) -> dict[str, Any]:
    return {
        field: resolved(value, refs)
        for field, value in _values_of(row).items()
        if any(refs.get(ref) is not None for ref in refs_in(value))
    }


def _still_waiting(row: ImportedRow, refs: Refs) -> dict[str, Any]:
    return {
        field: row.waiting[field]
        for field, value in _values_of(row).items()
        if any(refs.get(ref) is None for ref in refs_in(value))
    }
