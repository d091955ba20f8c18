"""One table of the source, a chunk at a time: each chunk one transaction, with how far it came written in it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction

from importers.exceptions import RunError
from importers.models import ImportRun, Outcome, RunStatus
from importers.records import Mapped, SourceRow, SourceTable
from importers.registry import Source
from importers.services.chunks import Chunk, Reading, Turn, read_rows
from importers.services.context import Made, context_of
from importers.services.counting import Tally
from importers.services.encoding import as_kept, digest_of, storable
from importers.services.items import Item, Known, load_known
from importers.services.planning import Spool
from importers.services.refs import PUT_OFF, Refs
from importers.services.rows import MADE, Line, line_of, write_lines
from library.models import ChangeBatch
from library.services.changes import continue_batch

AT_ONCE = 500
# What a row can be refused with; a lost connection isn't one.
_REFUSALS = (DatabaseError, ValueError, OverflowError)
_KEY_CHARACTERS = 500
REFUSED = "refused"
_KnownRows = Mapping[tuple[str, str], Known]


class CancelledError(RunError):
    """Somebody cancelled the run. What it had written stays, and it can be resumed."""


@dataclass(slots=True)
class Move:
    """A run under way. `spool` is there in a dry run only."""

    run: ImportRun
    source: Source
    refs: Refs
    batch: ChangeBatch
    tables: Sequence[SourceTable]
    tallies: dict[str, Tally]
    spool: Spool | None = None
    on_progress: Callable[[str, int, int | None], None] | None = None

    def read_table(self, table: SourceTable) -> None:
        """Reads it once, and again as long as rows wait for others of it that come later."""
        tally = self.tallies[table.name]
        while not tally.is_done:
            for rows in _chunked(self.source.rows(table.name, tally.after), AT_ONCE):
                self._write(table, rows)
            tally.turn_over()
            # Its end is written too: a resumed run doesn't begin the turn again.
            self.save_progress()

    def save_progress(self) -> None:
        """Raises CancelledError when somebody cancelled the run meanwhile."""
        self.run.progress = {name: tally.as_json() for name, tally in self.tallies.items()}
        running = ImportRun.objects.filter(pk=self.run.pk, status=RunStatus.RUNNING)
        # A dry run would keep its row locked until its end, and nobody could cancel it.
        if not (running.exists() if self.spool else running.update(progress=self.run.progress)):
            raise CancelledError(f"Import {self.run.pk} was cancelled.")

    def _write(self, table: SourceTable, rows: list[SourceRow]) -> None:
        tally = self.tallies[table.name]
        known = load_known(self.run, table.name, [row.key for row in rows])
        waiting = _put_off(known) if tally.turn else None
        pairs = [(row, self._map(table, row)) for row in rows if waiting is None or row.key in waiting]
        readings = read_rows(self.run, pairs, known, only=waiting)
        with continue_batch(self.batch):
            written = self._write_or_refuse(table, readings, known)
            tally.after = rows[-1].key
            tally.put_off += written.put_off
            for outcome, reasons in written.counts:
                tally.count(outcome, reasons)
            self.save_progress()
        if self.spool:
            self.spool.add(written.lines)
        context_of(self.run).end()
        if self.on_progress:
            self.on_progress(table.name, tally.read, tally.total)

    def _map(self, table: SourceTable, row: SourceRow) -> Mapped:
        if table.not_imported and not table.is_kept:
            return Mapped(skipped=table.reason or "not_imported")
        mapped = self.source.map(row)
        if mapped.records or (mapped.skipped and not table.is_kept):
            return mapped
        kept = mapped.kept or (row.columns if table.is_kept else {})
        return Mapped((), mapped.skipped or table.reason or "no_place_yet", kept, mapped.notes, mapped.title)

    def _write_or_refuse(self, table: SourceTable, readings: Sequence[Reading], known: _KnownRows) -> "Written":
        """Writes the rows; those that the database doesn't take are found by halving, and kept as they were."""
        context = context_of(self.run)
        try:
            with transaction.atomic():
                context.begin()
                tally = self.tallies[table.name]
                chunk = Chunk(self.run, self.refs, Turn(table.name, tally.is_last_turn), readings)
                chunk.write(known)
                written = outcome_of(chunk, known, is_kept=not table.not_imported or table.is_kept)
                made = [_made_line(self.run, one) for one in context.made]
                write_lines(self.run, [*made, *written.lines], written.unchanged)
                # Now, not at the commit: foreign keys, trees that bite their tail.
                connection.check_constraints()
        except (OperationalError, InterfaceError):
            raise
        except _REFUSALS as error:
            self.refs.forget()
            context.brought.discard()
            if len(readings) == 1:
                return self._refuse(table, readings[0], known, error)
            middle = len(readings) // 2
            first = self._write_or_refuse(table, readings[:middle], known)
            return first + self._write_or_refuse(table, readings[middle:], known)
        self.refs.keep()
        return written

    def _refuse(self, table: SourceTable, reading: Reading, known: _KnownRows, error: Exception) -> "Written":
        """Keeps a row that can't be written. What an earlier run wrote of it stays."""
        written = Written(counts=[(Outcome.SKIPPED, {REFUSED, *reading.mapped.notes})])
        before = known.get((reading.row.key, ""))
        if before is not None and before.reason == PUT_OFF:
            written.put_off = -1
        if before is not None and before.object_id is not None:
            written.unchanged = [before.pk]
        else:
            line = _left_out(reading, REFUSED, reading.row.columns, before)
            line.conflicts = [{"what": REFUSED, "error": storable(str(error).partition("\n")[0])}]
            written.lines = [line]
        try:
            with transaction.atomic():
                write_lines(self.run, written.lines, written.unchanged)
        except (OperationalError, InterfaceError):
            raise
        except _REFUSALS:
            # Its key is one that can't be stored: it is counted at least.
            written.lines = []
        return written


