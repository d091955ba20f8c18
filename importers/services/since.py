"""What was done here with rows since an importer wrote them."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from importers.kinds import Kind, Policy
from importers.models import ImportedRow
from library.models import ChangeBatch
from library.models.change import ChangeSource
from library.models.tracking import ignored_columns, tracked_models
from library.services.changes import events_of


def machine_columns(kind: Kind) -> frozenset[str]:
    """Fields that machines write all the time and the history ignores."""
    if kind.model not in tracked_models():
        return frozenset({"updated_at"})
    columns = ignored_columns(kind.model)
    return frozenset(name for name, column in kind.fields.items() if column.column in columns)


def edited_since(kind: Kind, rows: Sequence[ImportedRow]) -> dict[int, str]:
    """Which of these rows say something else than was written, or have been changed since by somebody or something
    else than an import: {key of the imported row: the first such field, or the change's summary}."""
    machine = machine_columns(kind)
    names = list(dict.fromkeys(name for row in rows for name in row.written if name in kind.fields))
    current = kind.read([row.object_id for row in rows if row.object_id is not None], names)
    by_others = changed_by_others(kind, current)
    found = {}
    for row in rows:
        ours = current.get(row.object_id or 0)
        if ours is None:
            continue
        if row.object_id in by_others:
            found[row.pk] = by_others[row.object_id]
            continue
        for name, value in row.written.items():
            if name in machine or name not in ours or kind.encode(name, ours[name]) == value:
                continue
            if kind.is_kept_up(row.object_id or 0, name, row.created_at):
                continue
            if not is_of_another_row(kind, row, name):
                found[row.pk] = name
                break
    return found


def changed_by_others(kind: Kind, pks: Iterable[int]) -> dict[int, str]:
    """Rows of a tracked table that were changed outside of imports: {key: summary of the last such change, or that
    it was none of a batch}. Two statements."""
    if kind.model not in tracked_models():
        return {}
    events = events_of(kind.model).filter(pgh_obj_id__in=list(pks), pgh_label="update")
    found: list[tuple[int, UUID | None]] = list(events.values_list("pgh_obj_id", "pgh_context_id"))
    batches = ChangeBatch.objects.in_bulk({context for _, context in found if context is not None})
    told: dict[UUID | None, str] = {pk: batch.summary for pk, batch in batches.items()}
    ours = {pk for pk, batch in batches.items() if batch.source == ChangeSource.IMPORT}
    return {pk: told.get(context, "a change without a batch") for pk, context in found if context not in ours}


def is_of_another_row(kind: Kind, row: ImportedRow, name: str) -> bool:
    """Whether another row of a source was merged into it after this one: what was here before that is what this one
    wrote."""
    if kind.policies.get(name) is Policy.SUM:
        others = ImportedRow.objects.filter(kind=kind.name, object_id=row.object_id).exclude(pk=row.pk)
        return others.filter(before__has_key=name).exists()
    others = ImportedRow.objects.filter(kind=kind.name, object_id=row.object_id, pk__gt=row.pk)
    return others.filter(**{f"before__{name}": row.written[name]}).exists()
