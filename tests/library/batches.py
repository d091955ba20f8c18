"""A proof for pages and services that write curated rows."""

from collections.abc import Iterator
from contextlib import contextmanager

from library.models import ChangeBatch
from library.models.tracking import tracked_models
from library.services.changes import events_of


@contextmanager
def nothing_outside_batches() -> Iterator[None]:
    """Fails when the block changes a row of a tracked table outside a change batch, however it does it."""
    start = {model: getattr(events_of(model).last(), "pgh_id", 0) for model in tracked_models()}
    yield
    loose = [
        f"{model._meta.label}: {event.pgh_label} of {event.pgh_obj_id}"
        for model in tracked_models()
        for event in events_of(model).filter(pgh_id__gt=start[model])
        if not ChangeBatch.objects.filter(pk=event.pgh_context_id).exists()
    ]
    assert not loose, loose
