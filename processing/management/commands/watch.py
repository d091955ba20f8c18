"""manage.py watch"""

import logging
import signal
import time
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError, connections

from processing.services.single import holds_lock
from processing.services.watching import Watching

logger = logging.getLogger(__name__)

# PostgreSQL's advisory lock of the one watcher that works; others wait for it to die.
_LOCK = (7_303, 1)
_PASS_SECONDS = 1.0
_PAUSE_SECONDS = 0.1


class Command(BaseCommand):
    requires_system_checks = ()
    help = "Watches the folders of the library and has what changes in them scanned, until SIGTERM; `up` starts it."
    is_stopping = False

    def handle(self, *args: Any, **options: Any) -> None:
        def stop(number: int, frame: FrameType | None) -> None:
            self.is_stopping = True

        before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
        watching = Watching()
        try:
            self._run(watching)
        finally:
            try:
                watching.stop()
            except DatabaseError:
                logger.warning("The database went before the watcher did.")
            connections.close_all()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _run(self, watching: Watching) -> None:
        due = 0.0
        while not self.is_stopping:
            if time.monotonic() >= due:
                due = time.monotonic() + _PASS_SECONDS
                try:
                    if holds_lock(_LOCK):
                        watching.pass_once()
                except DatabaseError as error:
                    logger.warning("The database is away (%s); trying again.", error)
                    connections.close_all()
            time.sleep(_PAUSE_SECONDS)