@dataclass(slots=True)
class Written:
    """What became of rows: lines, imported rows that were only seen, what counts of each row that is done, and how
    many more (or fewer) wait for another turn."""

    lines: list[Line] = field(default_factory=list)
    unchanged: list[int] = field(default_factory=list)
    counts: list[tuple[str, set[str]]] = field(default_factory=list)
    put_off: int = 0

    def __add__(self, other: "Written") -> "Written":
        return Written(
            self.lines + other.lines,
            self.unchanged + other.unchanged,
            self.counts + other.counts,
            self.put_off + other.put_off,
        )


def outcome_of(chunk: Chunk, known: _KnownRows, *, is_kept: bool) -> Written:
    """What is written of a chunk beside our rows. Without `is_kept` rows of which nothing is written leave no trace."""
    written = Written(unchanged=[item.known.pk for item in chunk.unchanged if item.known])
    by_place: dict[int, list[Item]] = {}
    for item in (*chunk.unchanged, *chunk.done, *chunk.put_off):
        by_place.setdefault(item.place, []).append(item)
    for place, reading in enumerate(chunk.readings):
        items = by_place.get(place, [])
        main = next((item for item in items if item.is_main), None)
        if main is not None and main.outcome != Outcome.UNCHANGED:
            main.kept = as_kept(reading.mapped.kept)
        if reading.mapped.records:
            _count(written, reading, main, items)
        else:
            _leave_out(written, reading, known.get((reading.row.key, "")), is_kept=is_kept)
    written.lines += [line_of(item) for item in (*chunk.done, *chunk.put_off)]
    return written


def _count(written: Written, reading: Reading, main: Item | None, items: Sequence[Item]) -> None:
    for item in items:
        was_put_off = item.known is not None and item.known.reason == PUT_OFF
        written.put_off += (item.reason == PUT_OFF) - was_put_off
    if main is None or main.reason == PUT_OFF:
        return
    reasons = {*reading.mapped.notes, main.reason}
    if main.outcome != Outcome.SKIPPED:
        reasons.update(reason for item in items for reason in (*item.notes, item.reason) if reason != PUT_OFF)
    written.counts.append((main.outcome, reasons))


def _leave_out(written: Written, reading: Reading, before: Known | None, *, is_kept: bool) -> None:
    mapped = reading.mapped
    written.counts.append((Outcome.SKIPPED, {*mapped.notes, mapped.skipped}))
    if not is_kept:
        return
    line = _left_out(reading, mapped.skipped, mapped.kept, before)
    if before is not None and (before.object_id is not None or before.digest == line.digest):
        written.unchanged.append(before.pk)
    else:
        written.lines.append(line)


def _left_out(reading: Reading, reason: str, kept: Mapping[str, Any], before: Known | None) -> Line:
    row = reading.row
    return Line(
        table=row.table,
        key=storable(row.key)[:_KEY_CHARACTERS],
        reason=reason,
        title=reading.mapped.title,
        digest=digest_of(reason, kept, lambda path: path),
        kept=as_kept(kept),
        known_pk=before.pk if before else None,
        known_run=before.run_id if before else None,
    )


def _made_line(run: ImportRun, made: Made) -> Line:
    # An installation makes it once; a run that is taken back and repeated makes it again.
    return Line(
        MADE,
        storable(made.key)[:_KEY_CHARACTERS],
        kind=made.kind,
        object_id=made.pk,
        outcome=Outcome.CREATED,
        title=made.key,
        written=made.written,
        part=str(run.pk),
    )


def _put_off(known: _KnownRows) -> dict[str, set[str] | None]:
    """Rows that wait for this turn, by key: the parts of them that do, None for all."""
    waiting: dict[str, set[str] | None] = {}
    for (key, part), one in known.items():
        if one.reason != PUT_OFF:
            continue
        parts = waiting.setdefault(key, set())
        if parts is not None:
            parts.add(part)
    return {key: None if parts and "" in parts else parts for key, parts in waiting.items()}


def _chunked(rows: Iterable[SourceRow], size: int) -> Iterator[list[SourceRow]]:
    iterator = iter(rows)
    while chunk := list(islice(iterator, size)):
        yield chunk
