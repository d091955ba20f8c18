"""Taking a run back: exactly what it created or changed, and nothing that was done here since.

In the reverse order of writing, a chunk to a transaction, which also forgets the chunk's imported rows: killed at any
moment and begun again it goes on where it was. What was edited here since, and what something of another origin hangs
on, is listed and kept unless told otherwise; its imported row stays too, so that another run finds it again.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from importers.exceptions import RunError
from importers.kinds import Kind, Policy, find_kind
from importers.models import ImportedRow, ImportRun, LaterChange, Outcome, RunStatus
from importers.services.dependents import KEPT, hanging_on, layers, relations_to, with_those_below
from importers.services.locking import one_import_at_a_time
from importers.services.since import edited_since
from library.models.change import ChangeBatch, ChangeSource
from library.services.changes import close_batch, continue_batch, open_batch

AT_ONCE = 500
# Of what is kept the report lists so much.
MOST_LISTED = 1_000
_ENDED = (RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.CANCELLED)
# (rows dealt with, rows of the run)
OnProgress = Callable[[int, int], None]


@dataclass(slots=True)
class _Taking:
    """A roll-back under way. `report` is kept in the run, with each chunk. `waste` are files of pictures that no row
    names any more once the transaction is committed."""

    run: ImportRun
    batch: ChangeBatch
    is_discarding: bool
    report: dict[str, Any]
    waste: list[tuple[str, str]] = field(default_factory=list)

    def keep(self, row: ImportedRow, why: str, what: str) -> None:
        self.report["kept_count"] += 1
        if len(self.report["kept"]) < MOST_LISTED:
            told = {"table": row.table, "key": row.key, "part": row.part, "title": row.title}
            self.report["kept"].append({**told, "kind": row.kind, "object": row.object_id, "why": why, "what": what})

    def count(self, what: str, number: int = 1) -> None:
        self.report[what] += number


def take_back_run(
    *, run: ImportRun, is_discarding: bool = False, user: Any = None, on_progress: OnProgress | None = None
) -> dict[str, Any]:
    """Takes the run back and returns what became of it: {"restored", "deleted", "kept_count", "kept": [{"table", "key",
    "part", "title", "kind", "object", "why", "what"}]}; `why` is "edited", "changed" (a field that was merged) or
    "needed" (something of another origin hangs on it).

    With `is_discarding` later edits go too, and what hangs on a row that goes. Raises RunError beside another import,
    for a dry run, one that is under way, and one that was taken back already.
    """
    with one_import_at_a_time():
        run.refresh_from_db()
        if run.is_dry_run:
            raise RunError(f"Import {run.pk} was a dry run: it wrote nothing.")
        if run.status == RunStatus.ROLLED_BACK:
            raise RunError(f"Import {run.pk} was taken back already.")
        if run.status not in _ENDED:
            raise RunError(f"Import {run.pk} is under way. Cancel it first.")
        taking = _begin(run, is_discarding, user)
        _empty_waste(taking)
        total = max(run.rows.exclude(reason=KEPT).count(), 1)
        looks = () if is_discarding else (_look,)
        for step in (_undo_later_changes, _undo_merges, *looks, _delete_created):
            while step(taking):
                _empty_waste(taking)
                if on_progress:
                    on_progress(total - min(run.rows.exclude(reason=KEPT).count(), total), total)
        _end(taking)
        if on_progress:
            on_progress(total, total)
    return shown_report(taking.report)


def shown_report(report: Mapping[str, Any]) -> dict[str, Any]:
    """What people and programs are told of a roll-back."""
    return {name: report[name] for name in ("restored", "deleted", "kept_count", "kept")}


def _begin(run: ImportRun, is_discarding: bool, user: Any) -> _Taking:
    """The roll-back that was interrupted, or a new one."""
    report = run.report.get("taken_back")
    batch = ChangeBatch.objects.filter(pk=report["batch"]).first() if report else None
    if report is None or batch is None:
        with transaction.atomic():
            batch = open_batch(
                summary=f"Took back the import from {run.label}", user=user, source=ChangeSource.IMPORT, can_undo=False
            )
            report = {"batch": str(batch.pk), "restored": 0, "deleted": 0, "kept_count": 0, "kept": []}
            report |= {"waste": [], "looked_at": None}
            _save(run, report)
    return _Taking(run, batch, is_discarding, report)


def _save(run: ImportRun, report: Mapping[str, Any]) -> None:
    run.report = {**run.report, "taken_back": dict(report)}
    run.save(update_fields=["report"])


def _end(taking: _Taking) -> None:
    """Rows that were left out are forgotten as well: another run reads them anew."""
    run = taking.run
    with transaction.atomic():
        run.rows.filter(object_id=None).delete()
        close_batch(taking.batch)
        run.status, run.finished_at, run.is_verified = RunStatus.ROLLED_BACK, timezone.now(), None
        run.save(update_fields=["status", "finished_at", "is_verified"])
        _save(run, {**taking.report, "waste": []})


def _empty_waste(taking: _Taking) -> None:
    """Removes files that no row names since the last commit, those of a process that was killed before this one too."""
    for kind, name in taking.report["waste"]:
        model, _, column = kind.rpartition(".")
        storage = find_kind(model).fields[column].storage
        storage.delete(name)


def _chunk(taking: _Taking, rows: Sequence[Any], work: Callable[[Sequence[Any]], None]) -> bool:
    if not rows:
        return False
    with continue_batch(taking.batch):
        taking.waste = []
        work(rows)
        taking.report["waste"] = [list(one) for one in taking.waste]
        _save(taking.run, taking.report)
    return True


def _undo_later_changes(taking: _Taking) -> bool:
    """What the run changed of rows that an earlier one had brought: back to what they said before it."""
    rows = list(taking.run.later_changes.select_related("row").order_by("-pk")[:AT_ONCE])

    def work(laters: Sequence[LaterChange]) -> None:
        for name, group in groupby(laters, key=lambda later: later.row.kind):
            kept = list(group)
            _restore(taking, find_kind(name), [(one.row, one.before, one.written) for one in kept])
        for later in laters:
            row = later.row
            forgotten = {name: value for name, value in row.written.items() if name not in later.written}
            row.written = forgotten | later.previous
            row.digest = later.digest_before
        ImportedRow.objects.bulk_update([later.row for later in laters], ["written", "digest"])
        LaterChange.objects.filter(pk__in=[later.pk for later in laters]).delete()

    return _chunk(taking, rows, work)


def _undo_merges(taking: _Taking) -> bool:
    """What the run changed of rows that were here before it."""
    rows = list(taking.run.rows.filter(outcome=Outcome.MERGED, object_id__isnull=False).order_by("-pk")[:AT_ONCE])

    def work(merged: Sequence[ImportedRow]) -> None:
        for name, group in groupby(merged, key=lambda row: row.kind):
            _restore(taking, find_kind(name), [(row, row.before, row.written) for row in group])
        ImportedRow.objects.filter(pk__in=[row.pk for row in merged]).delete()

    return _chunk(taking, rows, work)


def _restore(
    taking: _Taking, kind: Kind, parts: Sequence[tuple[ImportedRow, Mapping[str, Any], Mapping[str, Any]]]
) -> None:
    """Puts fields back that still say what was written. Several parts may be about one row: the last written first."""
    names = list(dict.fromkeys(name for _, before, _ in parts for name in before))
    current = kind.read({row.object_id for row, _, _ in parts if row.object_id is not None}, names) if names else {}
    changes: dict[int, dict[str, Any]] = {}
    for row, before, written in parts:
        ours = current.get(row.object_id or 0)
        if ours is None:
            continue
        restored = {}
        for name, value in before.items():
            if kind.policies.get(name) is Policy.SUM:
                restored[name] = max((ours[name] or 0) - (written[name] - value), 0)
            elif taking.is_discarding or kind.encode(name, ours[name]) == written.get(name):
                restored[name] = kind.decode(name, value)
                _note_waste(taking, kind, name, ours[name], value)
            else:
                taking.keep(row, "changed", name)
        if restored:
            ours |= restored
            changes.setdefault(row.object_id or 0, {}).update(restored)
            taking.count("restored")
    if changes:
        kind.update(taking.run, changes)


def _look(taking: _Taking) -> bool:
    """Finds what stays, before anything goes: a video that stays keeps its file, which is a part of the same row."""
    waiting = taking.run.rows.filter(outcome=Outcome.CREATED, object_id__isnull=False)
    until = taking.report["looked_at"]
    rows = list((waiting if until is None else waiting.filter(pk__lt=until)).order_by("-pk")[:AT_ONCE])

    def work(created: Sequence[ImportedRow]) -> None:
        for name, group in groupby((row for row in created if row.reason != KEPT), key=lambda row: row.kind):
            found = list(group)
            reasons = _reasons_to_keep(taking.run, find_kind(name), found)
            _keep(taking, [row for row in found if row.pk in reasons], reasons)
        taking.report["looked_at"] = created[-1].pk

    return _chunk(taking, rows, work)


def _keep(taking: _Taking, rows: Sequence[ImportedRow], reasons: Mapping[int, tuple[str, str]]) -> None:
    """Lets the rows stay with all their parts."""
    for row in rows:
        taking.keep(row, *reasons[row.pk])
        if row.part:
            taking.run.rows.filter(pk=row.pk).update(reason=KEPT)
        else:
            made = taking.run.rows.filter(table=row.table, key=row.key, outcome=Outcome.CREATED)
            made.exclude(object_id=None).update(reason=KEPT)


def _delete_created(taking: _Taking) -> bool:
    """What the run made, in the reverse order."""
    waiting = taking.run.rows.filter(outcome=Outcome.CREATED, object_id__isnull=False).exclude(reason=KEPT)
    rows = list(waiting.order_by("-pk")[:AT_ONCE])

    def work(created: Sequence[ImportedRow]) -> None:
        for name, group in groupby(created, key=lambda row: row.kind):
            _delete(taking, find_kind(name), list(group))

    return _chunk(taking, rows, work)


def _delete(taking: _Taking, kind: Kind, rows: Sequence[ImportedRow]) -> None:
    rows = with_those_below(taking.run, kind, rows)
    there = kind.read([row.object_id for row in rows if row.object_id is not None], _file_columns(kind))
    still = [row for row in rows if row.object_id in there]
    kept = {} if taking.is_discarding else _needed(taking.run, kind, still)
    going = [row for row in rows if row.pk not in kept]
    _keep(taking, [row for row in still if row.pk in kept], kept)
    for row in going:
        for name, value in there.get(row.object_id or 0, {}).items():
            _note_waste(taking, kind, name, value, "")
    keys = [row.object_id for row in going if row.object_id in there]
    if keys:
        if taking.is_discarding:
            _let_go(kind, keys)
        for layer in layers(kind, [key for key in keys if key is not None]):
            kind.delete(taking.run, layer)
        taking.count("deleted", len(keys))
    ImportedRow.objects.filter(pk__in=[row.pk for row in going]).delete()


def _reasons_to_keep(run: ImportRun, kind: Kind, rows: Sequence[ImportedRow]) -> dict[int, tuple[str, str]]:
    """Why rows stay: {key of the imported row: (why, what)}."""
    edited = edited_since(kind, rows)
    reasons = {row.pk: ("edited", edited[row.pk]) for row in rows if row.pk in edited}
    return reasons | _needed(run, kind, [row for row in rows if row.pk not in reasons])


def _needed(run: ImportRun, kind: Kind, rows: Sequence[ImportedRow]) -> dict[int, tuple[str, str]]:
    by_object = {row.object_id: row.pk for row in rows if row.object_id is not None}
    return {by_object[pk]: ("needed", what) for pk, what in hanging_on(run, kind, list(by_object)).items()}


def _let_go(kind: Kind, keys: Iterable[int | None]) -> None:
    """What the database protects against the going of these rows goes first."""
    for relation in relations_to(kind.model):
        if relation.on_delete is models.PROTECT:
            manager = relation.related_model._base_manager
            manager.filter(**{f"{relation.field.name}__in": list(keys)}).delete()


def _note_waste(taking: _Taking, kind: Kind, name: str, value: Any, instead: Any) -> None:
    if isinstance(kind.fields[name], models.FileField) and value and str(value) != str(instead):
        taking.waste.append((f"{kind.name}.{name}", str(value)))


def _file_columns(kind: Kind) -> list[str]:
    return [name for name, column in kind.fields.items() if isinstance(column, models.FileField)]
