"""What other rows of the source became here."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from importers.kinds import find_kind
from importers.models import ImportedRow, ImportRun
from importers.records import Ref

# Of a row that will be tried again when its table has been read: it waits for one that comes later.
PUT_OFF = "put_off"
# About 20 MB. What is left out is asked for again.
_MOST_KEPT = 100_000


class Refs:
    """Keys of ours by (table, key, part) of the source. None stands for a row of which nothing was written. Of a
    reference that names a column, what our row says there; such a one knows only rows of earlier chunks.

    What a chunk learns counts at once and is kept only when the chunk is: `keep` or `forget` end it.
    """

    def __init__(self, run: ImportRun) -> None:
        self._run = run
        self._known: dict[Ref, int | None] = {}
        self._new: dict[Ref, int | None] = {}
        self._columns: dict[Ref, Any] = {}

    def __contains__(self, ref: Ref) -> bool:
        return ref in self._new or ref in self._known or ref in self._columns

    def __getitem__(self, ref: Ref) -> int | None:
        return self._new[ref] if ref in self._new else self._known[ref]

    def get(self, ref: Ref) -> Any:
        """None for one that isn't known, too."""
        if ref.column:
            return self._columns.get(ref)
        return self._new[ref] if ref in self._new else self._known.get(ref)

    def learn(self, ref: Ref, pk: int | None) -> None:
        self._new[ref] = pk

    def keep(self) -> None:
        for ref, pk in self._new.items():
            self._known.pop(ref, None)
            self._known[ref] = pk
        self._new.clear()
        if len(self._known) > _MOST_KEPT:
            for ref in list(self._known)[: len(self._known) - _MOST_KEPT // 2]:
                del self._known[ref]

    def forget(self) -> None:
        self._new.clear()

    def load(self, refs: Iterable[Ref]) -> None:
        """Looks up those that aren't known. One statement for each table that they name, and one for each kind of row
        that an earlier run brought: people may have deleted some since."""
        by_table: dict[str, set[str]] = {}
        of_columns: dict[str, list[Ref]] = {}
        for ref in refs:
            if ref.column:
                of_columns.setdefault(ref.column, []).append(ref)
            elif ref not in self:
                by_table.setdefault(ref.table, set()).add(ref.key)
        earlier: dict[str, dict[int, list[Ref]]] = {}
        for table, keys in by_table.items():
            found = ImportedRow.objects.filter(
                system=self._run.system, identity=self._run.identity, table=table, key__any_of=keys
            ).exclude(reason=PUT_OFF)
            for key, part, kind, pk, run_id in found.values_list("key", "part", "kind", "object_id", "run_id"):
                ref = Ref(table, key, part)
                self._new[ref] = pk
                if pk is not None and run_id != self._run.pk:
                    earlier.setdefault(kind, {}).setdefault(pk, []).append(ref)
        for kind, by_pk in earlier.items():
            self._forget_deleted(kind, by_pk)
        for column, wanted in of_columns.items():
            self._load_column(column, [ref for ref in wanted if ref not in self._columns])

    def _load_column(self, column: str, refs: Sequence[Ref]) -> None:
        """One statement for all, and one for each kind of row."""
        wanted = {(ref.table, ref.key, ref.part): ref for ref in refs}
        rows = ImportedRow.objects.filter(
            system=self._run.system,
            identity=self._run.identity,
            table__in={ref.table for ref in refs},
            key__in={ref.key for ref in refs},
        )
        by_kind: dict[str, dict[int, list[Ref]]] = {}
        for table, key, part, kind, pk in rows.values_list("table", "key", "part", "kind", "object_id"):
            if pk is not None and (table, key, part) in wanted:
                by_kind.setdefault(kind, {}).setdefault(pk, []).append(wanted[table, key, part])
        for kind, by_pk in by_kind.items():
            found = find_kind(kind)
            for pk, values in found.read(by_pk, (column,)).items():
                for ref in by_pk[pk]:
                    self._columns[ref] = found.encode(column, values[column])

    def _forget_deleted(self, kind: str, by_pk: Mapping[int, list[Ref]]) -> None:
        there = set(find_kind(kind).read(by_pk, ()))
        for pk in by_pk.keys() - there:
            for ref in by_pk[pk]:
                self._new[ref] = None


def refs_in(value: Any) -> Iterable[Ref]:
    """Every reference in a value, however deep."""
    if isinstance(value, Ref):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from refs_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from refs_in(item)


def holds_refs(value: Any) -> bool:
    return isinstance(value, Mapping | list | tuple) and any(True for _ in refs_in(value))


def resolved(value: Any, refs: Refs) -> Any:
    """The value with keys of ours in the place of its references, None for those that lead nowhere."""
    if isinstance(value, Ref):
        return refs.get(value)
    if isinstance(value, Mapping):
        return {name: resolved(item, refs) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [resolved(item, refs) for item in value]
    return value


def ref_parts(ref: Ref) -> tuple[str, ...]:
    """What names the reference; three texts, four with a column."""
    return (ref.table, ref.key, ref.part, ref.column) if ref.column else (ref.table, ref.key, ref.part)


def as_template(value: Any) -> Any:
    """The value with its references as JSON can hold them, {"$ref": [table, key, part]}, a column behind."""
    if isinstance(value, Ref):
        return {"$ref": list(ref_parts(value))}
    if isinstance(value, Mapping):
        return {name: as_template(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_template(item) for item in value]
    return value


def from_template(value: Any) -> Any:
    """The inverse of `as_template`."""
    if isinstance(value, Mapping):
        if set(value) == {"$ref"}:
            return Ref(*value["$ref"])
        return {name: from_template(item) for name, item in value.items()}
    if isinstance(value, list):
        return [from_template(item) for item in value]
    return value
