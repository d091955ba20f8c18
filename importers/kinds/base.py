"""How records of one kind are found, made, merged, compared and taken back; most kinds only set a few tables."""

import json
from base64 import b64encode
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from functools import cached_property
from typing import Any, ClassVar
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.db.models.fields.files import FieldFile

from importers.kinds.copying import copy_rows
from importers.models import ImportRun
from importers.records import Record, Ref


class Policy(Enum):
    """What becomes of a field when the row is there already.

    FILL writes where ours says nothing (None, "", [], {}, the field's default) and else keeps ours, which is a conflict
    when they differ. GAPS is FILL without conflicts. When a record was made is never written to a row that is there.
    OURS never touches what is there and is no conflict. GREATER and LESSER take the greater or lesser of both. NEWEST
    takes theirs when the record is newer by the kind's `moment` field. UNITE adds what is missing to a list. SUM adds
    theirs to ours, and at a later run what theirs grew by.
    """

    FILL = "fill"
    GAPS = "gaps"
    OURS = "ours"
    GREATER = "greater"
    LESSER = "lesser"
    NEWEST = "newest"
    UNITE = "unite"
    SUM = "sum"


@dataclass(slots=True)
class Prepared:
    """A record whose references are resolved: `values` by field name, foreign keys as primary keys of ours.

    What a kind works out on the way goes into `extra`, which is not compared; the engine puts `is_new` there when a
    person said that the record is none of what is there. `notes` are reasons that are counted
    though the record is written (a picture that isn't there), `conflicts` what a person should look at: see
    `ImportedRow.conflicts`.
    """

    table: str
    key: str
    part: str
    values: dict[str, Any]
    title: str = ""
    extra: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    conflicts: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Match:
    """A row of ours that a record is the same as. `how` in words ("same name"), `confidence` 0 to 1."""

    pk: int
    how: str = "same key"
    confidence: float = 1.0


