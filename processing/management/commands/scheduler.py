"""manage.py scheduler"""

import logging
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection, connections

from processing.services.reconcile import purge_history, reconcile, submit_due_scans

logger = logging.getLogger(__name__)

# PostgreSQL's advisory lock of the one scheduler that works; others wait for it to die.
_LOCK = (7_303, 0)


@dataclass(slots=True)
class _Tick:
    run: Callable[[], object]
    every_seconds: float
    due: float = field(default=0.0)


class Command(BaseCommand):
    help = "Puts right what crashes left (every 10 s), submits scans that are due and removes old jobs, until SIGTERM."

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()

        def on_signal(signum: int, frame: FrameType | None) -> None:
            stop.set()

        signal.signal(signal.SIGTERM, on_signal)
        signal.signal(signal.SIGINT, on_signal)
        ticks = [_Tick(reconcile, 10), _Tick(submit_due_scans, 60), _Tick(purge_history, 3600)]
        while not stop.is_set():
            try:
                if _holds_lock():
                    _run_due(ticks)
            except DatabaseError as error:
                logger.warning("The database is away (%s); trying again.", error)
                connections.close_all()
            stop.wait(2)
        connections.close_all()


def _holds_lock() -> bool:
    """Whether this is the one scheduler. The lock lives as long as the connection, which stays open."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND objid = %s "
            "AND pid = pg_backend_pid() AND granted) OR pg_try_advisory_lock(%s, %s)",
            [*_LOCK, *_LOCK],
        )
        return bool(cursor.fetchone()[0])


def _run_due(ticks: list[_Tick]) -> None:
    for tick in ticks:
        if time.monotonic() >= tick.due:
            tick.due = time.monotonic() + tick.every_seconds
            tick.run()
