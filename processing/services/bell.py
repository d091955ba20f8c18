"""Telling the workers of a queue that a row waits. The rows are the truth; a lost message costs a few seconds."""

import functools
import logging
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

import django_rq
from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models.functions import Now
from redis import RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq.queue import Queue

from processing.models import WorkerProcess
from processing.models.worker import ALIVE_SECONDS

logger = logging.getLogger(__name__)

# Stored in Redis by its dotted path: a rename keeps an alias for one release.
DRAIN = "processing.jobs.drain_queue"
_COUNTED_FOR_SECONDS = 10.0


def slots(queue: str) -> int:
    """How many workers there are for the queue, here and on other machines: more messages would only pile up.

    Those that this machine ought to have count before they live; one at least, since a worker may come: its message
    waits for it. Workers elsewhere are asked for every few seconds.
    """
    return max(int(getattr(settings, f"{queue.upper()}_WORKERS", 1)), living_workers().get(queue, 0), 1)


def living_workers() -> dict[str, int]:
    """How many workers were heard of lately, by queue; at most some seconds old. No lock: a child that is forked while
    another thread counts would wait for it for ever."""
    now = time.monotonic()
    if now - _counted.at > _COUNTED_FOR_SECONDS:
        _counted.at, _counted.workers = now, _count_workers()
    return _counted.workers


def forget_workers() -> None:
    """The next question is answered by the database."""
    _counted.at = float("-inf")


def _count_workers() -> dict[str, int]:
    try:
        alive = WorkerProcess.objects.filter(heartbeat_at__gte=Now() - timedelta(seconds=ALIVE_SECONDS))
        rows = list(alive.values_list("queue", "capabilities__queues"))
    except DatabaseError as error:
        # The rows are committed already; whoever rings must not fail for a number.
        logger.warning("The workers can't be counted: %s", error)
        return _counted.workers
    return dict(Counter(one for queue, queues in rows for one in (queues or [queue])))


@dataclass(slots=True)
class _Counted:
    at: float = float("-inf")
    workers: dict[str, int] = field(default_factory=dict)


_counted = _Counted()


@functools.cache
def rq_queue(name: str) -> Queue:
    """The queue in Redis. Kept, because each new one connects anew; its connection notices a fork by itself.

    Where Redis is away it fails at once: by default each ring would wait seconds for it, and jobs ring at their end.
    """
    queue: Queue = django_rq.get_queue(name)
    queue.connection.set_retry(Retry(NoBackoff(), retries=1))
    return queue


def ring(queue: str, times: int = 1) -> None:
    """Puts that many messages into Redis, but never more than there are workers.

    Only messages that nobody has taken are counted: the worker that takes one looks at the table after that, so no
    row committed before the count is overlooked. Without Redis it logs; the reconciler rings again.
    """
    try:
        for _ in range(min(times, slots(queue) - rq_queue(queue).count)):
            rq_queue(queue).enqueue(DRAIN, queue, result_ttl=0, failure_ttl=60, job_timeout=-1)
    except RedisError as error:
        logger.warning("Redis can't be told about work in %s (%s); it will be found within a minute.", queue, error)


def ring_on_commit(queue: str, times: int = 1) -> None:
    """Rings once the caller's transaction is committed, at once when there is none."""
    transaction.on_commit(lambda: ring(queue, times))
