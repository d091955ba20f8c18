"""Records on their way into the database, and the lines that are kept of them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from importers.kinds import Kind, Match, Prepared
from importers.models import ImportedRow, ImportRun, Outcome
from importers.records import Record, Ref
from importers.services.refs import refs_in


@dataclass(slots=True)
class Known:
    """What an earlier run, or an earlier turn of this one, wrote of a record."""

    pk: int
    kind: str
    object_id: int | None
    outcome: str
    reason: str
    digest: str
    run_id: int


@dataclass(slots=True)
class Item:
    """A record of a chunk. `place` is that of its source row among the chunk's."""

    place: int
    ref: Ref
    record: Record
    kind: Kind
    digest: str
    title: str
    known: Known | None = None
    refs: tuple[Ref, ...] = ()
    prepared: Prepared | None = None
    outcome: str = ""
    reason: str = ""
    pk: int | None = None
    match: Match | None = None
    written: dict[str, Any] = field(default_factory=dict)
    before: dict[str, Any] = field(default_factory=dict)
    # Of a row that an earlier run wrote: what of it was changed now, and what had been written of that.
    changed: dict[str, Any] = field(default_factory=dict)
    previous: dict[str, Any] = field(default_factory=dict)
    waiting: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    kept: dict[str, Any] = field(default_factory=dict)

    def fresh(self, place: int, known: Known | None) -> "Item":
        """The same item before anything was done with it."""
        return Item(place, self.ref, self.record, self.kind, self.digest, self.title, known, self.refs)

    @property
    def is_main(self) -> bool:
        return not self.ref.part

    @property
    def is_written_before(self) -> bool:
        """Whether there is a row of ours from an earlier run."""
        return self.known is not None and self.known.object_id is not None

    @property
    def ready(self) -> Prepared:
        """The record with its references resolved. Only once it is."""
        if self.prepared is None:
            raise ValueError(f"{self.ref} has not been prepared.")
        return self.prepared

    def skip(self, reason: str) -> None:
        self.outcome, self.reason, self.pk = Outcome.SKIPPED, reason, None


def own_refs(record: Record) -> tuple[Ref, ...]:
    return tuple(dict.fromkeys(refs_in(record.values)))


def load_known(run: ImportRun, table: str, keys: Iterable[str]) -> dict[tuple[str, str], Known]:
    """What is known of the rows of a table, by key and part. One statement."""
    rows = ImportedRow.objects.filter(system=run.system, identity=run.identity, table=table, key__any_of=list(keys))
    columns = ("key", "part", "pk", "kind", "object_id", "outcome", "reason", "digest", "run_id")
    return {(key, part): Known(*rest) for key, part, *rest in rows.values_list(*columns)}
