"""The rows of a table that are written together: which record is which row of ours, in what order, and what of it."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from importers.kinds import Prepared, find_kind
from importers.models import ImportRun, Outcome
from importers.records import Mapped, Record, Ref, SourcePath, SourceRow
from importers.services.context import context_of
from importers.services.encoding import digest_of
from importers.services.items import Item, Known, own_refs
from importers.services.refs import PUT_OFF, Refs, as_template, holds_refs, refs_in, resolved
from importers.services.writing import write_group
from library.paths import encode_path


@dataclass(slots=True)
class Reading:
    """Rows of a table as they were read and mapped; nothing of it knows the database."""

    row: SourceRow
    mapped: Mapped
    items: list[Item]


@dataclass(frozen=True, slots=True)
class Turn:
    """The table that is being read."""

    now: str
    is_last_turn: bool = False

    def may_bring(self, ref: Ref) -> bool:
        """Whether another turn of this table may bring the row. One of a later table comes too late for that."""
        return ref.table == self.now and not self.is_last_turn


@dataclass(slots=True)
class Chunk:
    """`done` are the items that were dealt with, in the order of writing; `put_off` wait for another turn."""

    run: ImportRun
    refs: Refs
    turn: Turn
    readings: Sequence[Reading]
    done: list[Item] = field(default_factory=list)
    unchanged: list[Item] = field(default_factory=list)
    put_off: list[Item] = field(default_factory=list)
    _open: set[Ref] = field(default_factory=set)
    _dropped: set[int] = field(default_factory=set)

    def write(self, known: Mapping[tuple[str, str], Known]) -> None:
        """Writes our rows. Raises what the database raises; the caller has opened a savepoint."""
        pending = []
        gone = self._deleted(known)
        for place, reading in enumerate(self.readings):
            for item in reading.items:
                # Anew: what is read here may have been tried before, with rows that were refused.
                item = item.fresh(place, known.get((item.ref.key, item.ref.part)))
                if item.known is not None and item.known.pk in gone:
                    item.notes.append("deleted_here")
                    self._leave(item, None)
                elif item.known is not None and self._is_unchanged(item):
                    self._leave(item, item.known.object_id)
                else:
                    pending.append(item)
        self._open = {item.ref for item in pending}
        self.refs.load(ref for item in pending for ref in item.refs if ref not in self._open)
        while pending:
            ready = [item for item in pending if not self._is_blocked(item)] or self._least_blocked(pending)
            self._write_all(ready)
            taken = {id(item) for item in ready}
            pending = [item for item in pending if id(item) not in taken and item.place not in self._dropped]

    def _is_unchanged(self, item: Item) -> bool:
        known = item.known
        return known is not None and known.object_id is not None and known.digest == item.digest

    def _deleted(self, known: Mapping[tuple[str, str], Known]) -> set[int]:
        """Those of the imported rows whose row of ours was deleted since an earlier run. A statement for each kind."""
        by_kind: dict[str, dict[int, int]] = {}
        for one in known.values():
            if one.object_id is not None and one.run_id != self.run.pk:
                by_kind.setdefault(one.kind, {})[one.pk] = one.object_id
        gone = set()
        for name, keys in by_kind.items():
            there = find_kind(name).read(keys.values(), ())
            gone |= {pk for pk, object_id in keys.items() if object_id not in there}
        return gone

    def _leave(self, item: Item, pk: int | None) -> None:
        item.outcome, item.pk = Outcome.UNCHANGED, pk
        self.refs.learn(item.ref, pk)
        self.unchanged.append(item)

    def _is_blocked(self, item: Item) -> bool:
        return any(ref in self._open and ref != item.ref for ref in item.refs)

    def _least_blocked(self, pending: Sequence[Item]) -> list[Item]:
        """Items that wait for each other: those first that can be written without, else one of them."""
        free = [item for item in pending if not self._needs_open(item)]
        return free or list(pending[:1])

    def _needs_open(self, item: Item) -> bool:
        needed = item.kind.needed
        return any(ref in self._open for name in needed for ref in refs_in(item.record.values.get(name)))

    def _write_all(self, items: Sequence[Item]) -> None:
        by_kind: dict[str, list[Item]] = {}
        for item in items:
            self._open.discard(item.ref)
        for item in items:
            if item.place not in self._dropped and self._prepare(item):
                by_kind.setdefault(item.kind.name, []).append(item)
        for name, group in by_kind.items():
            write_group(self.run, find_kind(name), group)
            for item in group:
                self._finish(item)

    def _finish(self, item: Item) -> None:
        self.refs.learn(item.ref, item.pk)
        self.done.append(item)
        if item.is_main and item.outcome == Outcome.SKIPPED:
            self._dropped.add(item.place)

    def _prepare(self, item: Item) -> bool:
        """Puts our keys in the place of references. False when the item was put off or skipped."""
        values: dict[str, Any] = {}
        for name, value in item.record.values.items():
            if isinstance(value, Ref):
                pk = self.refs.get(value)
                if pk is not None:
                    values[name] = pk
                elif value == item.ref:
                    # A tag below itself.
                    values[name] = None
                    item.notes.append("dangling_reference")
                elif name not in item.kind.needed:
                    item.waiting[name] = [value.table, value.key, value.part]
                elif self._may_come(value):
                    return self._put_off(item)
                elif name in item.kind.required_refs:
                    item.skip("dangling_reference")
                    self._finish(item)
                    return False
                else:
                    values[name] = None
                    item.notes.append("dangling_reference")
            elif isinstance(value, SourcePath):
                values[name] = encode_path(context_of(self.run).places.local(value.path))
            else:
                values[name] = self._json(item, name, value)
        item.prepared = Prepared(item.ref.table, item.ref.key, item.ref.part, values, item.title)
        return True

    def _may_come(self, ref: Ref) -> bool:
        return ref not in self.refs and self.turn.may_bring(ref)

    def _put_off(self, item: Item) -> bool:
        item.skip(PUT_OFF)
        self.put_off.append(item)
        if item.is_main:
            self._dropped.add(item.place)
        return False

    def _json(self, item: Item, name: str, value: Any) -> Any:
        """A value that may hold references within: those that lead nowhere become None and wait."""
        if not holds_refs(value):
            return value
        if any(self.refs.get(ref) is None for ref in refs_in(value)):
            item.waiting[name] = {"json": as_template(value)}
        return resolved(value, self.refs)


def _expanded(run: ImportRun, given: Record, row: SourceRow) -> Iterator[Record]:
    """The record and its parts, and theirs."""
    first, *parts = find_kind(given.kind).expand(run, given, Ref(row.table, row.key, given.part))
    yield first
    for part in parts:
        yield from _expanded(run, part, row)


def read_rows(
    run: ImportRun,
    rows: Iterable[tuple[SourceRow, Mapped]],
    known: Mapping[tuple[str, str], Known],
    only: Mapping[str, Collection[str] | None] | None = None,
) -> list[Reading]:
    """The records that the rows come to, each with its digest. Looks at the disk, not at the database.

    `only` are parts by the rows' keys, None for all of them.
    """
    local = context_of(run).places.local
    readings = []
    for place, (row, mapped) in enumerate(rows):
        items: dict[Ref, Item] = {}
        for given in mapped.records:
            for record in _expanded(run, given, row):
                ref = Ref(row.table, row.key, record.part)
                wanted = only.get(row.key) if only else None
                if wanted is not None and record.part not in wanted:
                    continue
                own = find_kind(record.kind)
                kept = {"(kept)": mapped.kept} if mapped.kept and not record.part else {}
                digest = digest_of(own.name, {**record.values, **kept}, local)
                # A part that is named twice says the same: a person's other name, say.
                items.setdefault(ref, Item(place, ref, record, own, digest, mapped.title, refs=own_refs(record)))
        readings.append(Reading(row, mapped, list(items.values())))
    by_kind: dict[str, list[Item]] = {}
    for item in (item for reading in readings for item in reading.items):
        seen = known.get((item.ref.key, item.ref.part))
        if seen is None or seen.digest != item.digest:
            by_kind.setdefault(item.kind.name, []).append(item)
    for name, items_of_kind in by_kind.items():
        find_kind(name).scout(run, [item.record for item in items_of_kind])
    return readings
