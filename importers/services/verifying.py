"""Proving that everything came: each row of the source is read again and compared with ours, field by field.

Nothing is written but the result. Rows are read and compared a chunk at a time, so memory stays bounded.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from importers.exceptions import RunError
from importers.kinds import Kind, Prepared, find_kind
from importers.models import ImportedRow, ImportRun, RunStatus
from importers.records import Mapped, Ref, SourcePath, SourceRow, SourceTable
from importers.registry import Source, SourceOptions
from importers.services.chunks import Reading, read_rows
from importers.services.comparing import Difference, compare, difference
from importers.services.context import context_of
from importers.services.encoding import as_kept
from importers.services.items import Item, Known
from importers.services.locking import one_import_at_a_time
from importers.services.refs import PUT_OFF, Refs, holds_refs, resolved
from importers.services.rows import MADE
from importers.services.running import location_of, open_source
from importers.services.secrets import comparable
from importers.services.since import changed_by_others
from library.paths import encode_path

AT_ONCE = 500
# The report lists so many differences; all are counted.
MOST_LISTED = 1_000
_ENDED = (RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.CANCELLED)
OnProgress = Callable[[str, int, int | None], None]


@dataclass(slots=True)
class _Look:
    """A verification under way. `run` stands for the run and is never saved: it is a dry one, so that nothing is
    brought. `read` are the source's rows of each table, `fields` how many were compared."""

    run: ImportRun
    source: Source
    refs: Refs
    read: Counter[str] = field(default_factory=Counter)
    traced: Counter[str] = field(default_factory=Counter)
    rows: int = 0
    fields: int = 0
    kinds: set[str] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)
    listed: list[Difference] = field(default_factory=list)

    def add(self, found: Iterable[Difference]) -> None:
        for one in found:
            self.counts[one.what] += 1
            if len(self.listed) < MOST_LISTED:
                self.listed.append(one)


def verify_run(
    *, run: ImportRun, options: SourceOptions | None = None, on_progress: OnProgress | None = None
) -> dict[str, Any]:
    """Compares everything that was ever imported of the run's installation with the source as it is now: {"run",
    "verified", "rows", "fields", "differences": {what: n}, "listed": [Difference as JSON]}. Kept in the run.

    Raises RunError beside another import and for a run that wrote nothing, SourceError.
    """
    with one_import_at_a_time():
        run.refresh_from_db()
        if run.is_dry_run or run.status not in _ENDED:
            raise RunError(f"Import {run.pk} can't be verified: it is {_state(run)}.")
        options = options or SourceOptions(extra=run.options.get("extra", {}))
        source = open_source(run.system, location_of(run), options)
        try:
            if source.identity[:200] != run.identity:
                raise RunError(f"{source.label} is not the installation that import {run.pk} came from.")
            look = _Look(_stand_in(run), source, Refs(run))
            for table in source.tables():
                _verify_table(look, table, on_progress)
                _verify_counts(look, run, table)
            for name in sorted(look.kinds):
                _verify_references(look, find_kind(name))
        finally:
            source.close()
        result = {
            "run": run.pk,
            "verified": not look.counts,
            "rows": look.rows,
            "fields": look.fields,
            "differences": dict(sorted(look.counts.items())),
            "listed": [one.as_json() for one in _with_history(look.listed)],
        }
        run.verified_at, run.is_verified = timezone.now(), not look.counts
        run.report = {**run.report, "verified": not look.counts, "verification": result}
        run.save(update_fields=["verified_at", "is_verified", "report"])
    return result


def _state(run: ImportRun) -> str:
    return "a dry run" if run.is_dry_run else run.get_status_display().lower()


def _stand_in(run: ImportRun) -> ImportRun:
    stand_in = copy(run)
    stand_in.__dict__.pop("context", None)
    stand_in.is_dry_run = True
    return stand_in