class Kind:
    """One model of ours. A subclass sets the class variables and overrides what is special about it.

    Everything works on many records at once: at most a fixed number of statements for a chunk of rows.
    """

    name: ClassVar[str]
    model: ClassVar[type[models.Model]]
    # The fields that tell two rows apart; the records of a chunk are looked up by them. () is never the same.
    natural_key: ClassVar[tuple[str, ...]] = ()
    # Why two with one natural key are the same.
    how: ClassVar[str] = "same key"
    # Fields that are no foreign key but must say something.
    required: ClassVar[tuple[str, ...]] = ()
    policies: ClassVar[Mapping[str, Policy]] = {}
    default_policy: ClassVar[Policy] = Policy.FILL
    # For Policy.NEWEST.
    moment: ClassVar[str] = ""
    # Foreign keys without which a record can't be written, beyond those that the database asks for.
    needs: ClassVar[tuple[str, ...]] = ()
    # Fields that depend on what was here when the record came: a place in a list, which of several is primary. A
    # verification takes what was written for right, too.
    worked_out: ClassVar[frozenset[str]] = frozenset({"is_primary"})
    # A moment that says since when machines have measured anew what the history ignores of a row.
    measured_at: ClassVar[str] = ""
    # Values that a record may have beyond the model's fields; the kind deals with them itself in `create`.
    extras: ClassVar[tuple[str, ...]] = ()

    def expand(self, run: ImportRun, record: Record, row: Ref) -> tuple[Record, ...]:
        """The records that one of this kind comes to: itself, and what belongs to it as records with parts of their
        own (the file of a video, a person's other names), each of which is traced, compared and taken back by itself.
        The first is the record itself, which `row` stands for; the others are expanded in turn. They are written in the
        order that their references ask for."""
        return (record,)

    def scout(self, run: ImportRun, records: Sequence[Record]) -> None:
        """Looks at the disk for the records, before the transaction begins."""

    def prepare(self, run: ImportRun, records: Sequence[Prepared]) -> Mapping[int, str]:
        """Completes the values (defaults that depend on others, cleaned names) of new and changed records. Returns
        {index: reason} of those that can't be written."""
        return {}

    def identity(self, record: Prepared) -> Hashable | None:
        """What two records have in common that are the same row of ours: the second one joins the first. None for
        records that never are."""
        return self._natural(record.values) if self.natural_key else None

    def find(self, run: ImportRun, records: Sequence[Prepared]) -> dict[int, Match]:
        """The rows of ours that the records are the same as, by index. One statement over the natural key."""
        if not self.natural_key:
            return {}
        wanted: dict[tuple[Any, ...], list[int]] = {}
        for index, record in enumerate(records):
            wanted.setdefault(self._natural(record.values), []).append(index)
        # More than is asked for, in a form that PostgreSQL plans at once: a thousand ORs of pairs take it a second.
        condition = Q()
        for number, column in enumerate(self._columns()):
            known = {key[number] for key in wanted} - {None}
            one = Q(**{f"{column}__any_of": list(known)})
            condition &= one | Q(**{f"{column}__isnull": True}) if any(key[number] is None for key in wanted) else one
        found = self.model._default_manager.filter(condition).order_by("-pk").values_list("pk", *self._columns())
        return {index: Match(pk, self.how) for pk, *key in found for index in wanted.get(tuple(key), ())}

    def merge(self, run: ImportRun, record: Prepared, current: Mapping[str, Any]) -> dict[str, Any]:
        """What is to be written to a row that is there: {field: value}, by the policies. Conflicts go into the record.

        `current` is what it says in the record's fields.
        """
        return self.decide(record, record.values, current)

    def decide(self, record: Prepared, values: Mapping[str, Any], current: Mapping[str, Any]) -> dict[str, Any]:
        """Of these values those that are to be written over what is there, by the policies of their fields."""
        changes = {}
        for name, value in values.items():
            if name in self.extras:
                continue
            chosen = self._chosen(name, current[name], value, record, current)
            if self.encode(name, chosen) != self.encode(name, current[name]):
                changes[name] = chosen
        return changes

    def create(self, run: ImportRun, records: Sequence[Prepared]) -> list[int]:
        """Makes a row of each, in the order given, and returns their keys. Two statements, by COPY: `save()` isn't
        called, so what it derives is for `prepare`."""
        rows = [self.attributes(record.values) for record in records]
        if not isinstance(self.model._meta.pk, models.AutoField | models.BigAutoField):
            made = [self.model(**row) for row in rows]
            self.model._default_manager.bulk_create(made)
            return [int(row.pk) for row in made]
        return copy_rows(self.model, rows)

    def update(self, run: ImportRun, changes: Mapping[int, Mapping[str, Any]]) -> None:
        """Writes {pk: {field: value}} to rows that are there; grouped by the set of fields."""
        by_fields: dict[tuple[str, ...], list[models.Model]] = {}
        for pk, values in changes.items():
            row = self.model(pk=pk, **self.attributes(values))
            by_fields.setdefault(tuple(sorted(values)), []).append(row)
        for names, rows in by_fields.items():
            self.model._default_manager.bulk_update(rows, list(names), batch_size=500)

    def read(self, pks: Iterable[int], names: Sequence[str]) -> dict[int, dict[str, Any]]:
        """What rows of ours say in those fields, by key; a row that is gone isn't in the answer. One statement."""
        columns = [self.fields[name].attname for name in names]
        found = self.model._default_manager.filter(pk__any_of=list(pks)).values_list("pk", *columns)
        return {pk: dict(zip(names, values, strict=True)) for pk, *values in found}

    def delete(self, run: ImportRun, pks: Sequence[int]) -> None:
        """Takes rows away that the importer made, with what belongs to them (files in the storage too)."""
        self.model._default_manager.filter(pk__in=pks).delete()

    def encode(self, name: str, value: Any) -> Any:
        """A value as JSON can hold it, so that two equal values have one form: what the field makes of it first, then
        moments in UTC, decimals as text, vectors as lists."""
        return encode_value(self._as_field(name, value))

    def decode(self, name: str, value: Any) -> Any:
        """The inverse of `encode`."""
        field = self.fields[name]
        return value if value is None or field.is_relation else field.to_python(value)

    def is_same(self, record: Prepared, name: str, ours: Any) -> bool:
        """Whether a field of ours says what the record says, for verifying."""
        return bool(self.encode(name, record.values[name]) == self.encode(name, ours))

    def is_kept_up(self, pk: int, name: str, since: datetime) -> bool:
        """Whether a field of that row of ours, which has another value since then, says the same in another form."""
        return False

    def attributes(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The values as keyword arguments of the model: foreign keys by their columns, extras left out."""
        return {self.fields[name].attname: value for name, value in values.items() if name not in self.extras}

    def _chosen(self, name: str, ours: Any, theirs: Any, record: Prepared, current: Mapping[str, Any]) -> Any:
        policy = self.policies.get(name, self.default_policy)
        if policy is Policy.OURS or theirs is None or name in ("created_at", "updated_at"):
            return ours
        if policy in (Policy.GREATER, Policy.LESSER) and ours is not None:
            return max(ours, theirs) if policy is Policy.GREATER else min(ours, theirs)
        if policy is Policy.SUM:
            return (ours or 0) + theirs
        if policy is Policy.UNITE:
            return [*(ours or ()), *(item for item in theirs if item not in (ours or ()))]
        if policy is Policy.NEWEST and self._is_newer(record.values, current):
            return theirs
        if policy is Policy.NEWEST:
            return ours
        if says_nothing(ours) or self.encode(name, ours) == self.defaults.get(name):
            return theirs
        if policy is Policy.FILL and not says_nothing(theirs) and self.encode(name, ours) != self.encode(name, theirs):
            record.conflicts.append(
                {"what": "value", "field": name, "ours": self.encode(name, ours), "theirs": self.encode(name, theirs)}
            )
        return ours

    def _is_newer(self, theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> bool:
        mine, other = ours.get(self.moment), theirs.get(self.moment)
        return mine is None or (other is not None and other > mine)

    def _as_field(self, name: str, value: Any) -> Any:
        field = self.fields.get(name)
        if value is None or field is None or field.is_relation:
            return value
        value = field.to_python(value)
        if isinstance(field, models.DecimalField) and value is not None:
            return value.quantize(Decimal(1).scaleb(-field.decimal_places))
        return value

    @cached_property
    def required_refs(self) -> frozenset[str]:
        """Foreign keys without which a record can't be written."""
        given = {name for name, field in self.fields.items() if field.is_relation and not field.null}
        return frozenset(given | set(self.needs))

    @cached_property
    def needed(self) -> frozenset[str]:
        """Foreign keys that must be known when a record is written: it can't be found or made without them."""
        return self.required_refs | {name for name in self.natural_key if self.fields[name].is_relation}

    @cached_property
    def fields(self) -> dict[str, Any]:
        """The model's columns by the names of their fields."""
        return {field.name: field for field in self.model._meta.concrete_fields}

    @cached_property
    def defaults(self) -> dict[str, Any]:
        """What fields say when nobody said anything, encoded."""
        return {
            name: self.encode(name, field.get_default())
            for name, field in self.fields.items()
            if field.has_default() and not field.is_relation
        }

    def _columns(self) -> list[str]:
        return [self.fields[name].attname for name in self.natural_key]

    def _natural(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        return tuple(values.get(name) for name in self.natural_key)


def says_nothing(value: Any) -> bool:
    """Whether a field is still free for what somebody else knows."""
    return value is None or value == "" or value == [] or value == {}


def encode_value(value: Any) -> Any:
    """See `Kind.encode`."""
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, FieldFile):
        return value.name or ""
    if isinstance(value, bytes | memoryview):
        return b64encode(bytes(value)).decode()
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, Mapping):
        return {str(name): encode_value(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [encode_value(item) for item in value]
    json.dumps(value)
    return value
