"""manage.py scheduler"""

import logging
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection, connections

from processing.services.reconcile import purge_history, reconcile, submit_due_scans

logger = logging.getLogger(__name__)

# PostgreSQL's advisory lock of the one scheduler that works; others wait for it to die.
_LOCK = (7_303, 0)
_PAUSE_SECONDS = 2.0


@dataclass(slots=True)
class _Tick:
    run: Callable[[], object]
    every_seconds: float
    due: float = field(default=0.0)


class Command(BaseCommand):
    help = "Puts right what crashes left (every 10 s), submits scans that are due and removes old jobs, until SIGTERM."

    def handle(self, *args: Any, **options: Any) -> None:
        # They wait until the pass in hand is done; sigtimedwait below takes them.
        stops = {signal.SIGTERM, signal.SIGINT}
        before = signal.pthread_sigmask(signal.SIG_BLOCK, stops)
        try:
            self._run(stops)
        finally:
            connections.close_all()
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def _run(self, stops: set[signal.Signals]) -> None:
        ticks = [_Tick(reconcile, 10), _Tick(submit_due_scans, 60), _Tick(purge_history, 3600)]
        while True:
            try:
                if _holds_lock():
                    _run_due(ticks)
            except DatabaseError as error:
                logger.warning("The database is away (%s); trying again.", error)
                connections.close_all()
            if signal.sigtimedwait(stops, _PAUSE_SECONDS):
                return


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
