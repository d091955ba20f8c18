"""Telling the workers of a queue that a row waits. The rows are the truth; a lost message costs a few seconds."""

import functools
import logging

import django_rq
from django.conf import settings
from django.db import transaction
from redis import RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq.queue import Queue

logger = logging.getLogger(__name__)

# Stored in Redis by its dotted path: a rename keeps an alias for one release.
DRAIN = "processing.jobs.drain_queue"


def slots(queue: str) -> int:
    """How many workers this machine has for the queue: more messages than that would only pile up."""
    return int(getattr(settings, f"{queue.upper()}_WORKERS", 1))


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
