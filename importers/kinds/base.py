"""How records of one kind are found, made, merged, compared and taken back; most kinds only set a few tables."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, ClassVar
from uuid import UUID

from django.db import models
from django.db.models import Q

from importers.models import ImportRun


class Policy(Enum):
    """What becomes of a field when the row is there already.

    FILL writes where ours says nothing (None, "", [], {}) and else keeps ours, which is a conflict when they differ.
    OURS never touches what is there and is no conflict. GREATER and LESSER take the greater or lesser of both. NEWEST
    takes theirs when the record is newer by the kind's `moment` field. UNITE adds what is missing to a list.
    """

    FILL = "fill"
    OURS = "ours"
    GREATER = "greater"
    LESSER = "lesser"
    NEWEST = "newest"
    UNITE = "unite"


@dataclass(slots=True)
class Prepared:
    """A record whose references are resolved: `values` by field name, foreign keys as primary keys of ours.

    `mtimes` and the like that a kind works out on the way go into `extra`, which is not compared.
    """

    table: str
    key: str
    part: str
    values: dict[str, Any]
    title: str = ""
    extra: dict[str, Any] = field(default_factory=dict)


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
    # Fields that are no foreign key of the record but must be there.
    required: ClassVar[tuple[str, ...]] = ()
    policies: ClassVar[Mapping[str, Policy]] = {}
    default_policy: ClassVar[Policy] = Policy.FILL
    # For Policy.NEWEST.
    moment: ClassVar[str] = ""
    # Values that a record may have beyond the model's fields; the kind deals with them itself in `create`.
    extras: ClassVar[tuple[str, ...]] = ()

    def prepare(self, run: ImportRun, records: Sequence[Prepared]) -> Mapping[int, str]:
        """Completes the values (defaults that depend on others, cleaned names). Returns {index: reason} of records
        that can't be written."""
        return {}

    def find(self, run: ImportRun, records: Sequence[Prepared]) -> dict[int, Match]:
        """The rows of ours that the records are the same as, by index. One statement over the natural key."""
        if not self.natural_key:
            return {}
        wanted = {self._natural(record.values): index for index, record in reversed(list(enumerate(records)))}
        condition = Q()
        for values in wanted:
            condition |= Q(
                **{
                    (name if value is not None else f"{name}__isnull"): (value if value is not None else True)
                    for name, value in zip(self._columns(), values, strict=True)
                }
            )
        found = self.model._default_manager.filter(condition).values_list("pk", *self._columns())
        return {wanted[tuple(key)]: Match(pk) for pk, *key in found if tuple(key) in wanted}

    def create(self, run: ImportRun, records: Sequence[Prepared]) -> list[int]:
        """Makes a row of each, in the order given, and returns their keys. One statement."""
        rows = [self.model(**self.attributes(record.values)) for record in records]
        self.model._default_manager.bulk_create(rows)
        return [int(row.pk) for row in rows]

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
        columns = [self.model._meta.get_field(name).attname for name in names]  # type: ignore[union-attr]
        found = self.model._default_manager.filter(pk__in=list(pks)).values_list("pk", *columns)
        return {pk: dict(zip(names, values, strict=True)) for pk, *values in found}

    def delete(self, run: ImportRun, pks: Sequence[int]) -> None:
        """Takes rows away that the importer made, with what belongs to them (files in the storage too)."""
        self.model._default_manager.filter(pk__in=pks).delete()

    def encode(self, name: str, value: Any) -> Any:
        """A value as JSON can hold it, so that two equal values have one form: moments in UTC, decimals as text,
        fields' own preparation first (a CharField's None, a FloatField's int)."""
        return encode_value(value)

    def attributes(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The values as keyword arguments of the model: foreign keys by their columns, extras left out."""
        return {
            self.model._meta.get_field(name).attname: value  # type: ignore[union-attr]
            for name, value in values.items()
            if name not in self.extras
        }

    def _columns(self) -> list[str]:
        return [self.model._meta.get_field(name).attname for name in self.natural_key]  # type: ignore[union-attr]

    def _natural(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        return tuple(values.get(name) for name in self.natural_key)


def encode_value(value: Any) -> Any:
    """See `Kind.encode`."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Mapping):
        return {str(name): encode_value(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [encode_value(item) for item in value]
    json.dumps(value)
    return value
