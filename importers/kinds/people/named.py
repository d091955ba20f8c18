"""People and studios: found by name, told apart by disambiguation."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, ClassVar

from django.db import models

from importers.kinds.base import Match, Prepared
from importers.kinds.naming import TrashableKind
from importers.models import ImportRun
from library.models.names import clean_name

_BY_NAME, _BY_ALIAS = 0.9, 0.7


class DisambiguatedKind(TrashableKind):
    """One row of the name, in use before those in the trash, is taken for the same, else one that goes by the name too.

    Where several are left, or what is known of both can't be of one (`telling`), the record becomes a row of its own
    with a disambiguation that names where it came from, and a conflict lists the others: a person decides, and the
    next run follows (`decisions`).
    """

    alias_model: ClassVar[type[models.Model]]
    # Of which table the aliases are: a column of them.
    alias_owner: ClassVar[str]
    # Fields that are the same for one person all their life.
    telling: ClassVar[tuple[str, ...]] = ()
    worked_out = frozenset({"disambiguation"})

    def prepare(self, run: ImportRun, records: Sequence[Prepared]) -> Mapping[int, str]:
        for record in records:
            record.values["disambiguation"] = clean_name(str(record.values.get("disambiguation") or ""))[:200].strip()
        reasons = super().prepare(run, records)
        for record in records:
            if record.extra.get("is_new"):
                self._set_apart(run, record)
        return reasons

    def identity(self, record: Prepared) -> Hashable | None:
        return record.values["name_key"], record.values["disambiguation"].lower()

    def find(self, run: ImportRun, records: Sequence[Prepared]) -> dict[int, Match]:
        rows = self._rows({record.values["name_key"] for record in records})
        by_alias = self._by_alias({record.values["name_key"] for record in records} - rows.keys())
        found = {}
        for index, record in enumerate(records):
            key, said = record.values["name_key"], record.values["disambiguation"].lower()
            named = rows.get(key, [])
            if said:
                same = [row for row in named if row["disambiguation"].lower() == said]
                if same:
                    found[index] = Match(same[0]["pk"], "same name and disambiguation")
                continue
            candidates = _in_use(named) or named or by_alias.get(key, [])
            fitting = [row for row in candidates if self._may_be(record, row)]
            if len(candidates) == len(fitting) == 1:
                how = ("same name", _BY_NAME) if named else ("goes by that name too", _BY_ALIAS)
                record.extra["goes_by"] = not named
                found[index] = Match(fitting[0]["pk"], *how)
            elif candidates:
                self._leave_open(run, record, [row["pk"] for row in candidates], bool(named))
        return found

    def _rows(self, keys: set[str]) -> dict[str, list[dict[str, Any]]]:
        rows = self.model._default_manager.filter(name_key__in=keys).order_by("pk")
        by_key: dict[str, list[dict[str, Any]]] = {}
        for row in rows.values("pk", "name_key", "disambiguation", "trashed_at", *self.telling):
            by_key.setdefault(row["name_key"], []).append(row)
        return by_key

    def _by_alias(self, keys: set[str]) -> dict[str, list[dict[str, Any]]]:
        if not keys:
            return {}
        owner = self.alias_owner
        columns = {f"{owner}__{name}": name for name in ("pk", "disambiguation", "trashed_at", *self.telling)}
        rows = self.alias_model._default_manager.filter(name_key__in=keys, **{f"{owner}__trashed_at": None})
        by_key: dict[str, list[dict[str, Any]]] = {}
        for row in rows.order_by(owner).values("name_key", *columns):
            by_key.setdefault(row["name_key"], []).append({name: row[column] for column, name in columns.items()})
        return by_key

    def _may_be(self, record: Prepared, row: Mapping[str, Any]) -> bool:
        pairs = [(record.values.get(name), row[name]) for name in self.telling]
        return all(not theirs or not ours or theirs == ours for theirs, ours in pairs)

    def _leave_open(self, run: ImportRun, record: Prepared, candidates: list[int], is_same_name: bool) -> None:
        record.conflicts.append({"what": "name", "field": "name", "candidates": candidates})
        if is_same_name:
            self._set_apart(run, record)

    @staticmethod
    def _set_apart(run: ImportRun, record: Prepared) -> None:
        """The same for each run of this row, and no other's."""
        record.values["disambiguation"] = record.values["disambiguation"] or f"{run.system} {record.key}"[:200]


def _in_use(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in rows if row["trashed_at"] is None]
