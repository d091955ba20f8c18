"""What goes on beside a running stage: its lease is renewed, its time is watched, and it makes room for watching."""

import contextlib
import contextvars
import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from django.db import DatabaseError, connection

from processing.models import Job
from processing.services import claim, interrupts
from processing.services.children import Brood
from processing.services.demand import is_demanded
from processing.services.interrupts import HoldLost
from processing.stages import Stage

logger = logging.getLogger(__name__)

RENEW_SECONDS = 2.0
REPORT_SECONDS = 1.0
# After its time limit a stage has this long to notice; then C code is stuck and the process ends itself.
_GRACE_SECONDS = 60.0


@dataclass(slots=True)
class Room:
    """Whether a heavy job makes room: its programs stand still, its reports wait, and its time limit does too."""

    brood: Brood
    is_free: threading.Event = field(default_factory=threading.Event)
    seconds: float = 0.0
    _since: float = 0.0
    _left: float = 0.0

    def __post_init__(self) -> None:
        self.is_free.set()

    def make(self) -> None:
        """Called again and again while somebody watches: a program begun meanwhile stands still, too."""
        if self.is_free.is_set():
            self.is_free.clear()
            self._since = time.monotonic()
            self._left = interrupts.hold_timer()
        self.brood.stop()

    def take_back(self) -> None:
        """Nobody watches any more, or the job is over."""
        if not self.is_free.is_set():
            self.brood.go_on()
            interrupts.resume_timer(self._left)
            self.seconds += time.monotonic() - self._since
            self.is_free.set()


@contextlib.contextmanager
def leased(job: Job, stage: Stage, brood: Brood) -> Iterator[Room]:
    """Renews the job's lease from a thread of its own while the stage runs, and stops the stage when it is lost.

    When the stage is far over its time, code that can't be interrupted holds it: the process is killed, and the job's
    row comes back with its lease's end.
    """
    done = threading.Event()
    room = Room(brood)
    can_stop = threading.current_thread() is threading.main_thread()

    def watch() -> None:
        deadline = time.monotonic() + stage.timeout_seconds + _GRACE_SECONDS
        try:
            while not done.wait(RENEW_SECONDS):
                if room.is_free.is_set() and time.monotonic() > deadline + room.seconds:
                    logger.error("Job %s (%s) can't be interrupted: its process is killed.", job.pk, job)
                    os.kill(os.getpid(), signal.SIGKILL)
                if not _is_renewed(job):
                    room.take_back()
                    if can_stop:
                        interrupts.lose_hold()
                    return
                if stage.is_heavy:
                    _look_for_watchers(room)
        finally:
            room.take_back()
            connection.close()

    # With what the log tells about the job.
    run = contextvars.copy_context().run
    thread = threading.Thread(target=run, args=(watch,), name=f"lease of job {job.pk}", daemon=True)
    thread.start()
    try:
        yield room
    finally:
        done.set()
        thread.join()
        interrupts.hold_timer()


def reporter(job: Job, room: Room) -> Callable[[int, int], None]:
    """Writes progress at most once a second; raises HoldLost when the job isn't this worker's any more. Waits while
    the job makes room for watching."""
    written_at = time.monotonic()

    def report(done: int, total: int) -> None:
        nonlocal written_at
        room.is_free.wait()
        now = time.monotonic()
        if now - written_at >= REPORT_SECONDS:
            written_at = now
            if not claim.report_progress(job, done, total):
                raise HoldLost

    return report


def _look_for_watchers(room: Room) -> None:
    try:
        demanded = is_demanded()
    except DatabaseError as error:
        logger.warning("Nobody can say whether somebody watches (%s).", error)
        connection.close()
        return
    if demanded:
        room.make()
    else:
        room.take_back()


def _is_renewed(job: Job) -> bool:
    """False only when the hold is lost for sure; a database that is away for a moment is asked again later."""
    try:
        return claim.renew(job)
    except DatabaseError as error:
        logger.warning("Job %s: its lease could not be renewed (%s).", job.pk, error)
        connection.close()
        return True