def _verify_table(look: _Look, table: SourceTable, on_progress: OnProgress | None) -> None:
    rows = iter(look.source.rows(table.name))
    while chunk := list(islice(rows, AT_ONCE)):
        pairs = [(row, _mapped(look.source, table, row)) for row in chunk]
        # What a kind makes on the way (a pack of models that is gone, say) isn't wanted here.
        with transaction.atomic():
            context_of(look.run).begin()
            _verify_rows(look, table, pairs)
            transaction.set_rollback(True)
        look.refs.forget()
        look.read[table.name] += len(chunk)
        if on_progress:
            on_progress(table.name, look.read[table.name], table.rows)


def _mapped(source: Source, table: SourceTable, row: SourceRow) -> Mapped:
    """As the engine maps it."""
    if table.not_imported and not table.is_kept:
        return Mapped(skipped=table.reason or "not_imported")
    mapped = source.map(row)
    if mapped.records or (mapped.skipped and not table.is_kept):
        return mapped
    kept = mapped.kept or (row.columns if table.is_kept else {})
    return Mapped((), mapped.skipped or table.reason or "no_place_yet", kept, mapped.notes, mapped.title)


def _verify_rows(look: _Look, table: SourceTable, pairs: Sequence[tuple[SourceRow, Mapped]]) -> None:
    rows = _rows_of(look.run, table.name, [row.key for row, _ in pairs])
    known = {key: _known(row) for key, row in rows.items()}
    is_traced = not table.not_imported or table.is_kept
    by_kind: dict[str, list[tuple[Item, ImportedRow]]] = {}
    for reading in read_rows(look.run, pairs, known):
        main = rows.get((reading.row.key, ""))
        if main is None:
            if is_traced:
                look.add([Difference("not_imported", table.name, reading.row.key, title=reading.mapped.title)])
            continue
        look.traced[table.name] += 1
        look.add(_kept(reading, main))
        for item in reading.items if main.object_id is not None else ():
            row = rows.get((item.ref.key, item.ref.part))
            if row is None or row.reason == PUT_OFF:
                look.add([Difference("not_imported", table.name, item.ref.key, item.ref.part, item.title)])
            elif row.object_id is not None:
                by_kind.setdefault(item.kind.name, []).append((item, row))
    for name, group in by_kind.items():
        _verify_kind(look, find_kind(name), group)


def _verify_kind(look: _Look, kind: Kind, group: Sequence[tuple[Item, ImportedRow]]) -> None:
    look.kinds.add(kind.name)
    look.refs.load(ref for item, _ in group for ref in item.refs)
    for item, _ in group:
        _resolve(look, item)
    reasons = kind.prepare(look.run, [item.ready for item, _ in group])
    names = list(dict.fromkeys(name for item, _ in group for name in item.ready.values if name in kind.fields))
    names += [kind.measured_at] if kind.measured_at and kind.measured_at not in names else []
    current = kind.read([row.object_id for _, row in group if row.object_id is not None], names)
    for index, (item, row) in enumerate(group):
        ours = current.get(row.object_id or 0)
        look.rows += 1
        if ours is None:
            look.add([difference("gone", row)])
            continue
        for name, waited in row.waiting.items():
            if not isinstance(waited, dict):
                # It leads nowhere, or in a circle: counted by the run.
                item.ready.values.pop(name, None)
        if index in reasons:
            # Its picture is no more where it was, say: what was written is what there is to compare with.
            item.ready.values = {name: kind.decode(name, row.written[name]) for name in row.written if name in names}
        look.fields += sum(1 for name in item.ready.values if name in kind.fields)
        look.add(compare(item, row, ours, context_of(look.run).places))


