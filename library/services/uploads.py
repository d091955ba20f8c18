"""Which uploaded pictures somebody can still see: those that rows show, and those that an undo could bring back."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.core.files.storage import Storage, default_storage
from django.db.models import Model
from django.utils import timezone

from library.models.picture import PictureField
from library.models.tracking import tracked_models
from library.services.changes import events_of
from library.services.sweeping import StoredKind

# A picture that was taken off longer ago than this can't be brought back by an undo.
KEPT_DAYS = 90

Column = tuple[type[Model], str]


def upload_kinds(*, kept_days: int = KEPT_DAYS) -> list[StoredKind]:
    """One kind for each folder that picture columns write to, of all apps."""
    folders: dict[str, list[Column]] = {}
    for model, column in _picture_columns():
        field: Any = model._meta.get_field(column)
        folders.setdefault(str(field.upload_to).rstrip("/"), []).append((model, column))
    return [
        StoredKind(f"Chosen pictures ({folder})", _storage, folder, _owner(columns, kept_days))
        for folder, columns in sorted(folders.items())
    ]


def _storage() -> Storage:
    return default_storage


def _owner(columns: Sequence[Column], kept_days: int) -> Any:
    def owned(names: Sequence[str]) -> set[str]:
        since = timezone.now() - timedelta(days=kept_days)
        return {name for model, column in columns for name in _named(model, column, names, since)}

    return owned


def _picture_columns() -> Iterator[Column]:
    for model in apps.get_models():
        if not hasattr(model, "pgh_tracked_model"):
            yield from ((model, field.name) for field in model._meta.local_fields if isinstance(field, PictureField))


def _named(model: type[Model], column: str, names: Sequence[str], since: Any) -> Iterator[str]:
    """Those of the pictures that rows of the model show, and those that its history of late speaks of."""
    wanted = {f"{column}__in": names}
    yield from model._default_manager.filter(**wanted).values_list(column, flat=True)
    if model in tracked_models():
        events = events_of(model).filter(pgh_created_at__gte=since, **wanted)
        yield from events.values_list(column, flat=True).distinct().order_by(column)
