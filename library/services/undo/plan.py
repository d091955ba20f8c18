"""What taking a batch back would do to each row, and what stands in its way. Reads only.

Rows are dicts of column names and JSON values, as `to_jsonb` gives them: equal values are equal JSON, and
`jsonb_populate_recordset` makes rows of them again. Of a row that the batch touched several times only its first and
its last state count.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import CASCADE, SET_NULL, GeneratedField, Model

from library.models.tracking import ignored_columns, tracked_models
from library.naming import Row, foreign_keys, target_of
from library.services.undo.uniqueness import UniqueIndex, find_holders, unique_indexes

Table = type[Model]
_OWN_COLUMNS = {"created_at", "updated_at"}


@dataclass(frozen=True, slots=True)
class Conflict:
    """Why something of a row stays as it is. `column` is empty when it is the whole row.

    `reason`: changed (since; `value` is what is there now), used (by newer rows of `other`), orphan (what it belonged
    to, row `value` of `other`, is gone), taken (row `value` of its own table has its place), gone, back (it is there
    already).
    """

    model: Table
    row: Row
    reason: str
    column: str = ""
    other: Table | None = None
    value: Any = None


@dataclass(slots=True)
class TablePlan:
    """What is to be done to one table. Keys are primary keys; rows hold every column but generated ones."""

    model: Table
    deletes: dict[Any, Row] = field(default_factory=dict)
    inserts: dict[Any, Row] = field(default_factory=dict)
    # Only the columns that are written back; `current` has the whole rows as they are.
    updates: dict[Any, Row] = field(default_factory=dict)
    current: dict[Any, Row] = field(default_factory=dict)
    # Updates that take places which other updates leave: done by removing the rows and adding them again.
    swaps: set[Any] = field(default_factory=set)

    def target(self, pk: Any) -> Row:
        """The row as it shall be."""
        return self.inserts[pk] if pk in self.inserts else {**self.current[pk], **self.updates[pk]}

    @property
    def size(self) -> int:
        return len(self.deletes) + len(self.inserts) + len(self.updates)


@dataclass(slots=True)
class UndoPlan:
    """Tables in the order of `tracked_models`, only those with something to do."""

    tables: dict[Table, TablePlan]
    conflicts: list[Conflict]

    @property
    def size(self) -> int:
        """How many rows would be changed."""
        return sum(table.size for table in self.tables.values())


def make_plan(batch_id: UUID, *, is_locking: bool = False) -> UndoPlan:
    """What undoing the batch would do now. `is_locking` holds its rows until the transaction ends.

    A few statements for each table that the batch touched, whatever the number of rows.
    """
    plan = UndoPlan({}, [])
    touched = touched_models(batch_id)
    if is_locking:
        for model in touched:
            _lock(model, batch_id)
    for model in touched:
        plan.tables[model] = _first_sight(model, batch_id, plan.conflicts)
    _Obstacles(plan).remove()
    plan.tables = {model: table for model, table in plan.tables.items() if table.size}
    return plan


def touched_models(batch_id: UUID) -> list[Table]:
    """The tracked models of which the batch changed rows. One statement."""
    models = tracked_models()
    parts = [
        f"SELECT {number} WHERE EXISTS (SELECT FROM {_events(model)} WHERE pgh_context_id = %(batch)s)"
        for number, model in enumerate(models)
    ]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), {"batch": batch_id})
        return [models[number] for (number,) in sorted(cursor.fetchall())]


def stored_columns(model: Table) -> list[str]:
    """Every column that is written, so no generated ones."""
    return [f.column for f in model._meta.concrete_fields if not isinstance(f, GeneratedField)]


def curated_columns(model: Table) -> set[str]:
    """The columns that people write: neither keys and times nor those that machines keep."""
    return set(stored_columns(model)) - ignored_columns(model) - _OWN_COLUMNS - {_pk(model)}


def parts_of(model: Table) -> list[tuple[Table, str]]:
    """(model, name of its key) of what machines keep about a row, one to one: it goes with the row."""
    return [(relation.related_model, relation.field.name) for relation in _relations(model) if _is_part(relation)]


def _first_sight(model: Table, batch_id: UUID, conflicts: list[Conflict]) -> TablePlan:
    """What the rows themselves say, without a look at their neighbours."""
    table = TablePlan(model)
    curated = curated_columns(model)
    for pk, before, after, current in net_changes(model, batch_id):
        if current is not None:
            table.current[pk] = current
        if before is None and after is not None:
            if current is None:
                continue
            if all(current[column] == after[column] for column in curated):
                table.deletes[pk] = current
            else:
                conflicts.append(Conflict(model, current, "changed"))
        elif before is not None and after is None:
            if current is None:
                table.inserts[pk] = before
            else:
                conflicts.append(Conflict(model, before, "back"))
        elif before is not None and after is not None:
            changed = {column for column in curated if before[column] != after[column]}
            if current is None:
                conflicts.extend([Conflict(model, before, "gone")] if changed else [])
                continue
            back = {column: before[column] for column in changed if current[column] == after[column]}
            lost = [c for c in sorted(changed - back.keys()) if current[c] != before[c]]
            conflicts.extend(Conflict(model, current, "changed", column, value=current[column]) for column in lost)
            if back:
                table.updates[pk] = back
    return table


def net_changes(
    model: Table, batch_id: UUID, *, limit: int | None = None, offset: int = 0
) -> Iterator[tuple[Any, Row | None, Row | None, Row | None]]:
    """(id, row before the batch, row after it, row now) in the order of ids; None where there was or is none."""
    events, table, pk = _events(model), _quote(model._meta.db_table), _quote(_pk(model))
    # Grouped and not joined: a batch that is not in the statistics yet would be taken for one row and joined by loops.
    ends = ", ".join(
        f"(array_agg({value} ORDER BY pgh_id {order}))[1] AS {name}_{value}"
        for name, order in (("first", "ASC"), ("last", "DESC"))
        for value in ("label", "row")
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT net.id, first_label, first_row, last_label, last_row, to_jsonb(now) FROM ("
            f"SELECT id, {ends} FROM ("
            f"SELECT pgh_obj_id AS id, pgh_id, pgh_label AS label, to_jsonb(event) AS row FROM {events} AS event"
            f" WHERE pgh_context_id = %(batch)s) AS events"
            f" GROUP BY id ORDER BY id LIMIT %(limit)s OFFSET %(offset)s) AS net"
            f" LEFT JOIN {table} AS now ON now.{pk} = net.id ORDER BY net.id",
            {"batch": batch_id, "limit": limit, "offset": offset},
        )
        rows = cursor.fetchall()
    columns = stored_columns(model)
    for key, first_label, first, last_label, last, now in rows:
        before = None if first_label == "insert" else _row(first, columns)
        after = None if last_label == "delete" else _row(last, columns)
        yield key, before, after, _row(now, columns) if now else None


def _lock(model: Table, batch_id: UUID) -> None:
    table, pk = _quote(model._meta.db_table), _quote(_pk(model))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT FROM {table} WHERE {pk} IN (SELECT pgh_obj_id FROM {_events(model)} WHERE pgh_context_id = %s)"
            f" ORDER BY {pk} FOR UPDATE",
            [batch_id],
        )


class _Obstacles:
    """Takes out of a plan what its neighbours don't allow, again and again until nothing is left to take out: a row
    that stays may be what another one stumbles over."""

    def __init__(self, plan: UndoPlan) -> None:
        self.plan = plan
        self.existing: dict[Table, set[Any]] = {}
        self.referrers = {model: _referrers(table) for model, table in plan.tables.items() if table.deletes}
        self.indexes = {model: unique_indexes(model) for model, table in plan.tables.items() if _fills(table)}
        self._find_targets()

    def remove(self) -> None:
        is_settled = False
        while not is_settled:
            is_settled = not (self._keep_used() or self._leave_orphans() or self._leave_taken())

    def _find_targets(self) -> None:
        """Which of the rows that foreign keys shall point to are there; one statement for each table pointed to."""
        wanted: dict[Table, set[Any]] = defaultdict(set)
        for model, table in self.plan.tables.items():
            for key in foreign_keys(model):
                rows = [*table.inserts.values(), *table.updates.values()]
                wanted[target_of(key)].update(row[key.column] for row in rows if row.get(key.column) is not None)
        for target, ids in wanted.items():
            if ids:
                self.existing[target] = set(target._base_manager.filter(pk__in=ids).values_list("pk", flat=True))

    def _is_there(self, target: Table, pk: Any) -> bool:
        table = self.plan.tables.get(target)
        if table and (pk in table.inserts or pk in table.deletes):
            return pk in table.inserts
        return pk in self.existing.get(target, ())

    def _keep_used(self) -> bool:
        """Rows that the batch added stay when rows that stay point to them."""
        kept = False
        for model, found in self.referrers.items():
            table = self.plan.tables[model]
            for other, column, pk, pointed in found:
                if pointed not in table.deletes or self._lets_go(other, column, pk, pointed):
                    continue
                self.plan.conflicts.append(Conflict(model, table.deletes.pop(pointed), "used", other=other))
                kept = True
        return kept

    def _lets_go(self, other: Table, column: str, pk: Any, pointed: Any) -> bool:
        table = self.plan.tables.get(other)
        if table is None:
            return False
        return pk in table.deletes or table.updates.get(pk, {}).get(column, pointed) != pointed

    def _leave_orphans(self) -> bool:
        """What belonged to something that is gone doesn't come back; what merely pointed to it comes without."""
        dropped = False
        for model, table in self.plan.tables.items():
            for key in foreign_keys(model):
                target, column = target_of(key), key.column
                for rows in (table.inserts, table.updates):
                    lost = [
                        pk
                        for pk, row in rows.items()
                        if row.get(column) is not None and not self._is_there(target, row[column])
                    ]
                    for pk in lost:
                        dropped = True
                        row = table.target(pk)
                        self.plan.conflicts.append(Conflict(model, row, "orphan", column, target, row[column]))
                        if rows is table.updates:
                            _forget(table, pk, {column})
                        elif key.remote_field.on_delete is SET_NULL:
                            table.inserts[pk] = {**row, column: None}
                        else:
                            del table.inserts[pk]
        return dropped

    def _leave_taken(self) -> bool:
        """What is unique and has been given to another row meanwhile stays there."""
        dropped = False
        for model, indexes in self.indexes.items():
            table = self.plan.tables[model]
            for index in indexes:
                table_dropped = self._leave_taken_of(table, index)
                dropped = dropped or table_dropped
        return dropped

    def _leave_taken_of(self, table: TablePlan, index: UniqueIndex) -> bool:
        moving = [pk for pk, row in table.updates.items() if index.columns & row.keys()]
        rows = [table.target(pk) for pk in (*table.inserts, *moving)]
        if not rows:
            return False
        dropped = False
        for pk, holder in find_holders(table.model, index, rows, without=list(table.deletes)):
            if holder in table.updates and index.columns & table.updates[holder].keys():
                # The holder makes way. Rows that come back are added after all updates; updates must swap.
                if pk in table.updates and not index.is_deferrable:
                    table.swaps |= {pk, holder}
                continue
            if pk not in table.inserts and pk not in table.updates:
                continue
            dropped = True
            self.plan.conflicts.append(Conflict(table.model, table.target(pk), "taken", value=holder))
            if pk in table.inserts:
                del table.inserts[pk]
            else:
                _forget(table, pk, index.columns)
        return dropped


