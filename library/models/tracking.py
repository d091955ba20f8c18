"""Which tables keep their history, and what of it.

Every change of a tracked row becomes rows of its event table, written by triggers (so bulk writes and SQL count):
`insert` and `delete` with the row as it was, an update as two, `before` and `update`. An event's `pgh_context_id` is
the id of the `ChangeBatch` that it belongs to; undo needs nothing else.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

import pghistory
import pgtrigger
from django.db import models

_Model = TypeVar("_Model", bound=type[models.Model])
# Set by pghistory for each statement that is executed within a context; `change_batch` puts its id there.
_IN_A_BATCH = "NULLIF(CURRENT_SETTING('pghistory.context_metadata', TRUE), '')::JSONB ? 'batch'"
_TRACKED: dict[type[models.Model], frozenset[str]] = {}


class _InABatch(pgtrigger.Condition):
    """A condition that also asks for an open batch."""

    def __init__(self, also: pgtrigger.Condition | None = None) -> None:
        self.also = also

    def resolve(self, model: type[models.Model]) -> str:
        # Starts with a bracket and ends with its partner: pgtrigger adds none then.
        inner: str = f"({self.also.resolve(model)}) AND " if self.also else ""  # type: ignore[no-untyped-call]
        return f"({inner}{_IN_A_BATCH})"


def tracked(*, ignoring: Sequence[str] = (), only_in_batches: bool = False) -> Callable[[_Model], _Model]:
    """Class decorator: the model's rows keep their history.

    A change of nothing but `ignoring` (machine-written columns) and `updated_at` is no event. With `only_in_batches`,
    changes outside a batch are none either: for tables that machines write all the time and people through a merge.
    """

    def decorate(model: _Model) -> _Model:
        generated = [f.name for f in model._meta.local_fields if isinstance(f, models.GeneratedField)]
        ignored = [*ignoring, *generated, "updated_at"]
        changed: pgtrigger.Condition = pgtrigger.AnyChange(exclude=ignored)
        any_row: pgtrigger.Condition | None = None
        if only_in_batches:
            any_row, changed = _InABatch(), _InABatch(changed)
        names = {*ignoring, "updated_at"}
        _TRACKED[model] = frozenset(str(f.column) for f in model._meta.concrete_fields if f.name in names)
        track = pghistory.track(
            pghistory.InsertEvent("insert", condition=any_row),
            pghistory.UpdateEvent("before", row=pghistory.Old, condition=changed),
            pghistory.UpdateEvent("update", condition=changed),
            pghistory.DeleteEvent("delete", condition=any_row),
            exclude=generated,
            append_only=True,
        )
        return track(model)  # type: ignore[no-any-return]

    return decorate


def tracked_models() -> list[type[models.Model]]:
    """Every tracked model, those that others point to first."""
    return list(_TRACKED)


def ignored_columns(model: type[models.Model]) -> frozenset[str]:
    """The columns of a tracked model that machines write: no history is made of them, and an undo leaves them alone."""
    return _TRACKED[model]