def _resolve(look: _Look, item: Item) -> None:
    """Puts our keys in the place of references; of those that lead nowhere there is nothing to compare."""
    values: dict[str, Any] = {}
    for name, value in item.record.values.items():
        if isinstance(value, Ref):
            pk = look.refs.get(value) if value != item.ref else None
            if pk is not None or name in item.kind.needed or value == item.ref:
                values[name] = pk
        elif isinstance(value, SourcePath):
            values[name] = encode_path(context_of(look.run).places.local(value.path))
        else:
            values[name] = resolved(value, look.refs) if holds_refs(value) else value
    item.prepared = Prepared(item.ref.table, item.ref.key, item.ref.part, values, item.title)


def _kept(reading: Reading, row: ImportedRow) -> list[Difference]:
    """Whether what has no place here lies there as the source has it, and what was left out was so for that reason."""
    found = []
    if row.reason != "refused" and comparable(as_kept(reading.mapped.kept)) != comparable(row.kept):
        found.append(difference("kept", row))
    if not reading.mapped.records and row.object_id is None and row.reason != reading.mapped.skipped:
        found.append(difference("changed_there", row, field="", theirs=reading.mapped.skipped, ours=row.reason))
    return found


def _verify_counts(look: _Look, run: ImportRun, table: SourceTable) -> None:
    """Every row that was read is accounted for, and nothing is there that the source doesn't have."""
    told = run.report.get("tables", {}).get(table.name)
    if told is not None:
        parts = sum(told[name] for name in ("created", "merged", "unchanged", "skipped"))
        if told["read"] != parts:
            look.add([Difference("count", table.name, theirs=told["read"], ours=parts)])
        if told["read"] != look.read[table.name]:
            look.add([Difference("count", table.name, theirs=look.read[table.name], ours=told["read"])])
    rows = ImportedRow.objects.filter(system=run.system, identity=run.identity, table=table.name, part="")
    extra = rows.count() - look.traced[table.name]
    if extra > 0:
        look.add([Difference("not_in_source", table.name, theirs=look.traced[table.name], ours=rows.count())])


def _verify_references(look: _Look, kind: Kind) -> None:
    """Each foreign key of imported rows leads somewhere. The database sees to most of it; one statement for each."""
    quote = connection.ops.quote_name
    own = quote(kind.model._meta.db_table)
    for column in kind.fields.values():
        if not column.is_relation:
            continue
        target = column.remote_field.model._meta
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT own.id, own.{quote(column.column)} FROM {own} AS own JOIN importers_importedrow AS row"
                " ON row.kind = %s AND row.object_id = own.id AND row.system = %s AND row.identity = %s"
                f" LEFT JOIN {quote(target.db_table)} AS target ON target.{quote(target.pk.column)}"
                f" = own.{quote(column.column)} WHERE own.{quote(column.column)} IS NOT NULL"
                f" AND target.{quote(target.pk.column)} IS NULL LIMIT %s",
                [kind.name, look.run.system, look.run.identity, MOST_LISTED],
            )
            for pk, key in cursor.fetchall():
                look.add([Difference("reference", MADE, kind=kind.name, object=pk, field=column.name, ours=key)])


def _rows_of(run: ImportRun, table: str, keys: Sequence[str]) -> dict[tuple[str, str], ImportedRow]:
    rows = ImportedRow.objects.filter(system=run.system, identity=run.identity, table=table, key__in=keys)
    return {(row.key, row.part): row for row in rows}


def _known(row: ImportedRow) -> Known:
    return Known(row.pk, row.kind, row.object_id, row.outcome, row.reason, row.digest, row.run_id)


def _with_history(listed: Sequence[Difference]) -> list[Difference]:
    """The differences with what changed our rows since, where the history knows it."""
    by_kind: dict[str, set[int]] = {}
    for one in listed:
        if one.kind and one.object is not None and one.what == "changed_here":
            by_kind.setdefault(one.kind, set()).add(one.object)
    told = {name: changed_by_others(find_kind(name), pks) for name, pks in by_kind.items()}
    return [replace(one, since=told.get(one.kind, {}).get(one.object or 0, "")) for one in listed]
