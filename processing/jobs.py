"""Entries of the queues. Their dotted paths are stored in Redis: a rename keeps an alias for one release."""

import time

from processing.services import interrupts
from processing.services.bell import ring
from processing.services.claim import claim_next, worker_name
from processing.services.interrupts import WorkerStopping
from processing.services.run import run_job

# After this long a drain ends and a fresh process goes on, so that what a library leaks is given back.
_DRAIN_SECONDS = 600.0


def drain_queue(queue: str) -> None:
    """Works off waiting rows of the queue, best first, until none is due or ten minutes are over.

    A SIGTERM puts the job in hand back and ends it; other workers are told that work is left.
    """
    deadline = time.monotonic() + _DRAIN_SECONDS
    with interrupts.stopping_on_sigterm():
        try:
            while job := claim_next(queue=queue, worker=worker_name()):
                run_job(job)
                if interrupts.is_stopping() or time.monotonic() > deadline:
                    ring(queue)
                    return
        except WorkerStopping:
            ring(queue)
