"""What a person does to queues: pause, resume, limit, keep quiet. It counts from the next claim on."""

from collections.abc import Iterable
from datetime import time
from typing import Any

from django.conf import settings
from django.db import transaction

from processing.models import QueueControl
from processing.services.bell import forget_workers, living_workers, ring_on_commit

_WHOLE_QUEUE = 1000


def pause_queues(*, queues: Iterable[str] | None = None) -> int:
    """Nothing new is begun from these queues (None: all); what runs ends. Returns how many were not paused before."""
    return _set_paused(queues, True)


def resume_queues(*, queues: Iterable[str] | None = None) -> int:
    """Work from these queues (None: all) begins again at once. Returns how many were paused before."""
    return _set_paused(queues, False)


def set_queue_limits(
    *, queue: str, concurrency: int | None, quiet_from: time | None = None, quiet_until: time | None = None
) -> QueueControl:
    """Sets how many jobs of the queue run at once on all workers (None: as many as there are workers) and its quiet
    hours. What runs above a lowered number ends first. Raises ValidationError."""
    return _save(queue, concurrency=concurrency, quiet_from=quiet_from, quiet_until=quiet_until)


def why_no_more(queue: str, concurrency: int | None) -> str:
    """Why no more jobs of the queue run at once although they may, as a sentence; empty when the number is reached."""
    forget_workers()
    alive = living_workers().get(queue, 0)
    if concurrency is None or concurrency <= alive:
        return ""
    name = f"{queue.upper()}_WORKERS"
    here = f"start Videothek with VIDEOTHEK_{name}={concurrency}, or " if hasattr(settings, name) else ""
    return (
        f"The queue {queue} has {alive} worker{'' if alive == 1 else 's'}, and one does one job at a time: for "
        f"{concurrency} at once {here}start workers on other machines."
    )


def _set_paused(queues: Iterable[str] | None, is_paused: bool) -> int:
    names = list(settings.QUEUES if queues is None else queues)
    with transaction.atomic():
        before = dict(QueueControl.objects.filter(queue__in=names).values_list("queue", "is_paused"))
        changed = [name for name in names if before.get(name, False) != is_paused]
        for name in changed:
            _save(name, is_paused=is_paused)
    return len(changed)


def _save(queue: str, **values: Any) -> QueueControl:
    with transaction.atomic():
        row = QueueControl.objects.select_for_update().filter(queue=queue).first() or QueueControl(queue=queue)
        for name, value in values.items():
            setattr(row, name, value)
        row.full_clean()
        row.save()
        ring_on_commit(queue, _WHOLE_QUEUE)
    return row
