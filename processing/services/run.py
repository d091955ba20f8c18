"""Running one claimed job to its end, whatever the end is."""

import contextlib
import contextvars
import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator

import psycopg
from django.db import DatabaseError, connection
from psycopg.pq import TransactionStatus

from library.exceptions import LibraryError
from library.log_context import logged_with
from processing.exceptions import ProcessingError, StageTimeoutError, UnknownStageError
from processing.media.errors import MediaError
from processing.models import Job, JobStatus
from processing.plugins.enabled import check_stage_enabled
from processing.services import claim, ending, interrupts
from processing.services.interrupts import HoldLost, TimeIsUp, WorkerStopping
from processing.services.submit import INGEST
from processing.stages import Stage, StageContext, StageResult, get_stage, load_run

logger = logging.getLogger(__name__)

_RENEW_SECONDS = 7.0
_REPORT_SECONDS = 1.0
# After its time limit a stage has this long to notice; then C code is stuck and the process ends itself.
_GRACE_SECONDS = 60.0
_CANCEL_SECONDS = 2.0
# A person waits in front of `ingest`: its retries come at once.
_INGEST_DELAY_SECONDS = 1.0

KNOWN_ERRORS = (LibraryError, ProcessingError, MediaError)


def run_job(job: Job) -> None:
    """Runs the stage of a claimed job and writes its end. Raises only WorkerStopping, after the job was given back,
    and DatabaseError when its end can't be written: the reconciler then finds the row."""
    with logged_with(job=job.pk, stage=job.stage, queue=job.queue, worker=job.worker):
        _run_to_its_end(job)


def _run_to_its_end(job: Job) -> None:
    try:
        stage = get_stage(job.stage)
    except UnknownStageError as error:
        ending.give_up(job, error=str(error), error_class=type(error).__name__)
        return
    began = time.monotonic()
    logger.debug("Job %s (%s) begins, attempt %s.", job.pk, job, job.attempts)
    try:
        result = _run_stage(job, stage)
        if not ending.complete(job, result, time.monotonic() - began):
            logger.warning("Job %s (%s) was cancelled or taken over; its end is not written.", job.pk, job)
    except WorkerStopping:
        _drop_connection()
        claim.give_back(job)
        raise
    except HoldLost:
        _drop_connection()
        logger.warning("Job %s (%s) was cancelled or taken over, and stopped.", job.pk, job)
    except TimeIsUp:
        sentence = f"{stage.label} took longer than {stage.timeout_seconds:.0f} s and was stopped."
        _fail_or_retry(job, stage, StageTimeoutError(sentence), permanent=False, status=JobStatus.TIMED_OUT)
    except KNOWN_ERRORS as error:
        _fail_or_retry(job, stage, error, permanent=error.permanent)
    except Exception as error:
        logger.exception("Job %s (%s) failed", job.pk, job)
        _fail_or_retry(job, stage, error, permanent=False)


def _run_stage(job: Job, stage: Stage) -> StageResult:
    check_stage_enabled(stage.name)
    function = load_run(stage)
    with interrupts.listening(), _lease(job, stage), interrupts.armed(stage.timeout_seconds):
        return function(_context(job))


def _context(job: Job) -> StageContext:
    return StageContext(job.target_id, job.params, job.folder_id, _reporter(job), job.priority, job.requested_by_id)


def _reporter(job: Job) -> Callable[[int, int], None]:
    """Writes progress at most once a second; raises HoldLost when the job isn't this worker's any more."""
    written_at = time.monotonic()

    def report(done: int, total: int) -> None:
        nonlocal written_at
        now = time.monotonic()
        if now - written_at >= _REPORT_SECONDS:
            written_at = now
            if not claim.report_progress(job, done, total):
                raise HoldLost

    return report


def _sentence(error: Exception) -> str:
    """What the owner reads. Errors of our own are sentences; others get one that says where to look."""
    if isinstance(error, KNOWN_ERRORS):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror} while working on it: check the disk, its space and its permissions."
    return f"Something unforeseen went wrong ({type(error).__name__}: {error}). The worker's log has the details."


def _fail_or_retry(
    job: Job, stage: Stage, error: Exception, *, permanent: bool, status: JobStatus = JobStatus.FAILED
) -> None:
    sentence, error_class = ending.storable(_sentence(error)), type(error).__name__
    _drop_connection()
    if permanent or job.attempts >= job.max_attempts:
        ending.give_up(job, error=sentence, error_class=error_class, status=status)
        return
    delay = _INGEST_DELAY_SECONDS if job.priority >= INGEST else stage.delay_seconds(job.attempts)
    claim.retry_later(job, delay_seconds=delay, error=sentence, error_class=error_class)


def _drop_connection() -> None:
    """What was cut off in the middle of a query, or refused by the database, must not spoil what is written next."""
    if connection.in_atomic_block:
        return
    session = connection.connection
    if session is not None and session.info.transaction_status == TransactionStatus.ACTIVE:
        # Closing alone would let the query go on.
        with contextlib.suppress(psycopg.Error):
            session.cancel_safe(timeout=_CANCEL_SECONDS)
    connection.close()


@contextlib.contextmanager
def _lease(job: Job, stage: Stage) -> Iterator[None]:
    """Renews the job's lease from a thread of its own while the stage runs, and stops the stage when it is lost.

    When the stage is far over its time, code that can't be interrupted holds it: the process is killed, and the job's
    row comes back with its lease's end.
    """
    done = threading.Event()
    can_stop = threading.current_thread() is threading.main_thread()

    def renew() -> None:
        deadline = time.monotonic() + stage.timeout_seconds + _GRACE_SECONDS
        try:
            while not done.wait(_RENEW_SECONDS):
                if time.monotonic() > deadline:
                    logger.error("Job %s (%s) can't be interrupted: its process is killed.", job.pk, job)
                    os.kill(os.getpid(), signal.SIGKILL)
                if not _is_renewed(job):
                    if can_stop:
                        interrupts.lose_hold()
                    return
        finally:
            connection.close()

    # With what the log tells about the job.
    run = contextvars.copy_context().run
    thread = threading.Thread(target=run, args=(renew,), name=f"lease of job {job.pk}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _is_renewed(job: Job) -> bool:
    """False only when the hold is lost for sure; a database that is away for a moment is asked again later."""
    try:
        return claim.renew(job)
    except DatabaseError as error:
        logger.warning("Job %s: its lease could not be renewed (%s).", job.pk, error)
        connection.close()
        return True
