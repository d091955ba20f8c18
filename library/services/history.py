"""Taking changes back."""

from dataclasses import dataclass

from django.db import IntegrityError, connection
from django.db.models import ForeignKey, Model
from django.db.models.functions import Now

from library.exceptions import UndoError
from library.models import ChangeBatch, User, VideoFile
from library.models.change import ChangeSource
from library.naming import RowNames
from library.services.changes import change_batch, current_batch
from library.services.undo.apply import carry_out
from library.services.undo.plan import Conflict, UndoPlan, make_plan, touched_models
from library.services.undo.words import say_conflict, want_names
from library.services.videos import copy_facts

CONFLICTS_TOLD = 200
# Rights that let somebody change rows of a kind.
_CHANGING = ("change", "delete", "trash")
_UNDID, _REDID = "Undid: ", "Did again: "


@dataclass(frozen=True, slots=True)
class UndoReport:
    """What an undo did, or in a preview would do. `batch` is the undo's own batch, None when nothing was changed.

    `row_count` counts rows; `conflicts` says in a sentence each what stays as it is and why, the first
    CONFLICTS_TOLD of `conflict_count`.
    """

    batch: ChangeBatch | None
    row_count: int
    conflicts: list[str]
    conflict_count: int


def preview_undo(*, batch: ChangeBatch) -> UndoReport:
    """What undoing the batch would do now; changes and locks nothing. Raises UndoError as `undo_batch` does."""
    _check(batch)
    return _report(None, make_plan(batch.pk))


# A page's limit is too short for the undo of a bulk edit of a whole library. 0 is none, and a longer one stays.
_STATEMENT_SECONDS = 600
_ALLOW_LONGER = """
SELECT set_config('statement_timeout', greatest(setting::int, 1000 * %s)::text, true)
  FROM pg_settings WHERE name = 'statement_timeout' AND setting::int > 0
"""


def undo_batch(*, batch: ChangeBatch, user: User | None) -> UndoReport:
    """Takes a batch back, as a batch of its own that `undoes` it; undoing that one is the redo.

    Rows that it added are removed, removed ones come back with their ids, and of changed ones those columns are written
    back that still hold the batch's value. What was changed, used or replaced since stays and is reported. When nothing
    is left to take back the batch stays as it was. Raises UndoError for one that is undone already (the second of two
    undos at once too) or can't be.
    """
    if current_batch() is not None:
        raise RuntimeError("An undo is a batch of its own; it can't be a part of another one.")
    try:
        with change_batch(summary=undo_summary(batch), user=user, source=ChangeSource.MANUAL, undoes=batch) as undo:
            with connection.cursor() as cursor:
                cursor.execute(_ALLOW_LONGER, [_STATEMENT_SECONDS])
            # The second of two waits here and then finds it undone.
            _check(ChangeBatch.objects.select_for_update().get(pk=batch.pk))
            plan = make_plan(batch.pk, is_locking=True)
            carry_out(plan)
            _repeat_facts(plan)
            if plan.size:
                _mark_undone(batch)
    except IntegrityError as error:
        sentence = str(error).splitlines()[0]
        raise UndoError(f"It can't be undone any more: the library would contradict itself ({sentence}).") from error
    batch.refresh_from_db()
    return _report(undo if undo.change_count else None, plan)


def may_undo(user: User, batch: ChangeBatch) -> bool:
    """Whether the user may take the batch back: their own while they may still change such things, or anybody's with
    the permission to change changes. Two statements at most."""
    if user.has_perm("library.change_changebatch"):
        return True
    return batch.user_id == user.pk and all(_may_change(user, model) for model in touched_models(batch.pk))


def _may_change(user: User, model: type[Model]) -> bool:
    """Whether the user may change rows of the model, or what they hang on: tags of a video with the video. What
    belongs to users (ratings, markers, searches, and what hangs on those) needs no right."""
    above = [field.related_model for field in model._meta.concrete_fields if isinstance(field, ForeignKey)]
    kinds = [model, *(one for one in above if isinstance(one, type) and one is not User)]
    if any(_belongs_to_users(kind) for kind in kinds):
        return True
    return any(
        user.has_perm(f"{kind._meta.app_label}.{what}_{kind._meta.model_name}") for kind in kinds for what in _CHANGING
    )


def _belongs_to_users(model: type[Model]) -> bool:
    return any(field.name == "user" for field in model._meta.concrete_fields)


def undo_summary(batch: ChangeBatch) -> str:
    """The sentence of the batch's undo: "Undid: Tagged 3 videos", and of the undo of that: "Did again: ..."."""
    if batch.summary.startswith(_UNDID):
        return _REDID + batch.summary.removeprefix(_UNDID)
    return _UNDID + batch.summary.removeprefix(_REDID)


def _check(batch: ChangeBatch) -> None:
    if batch.undone_at is not None:
        raise UndoError("It has been undone already.")
    if not batch.can_undo:
        raise UndoError("This can't be undone.")


def _repeat_facts(plan: UndoPlan) -> None:
    """Where another file is the one that is played now, the video repeats its facts; no history is kept of those."""
    table = plan.tables.get(VideoFile)
    if table is not None:
        # One that changes its video brings its facts from there.
        ids = [pk for pk, columns in table.updates.items() if "is_primary" in columns and "video_id" not in columns]
        for file in VideoFile.objects.filter(pk__in=ids, is_primary=True).order_by("pk").iterator():
            copy_facts(file)


def _mark_undone(batch: ChangeBatch) -> None:
    """The batch no longer holds, so what it undid holds again, and what that one undid doesn't, and so on."""
    is_undone = True
    link: ChangeBatch | None = batch
    while link is not None:
        ChangeBatch.objects.filter(pk=link.pk).update(undone_at=Now() if is_undone else None)
        link, is_undone = link.undoes, not is_undone


def _report(batch: ChangeBatch | None, plan: UndoPlan) -> UndoReport:
    return UndoReport(batch, plan.size, _told(plan.conflicts[:CONFLICTS_TOLD]), len(plan.conflicts))


def _told(conflicts: list[Conflict]) -> list[str]:
    names = RowNames()
    for conflict in conflicts:
        want_names(conflict, names)
    names.load()
    return [say_conflict(conflict, names) for conflict in conflicts]
