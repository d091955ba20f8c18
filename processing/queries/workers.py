"""Which workers are alive."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db.models.functions import Now

from processing.models import WorkerProcess
from processing.models.worker import ALIVE_SECONDS
from processing.stages import all_stages


@dataclass(frozen=True, slots=True)
class WorkerState:
    """How many workers live, and which queues that a stage needs have none."""

    alive: int
    missing_queues: tuple[str, ...]


def alive_workers() -> list[list[str]]:
    """The queues of each worker that was heard of lately. One query."""
    since = Now() - timedelta(seconds=ALIVE_SECONDS)
    rows = WorkerProcess.objects.filter(heartbeat_at__gte=since).values_list("queue", "capabilities__queues")
    return [list(queues or [queue]) for queue, queues in rows]


def worker_state(queues: Sequence[str] | None = None) -> WorkerState:
    """One query. `queues` are those that must have a worker; by default those of the registered stages.

    Where no worker of this machine converts, those of others come and go.
    """
    alive = alive_workers()
    elsewhere = set() if settings.GPU_WORKERS else {"gpu"}
    needed = queues if queues is not None else sorted({stage.queue for stage in all_stages()} - elsewhere)
    served = {queue for own in alive for queue in own}
    return WorkerState(len(alive), tuple(queue for queue in needed if queue not in served))
