"""The RQ worker, tuned so that a death is noticed in seconds."""

import contextlib
import ctypes
import logging
import os
import signal
import socket
import time
from typing import Any

import psutil
import rq
from django.db import DatabaseError, connections
from django.db.models.functions import Now
from rq.job import Job as RQJob
from rq.queue import Queue

from processing.exceptions import WorkerUnfitError
from processing.models import WorkerProcess
from processing.services.children import end_orphans
from processing.services.claim import worker_name
from processing.services.commits import commit_without_waiting
from processing.services.fitness import check_worker
from processing.services.reconcile import release_worker
from processing.services.scratch import remove_abandoned

logger = logging.getLogger(__name__)

# RQ hands it to signal.alarm: a whole number.
HEARTBEAT_SECONDS = 5
FITNESS_SECONDS = 60.0
_PR_SET_PDEATHSIG = 1
# So long a child may take to put its job back.
_CHILD_SECONDS = 5.0


class Worker(rq.Worker):
    """Forks for each message, so that a crash in a decoder costs one job.

    Its process tells PostgreSQL that it lives. The child dies with it (PR_SET_PDEATHSIG), and when the child died
    with a job in hand, that job waits again at once. Measured reasons are in docs/architecture.md, "Workers".
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("job_monitoring_interval", HEARTBEAT_SECONDS)
        kwargs.setdefault("maintenance_interval", 20)
        kwargs["worker_ttl"] = min(kwargs.get("worker_ttl") or 30, 30)
        self._told_at: float = -HEARTBEAT_SECONDS
        # What it tells about itself (fitness.describe_worker), and when it was last found to fit.
        self.about: dict[str, Any] = {}
        self._fit_at: float = time.monotonic()
        super().__init__(*args, **kwargs)

    def get_heartbeat_ttl(self, job: RQJob) -> int:
        """Seconds after which Redis forgets a silent worker."""
        return int(self.job_monitoring_interval * 4)

    def register_death(self) -> None:
        """Tells Redis and PostgreSQL that it is gone."""
        try:
            WorkerProcess.objects.filter(name=worker_name()).delete()
        except DatabaseError as error:
            logger.warning("The worker could not be signed off (%s); the scheduler will do it.", error)
        finally:
            connections.close_all()
        super().register_death()  # type: ignore[no-untyped-call]

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:
        """Renews both registrations; the one in PostgreSQL at most every five seconds. The first one signs on."""
        super().heartbeat(timeout, pipeline)
        if time.monotonic() - self._told_at >= HEARTBEAT_SECONDS:
            self._tell()

    def fork_work_horse(self, job: RQJob, queue: Queue) -> None:
        """Forks; the parent must not share an open database connection with its child."""
        connections.close_all()
        super().fork_work_horse(job, queue)
        # The queue page shows whose child has which job in hand.
        self._tell()

    def main_work_horse(self, job: RQJob, queue: Queue) -> None:
        """Runs in the child: makes sure that it can't outlive its parent."""
        # The parent's handler would only note it; nothing is in hand yet.
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        parent = os.getppid()
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
        commit_without_waiting()
        super().main_work_horse(job, queue)

    def monitor_work_horse(self, job: RQJob, queue: Queue) -> None:
        """Waits for the child's end; what it still holds then waits again at once."""
        child = self.horse_pid
        if self._stop_requested:
            self._stop_child()
        super().monitor_work_horse(job, queue)
        self._release(child)

    def teardown(self) -> None:
        """Ends. When Redis went away in the middle of a job, its child lives: it puts the job back before it ends."""
        if self.horse_pid and not self.is_horse:
            self._stop_child()
            try:
                psutil.wait_procs([psutil.Process(self.horse_pid)], timeout=_CHILD_SECONDS)
            except psutil.NoSuchProcess:
                logger.debug("The child %s had ended already.", self.horse_pid)
            self.kill_horse()
            self.wait_for_horse()
            self._release(self.horse_pid)
        super().teardown()  # type: ignore[no-untyped-call]

    def _release(self, child: int) -> None:
        try:
            if release_worker(worker_name(child)):
                remove_abandoned()
                end_orphans()
        except DatabaseError as error:
            logger.warning("The dead child's job could not be released (%s); the scheduler will do it.", error)
        finally:
            connections.close_all()

    def request_stop(self, signum: int, frame: Any) -> None:
        """On SIGTERM the child is told too: it puts its job back and ends, so the worker is gone within a second."""
        self._stop_child()
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]

    def _stop_child(self) -> None:
        if self.horse_pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.horse_pid, signal.SIGTERM)

    def _check_fitness(self) -> None:
        """On another machine than the main one: ends the worker, cleanly, once it doesn't fit the library any more."""
        if self.about.get("is_main", True) or time.monotonic() - self._fit_at < FITNESS_SECONDS:
            return
        self._fit_at = time.monotonic()
        try:
            check_worker(self.about)
        except WorkerUnfitError as error:
            logger.error("This worker stops. %s", error)
            os.kill(os.getpid(), signal.SIGTERM)

    def _tell(self) -> None:
        """Writes the heartbeat. A database that is away for a moment must not end the worker."""
        self._told_at = time.monotonic()
        values = {
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "queue": self.queue_names()[0],
            "child_pid": self.horse_pid or None,
            "heartbeat_at": Now(),
            "capabilities": self.about,
        }
        try:
            WorkerProcess.objects.update_or_create(name=worker_name(), defaults=values)
            self._check_fitness()
        except DatabaseError as error:
            logger.warning("The heartbeat could not be written: %s", error)
        finally:
            connections.close_all()
