"""Child processes that work for a command in the foreground."""

import ctypes
import logging
import multiprocessing
import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.context import ForkProcess

from django.db import DatabaseError, connections

from processing.exceptions import CrewLostError
from processing.services import interrupts
from processing.services.children import end_orphans
from processing.services.claim import claim_in_folders, worker_name
from processing.services.commits import commit_without_waiting
from processing.services.interrupts import WorkerStopping
from processing.services.reconcile import release_worker
from processing.services.run import run_job
from processing.services.scratch import remove_abandoned
from processing.services.stage_settings import stages_as_set
from processing.stages import load_stages

logger = logging.getLogger(__name__)

# What a command in the foreground does of files that it finds; other stages are left to the workers.
_STAGES = ("scan", "probe", "frames")
# An idle child looks again after these seconds: soon at first, then less often.
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.02, 0.2
# After this long a fresh process goes on, so that what a library leaks is given back.
_LIFE_SECONDS = 600.0
_DISMISS_SECONDS = 5.0
# One that lives shorter than this has done nothing; more than so many in a row do nothing either.
_QUICK_SECONDS = 3.0
_MOST_QUICK_DEATHS = 8
_PR_SET_PDEATHSIG = 1


def foreground_queues() -> list[str]:
    """The queues of scans, probes, pictures and what else belongs to the first look at a file, as the owner has set
    them. One query."""
    return sorted({stage.queue for name, stage in stages_as_set().items() if name in _STAGES or stage.in_foreground})


@dataclass(slots=True)
class Crew:
    """Child processes that take jobs of the folders until they are dismissed."""

    folder_ids: Sequence[int]
    size: int
    queues: Sequence[str]
    members: list[ForkProcess] = field(default_factory=list)
    _begun_at: dict[int, float] = field(default_factory=dict)
    _quick_deaths: int = 0

    def fill(self, *, is_busy: bool) -> None:
        """Replaces who has ended; what a dead one held waits again at once. One is enough until files wait.

        Raises CrewLostError when one after the other dies as soon as it has begun.
        """
        for member in [one for one in self.members if not one.is_alive()]:
            self.members.remove(member)
            self._bury(member)
        if self._quick_deaths >= _MOST_QUICK_DEATHS:
            raise CrewLostError(
                f"{self._quick_deaths} worker processes in a row died as soon as they had begun: the lines above say "
                "why. What they held waits; start the command again when that is mended."
            )
        wanted = self.size if is_busy else 1
        if len(self.members) < wanted and is_busy:
            # Once here instead of in each child; not at all where nothing has changed.
            load_stages(self.queues)
        while len(self.members) < wanted:
            # A forked child must not share its parent's open database connection.
            connections.close_all()
            member = multiprocessing.get_context("fork").Process(
                target=_work, args=(self.queues, self.folder_ids, os.getpid())
            )
            member.start()
            self.members.append(member)
            self._begun_at[member.pid or 0] = time.monotonic()

    def dismiss(self) -> None:
        """Tells all to put back what they hold; who doesn't within five seconds is killed."""
        for member in self.members:
            member.terminate()
        deadline = time.monotonic() + _DISMISS_SECONDS
        for member in self.members:
            member.join(max(0.0, deadline - time.monotonic()))
        for member in self.members:
            member.kill()
            member.join()
        while self.members:
            self._bury(self.members.pop())

    def _bury(self, member: ForkProcess) -> None:
        lived_seconds = time.monotonic() - self._begun_at.pop(member.pid or 0, 0.0)
        is_quick = bool(member.exitcode) and lived_seconds < _QUICK_SECONDS
        self._quick_deaths = self._quick_deaths + 1 if is_quick else 0
        if member.exitcode:
            logger.warning("Worker process %s of this command died (exit status %s).", member.pid, member.exitcode)
            end_orphans()
        release_worker(worker_name(member.pid))
        remove_abandoned()


def _work(queues: Sequence[str], folder_ids: Sequence[int], parent: int) -> None:
    """A child's life: takes the best job of the folders, again and again, until SIGTERM or its parent's death."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        return
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    commit_without_waiting()
    ends_at = time.monotonic() + _LIFE_SECONDS
    pause_seconds = _FIRST_PAUSE_SECONDS
    with interrupts.stopping_on_sigterm():
        try:
            while time.monotonic() < ends_at and not interrupts.is_stopping():
                job = claim_in_folders(queues=queues, folder_ids=folder_ids, worker=worker_name())
                if job is None:
                    interrupts.pause(pause_seconds)
                    pause_seconds = min(pause_seconds * 1.5, _LONGEST_PAUSE_SECONDS)
                else:
                    run_job(job)
                    pause_seconds = _FIRST_PAUSE_SECONDS
        except WorkerStopping:
            return
        except DatabaseError as error:
            raise SystemExit(f"The database went away: {error}") from None
        finally:
            connections.close_all()
