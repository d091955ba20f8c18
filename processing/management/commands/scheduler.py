"""manage.py scheduler"""

import logging
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError, connections

from faces.services.photo_search import remove_old_photo_searches
from library.services import purge_due
from library.services.access import purge_expired
from playback.services.clips import remove_old_clips
from playback.services.markers import fill_marker_pictures
from playback.services.sessions import forget_old_sessions, stop_idle_sessions
from playback.services.sharing.clips import remove_unshared_clips
from playback.services.sharing.links import purge_links
from processing.services.cleanup import submit_cleanup
from processing.services.integrity import submit_due_verifications
from processing.services.letters import abandon_old_letters
from processing.services.plugins import check_plugins
from processing.services.preview_keys import remake_lost_previews
from processing.services.reconcile import purge_history, reconcile, submit_due_scans
from processing.services.single import holds_lock
from processing.services.triggers import submit_due_crons
from processing.services.upkeep import forget_gone_targets, remake_lost_pictures, submit_outdated
from processing.services.uploads import tend_uploads

logger = logging.getLogger(__name__)

# PostgreSQL's advisory lock of the one scheduler that works; others wait for it to die.
_LOCK = (7_303, 0)
_LOOK_SECONDS = 2.0
# How soon a signal is noticed: it only sets a mark, so that a pass is never cut in two.
_PAUSE_SECONDS = 0.1


@dataclass(slots=True)
class _Tick:
    run: Callable[[], object]
    every_seconds: float
    due: float = field(default=0.0)


class Command(BaseCommand):
    requires_system_checks = ()
    help = (
        "Puts right what crashes left (every 10 s), submits what is due or outdated, removes old jobs, purges what has "
        "been in the trash for long, has lost pictures made again, verifies files, ends the sessions of players that "
        "fell silent and cleans up, until SIGTERM."
    )
    is_stopping = False
    looks_again_at = 0.0

    def handle(self, *args: Any, **options: Any) -> None:
        def stop(number: int, frame: FrameType | None) -> None:
            self.is_stopping = True

        before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            self._run(
                [
                    _Tick(reconcile, 10),
                    _Tick(submit_due_scans, 60),
                    _Tick(submit_due_crons, 20),
                    _Tick(submit_outdated, 3600),
                    _Tick(check_plugins, 300),
                    _Tick(purge_history, 3600),
                    _Tick(abandon_old_letters, 3600),
                    _Tick(forget_gone_targets, 24 * 3600),
                    _Tick(purge_expired, 3600),
                    _Tick(stop_idle_sessions, 60),
                    _Tick(forget_old_sessions, 3600),
                    _Tick(purge_due, 3600),
                    _Tick(remake_lost_pictures, 24 * 3600),
                    _Tick(remake_lost_previews, 24 * 3600),
                    _Tick(fill_marker_pictures, 24 * 3600),
                    _Tick(tend_uploads, 300),
                    _Tick(purge_links, 24 * 3600),
                    _Tick(remove_unshared_clips, 24 * 3600),
                    _Tick(remove_old_clips, 3600),
                    _Tick(remove_old_photo_searches, 3600),
                    _Tick(submit_due_verifications, 3600),
                    # Not at the start: everything else comes first then.
                    _Tick(submit_cleanup, 24 * 3600, due=time.monotonic() + 3600),
                ]
            )
        finally:
            connections.close_all()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _run(self, ticks: list[_Tick]) -> None:
        while not self.is_stopping:
            try:
                if time.monotonic() >= self.looks_again_at:
                    self.looks_again_at = time.monotonic() + _LOOK_SECONDS
                    if holds_lock(_LOCK):
                        _run_due(ticks)
            except DatabaseError as error:
                logger.warning("The database is away (%s); trying again.", error)
                connections.close_all()
            time.sleep(_PAUSE_SECONDS)


def _run_due(ticks: list[_Tick]) -> None:
    for tick in ticks:
        if time.monotonic() >= tick.due:
            tick.due = time.monotonic() + tick.every_seconds
            tick.run()
