"""Removing pictures that nobody shows any more and no undo can bring back."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.core.files.storage import default_storage
from django.db.models import Model
from django.utils import timezone

from library.models.picture import PictureField
from library.models.tracking import tracked_models
from library.services.changes import events_of

# A picture that was taken off longer ago than this can't be brought back by an undo.
KEPT_DAYS = 90
# A file without a row may belong to a form that is being saved right now.
_YOUNGEST = timedelta(days=1)


def remove_unreferenced_uploads(*, kept_days: int = KEPT_DAYS) -> int:
    """Deletes uploaded pictures that no row names and no change of the last `kept_days` did; returns how many.

    Looks only into the folders that picture columns write to. The scheduler calls it once a day.
    """
    columns = list(_picture_columns())
    since = timezone.now() - timedelta(days=kept_days)
    wanted = {name for model, column in columns for name in _names(model, column, since)}
    removed = 0
    for folder in {str(model._meta.get_field(column).upload_to) for model, column in columns}:  # type: ignore[union-attr]
        for name in _files_in(folder):
            if name not in wanted and default_storage.get_modified_time(name) < timezone.now() - _YOUNGEST:
                default_storage.delete(name)
                removed += 1
    return removed


def _picture_columns() -> Iterator[tuple[type[Model], str]]:
    for model in apps.get_models():
        if not hasattr(model, "pgh_tracked_model"):
            yield from ((model, field.name) for field in model._meta.local_fields if isinstance(field, PictureField))


def _names(model: type[Model], column: str, since: Any) -> Iterator[str]:
    """Pictures that rows of the model show, and those that its history of late speaks of."""
    yield from model._default_manager.exclude(**{column: ""}).values_list(column, flat=True).iterator()
    if model in tracked_models():
        events = events_of(model).filter(pgh_created_at__gte=since).exclude(**{column: ""})
        yield from events.values_list(column, flat=True).distinct().order_by(column)


def _files_in(folder: str) -> list[str]:
    try:
        _, names = default_storage.listdir(folder)
    except FileNotFoundError:
        return []
    return [f"{folder.rstrip('/')}/{name}" for name in names]