def _forget(table: TablePlan, pk: Any, columns: Iterable[str]) -> None:
    """These columns of the row are not written back."""
    for column in columns:
        table.updates[pk].pop(column, None)
    if not table.updates[pk]:
        del table.updates[pk]
        table.swaps.discard(pk)


def _fills(table: TablePlan) -> bool:
    return bool(table.inserts or table.updates)


def _referrers(table: TablePlan) -> list[tuple[Table, str, Any, Any]]:
    """(model, column, its id, id pointed to) of the rows that point to rows which shall go. A statement for each
    foreign key to the table."""
    found = []
    for relation in _relations(table.model):
        key, other = relation.field, relation.related_model
        if _is_part(relation) or not key.db_constraint:
            continue
        rows = other._base_manager.filter(**{f"{key.name}__in": list(table.deletes)})
        found += [(other, key.column, pk, pointed) for pk, pointed in rows.values_list("pk", key.attname)]
    return found


def _is_part(relation: Any) -> bool:
    is_owned = relation.one_to_one and relation.on_delete is CASCADE
    return bool(is_owned and relation.related_model not in tracked_models())


def _relations(model: Table) -> list[Any]:
    """The foreign keys of other tables (and of its own) that point to the model."""
    return [
        f for f in model._meta.get_fields(include_hidden=True) if f.auto_created and (f.one_to_many or f.one_to_one)
    ]


def _row(raw: str, columns: list[str]) -> Row:
    values = json.loads(raw)
    return {column: values[column] for column in columns}


def _events(model: Table) -> str:
    return _quote(model.pgh_event_model._meta.db_table)  # type: ignore[attr-defined]


def _pk(model: Table) -> str:
    return model._meta.pk.column


def _quote(name: str) -> str:
    return connection.ops.quote_name(name)
