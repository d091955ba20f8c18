"""Kinds whose rows are told apart by a name, as the database compares names."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.db import connection

from importers.kinds.base import Kind, Policy, Prepared
from importers.models import ImportRun
from library.models.names import clean_name, name_key


def keys_of(names: Sequence[str]) -> dict[str, str]:
    """What the database compares these (clean) names by; it and Python don't agree on every letter. One statement."""
    if not names:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            r"SELECT name, lower(regexp_replace(trim(normalize(name, NFKC)), '\s+', ' ', 'g'))"
            " FROM unnest(%s::text[]) AS name",
            [list(dict.fromkeys(names))],
        )
        return dict(cursor.fetchall())


class NamedKind(Kind):
    """`name_key` is worked out from the name; a subclass's natural key ends with it."""

    natural_key: ClassVar[tuple[str, ...]] = ("name_key",)
    how = "same name"
    required = ("name",)
    extras = ("name_key",)

    def prepare(self, run: ImportRun, records: Sequence[Prepared]) -> Mapping[int, str]:
        longest = self.fields["name"].max_length
        for record in records:
            record.values["name"] = clean_name(str(record.values.get("name") or ""))[:longest].strip()
        keys = keys_of([record.values["name"] for record in records])
        for record in records:
            record.values["name_key"] = keys[record.values["name"]]
        return {}

    def _chosen(self, name: str, ours: Any, theirs: Any, record: Prepared, current: Mapping[str, Any]) -> Any:
        # Of two spellings ours stays, and a name that the row goes by too is no other.
        if name == "name" and (record.extra.get("goes_by") or name_key(ours) == name_key(theirs)):
            return ours
        return super()._chosen(name, ours, theirs, record, current)


class TrashableKind(NamedKind):
    """One that lies in the trash here comes out of it when the source uses it."""

    def decide(self, record: Prepared, values: Mapping[str, Any], current: Mapping[str, Any]) -> dict[str, Any]:
        changes = super().decide(record, values, current)
        if current.get("trashed_at") is not None and values.get("trashed_at") is None and "trashed_at" in values:
            changes["trashed_at"] = None
        return changes

    def prepare(self, run: ImportRun, records: Sequence[Prepared]) -> Mapping[int, str]:
        for record in records:
            record.values.setdefault("trashed_at", None)
        return super().prepare(run, records)


class AliasKind(NamedKind):
    """Another name of a row, whose foreign key the natural key begins with; its own name is none."""

    default_policy = Policy.OURS

    def prepare(self, run: ImportRun, records: Sequence[Prepared]) -> Mapping[int, str]:
        reasons = dict(super().prepare(run, records))
        owner = self.natural_key[0]
        model = self.fields[owner].related_model
        rows = model._default_manager.filter(pk__in={record.values[owner] for record in records})
        names = dict(rows.values_list("pk", "name_key"))
        for index, record in enumerate(records):
            if names.get(record.values[owner]) == record.values["name_key"]:
                reasons[index] = "duplicate"
        return reasons


def keep_one_primary(kind: Kind, records: Sequence[Prepared], owner: str) -> None:
    """Of the rows of one owner at most one is primary: that which is there already, else the first. One statement."""
    wanting = [record for record in records if record.values.get("is_primary")]
    if not wanting:
        return
    names = [*dict.fromkeys([owner, *(name for name in kind.natural_key if name in kind.fields)])]
    columns = [kind.fields[name].attname for name in names]
    rows = kind.model._default_manager.filter(
        is_primary=True, **{f"{kind.fields[owner].attname}__in": {record.values.get(owner) for record in wanting}}
    )
    primary = {values[0]: tuple(values) for values in rows.values_list(*columns)}
    for record in wanting:
        own = tuple(record.values.get(name) for name in names)
        if primary.setdefault(own[0], own) != own:
            record.values["is_primary"] = False
