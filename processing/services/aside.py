"""Telling how far a stage is from inside a transaction."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import DatabaseError, connection

from processing.services.interrupts import HoldLost

_REPORT_SECONDS = 1.0


@contextmanager
def told_from_aside(report: Callable[[int, int], None]) -> Iterator[Callable[[int, int], None]]:
    """A `report` that may be called inside a transaction.

    Written there, the job's row would stay locked until the commit, and the thread that renews the lease would wait
    for it and lose the job. So another thread, with a connection of its own, writes the latest numbers once a second.
    """
    latest = (0, 0)
    done = threading.Event()

    def tell(so_far: int, total: int) -> None:
        nonlocal latest
        latest = (so_far, total)

    def pass_on() -> None:
        try:
            while not done.wait(_REPORT_SECONDS):
                report(*latest)
        except (HoldLost, DatabaseError):
            # The lease's own thread stops the stage; and numbers that can't be shown don't stop the work.
            return
        finally:
            connection.close()

    thread = threading.Thread(target=pass_on, name="progress from aside", daemon=True)
    thread.start()
    try:
        yield tell
    finally:
        done.set()
        thread.join()
