"""Running one claimed job to its end, whatever the end is."""

import contextlib
import logging
import os
import signal
import threading
import time
from collections.abc import Iterator
from types import FrameType

from django.db import close_old_connections, connection, transaction

from library.exceptions import LibraryError
from library.services.files import count_seconds
from processing.exceptions import ProcessingError, StageTimeoutError, UnknownStageError
from processing.media.errors import MediaError
from processing.models import Job, JobStatus
from processing.services import claim
from processing.services.submit import INGEST, submit_jobs
from processing.stages import Stage, StageContext, StageResult, get_stage, load_run

logger = logging.getLogger(__name__)

_RENEW_SECONDS = 7.0
_REPORT_SECONDS = 1.0
# After its time limit a stage has this long to notice; then C code is stuck and the process ends itself.
_GRACE_SECONDS = 60.0
# A person waits in front of `ingest`: its retries come at once.
_INGEST_DELAY_SECONDS = 1.0

KNOWN_ERRORS = (LibraryError, ProcessingError, MediaError)


class WorkerStopping(BaseException):
    """The worker is told to stop: the job goes back to the queue. Not an Exception, so that no stage swallows it."""


def run_job(job: Job) -> None:
    """Runs the stage of a claimed job and writes its end. Raises only WorkerStopping, after the job was given back."""
    try:
        stage = get_stage(job.stage)
    except UnknownStageError as error:
        claim.fail(job, error=str(error), error_class=type(error).__name__)
        return
    began = time.monotonic()
    try:
        with _lease(job, stage), _time_limit(stage):
            result = load_run(stage)(_context(job))
        _complete(job, stage, result, time.monotonic() - began)
    except WorkerStopping:
        claim.give_back(job)
        raise
    except StageTimeoutError as error:
        _fail_or_retry(job, stage, error, permanent=False, status=JobStatus.TIMED_OUT)
    except KNOWN_ERRORS as error:
        _fail_or_retry(job, stage, error, permanent=error.permanent)
    except Exception as error:
        logger.exception("Job %s (%s) failed", job.pk, job)
        _fail_or_retry(job, stage, error, permanent=False)


def _context(job: Job) -> StageContext:
    last = 0.0

    def report(done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= _REPORT_SECONDS or done == total:
            last = now
            claim.report_progress(job, done, total)

    return StageContext(job.target_id, job.params, job.folder_id, report, job.priority, job.requested_by_id)


def _complete(job: Job, stage: Stage, result: StageResult, seconds: float) -> None:
    with transaction.atomic():
        if not claim.complete(job, result.facts):
            logger.warning("Job %s (%s) was taken over or cancelled; its end is not written.", job.pk, job)
            return
        if job.target_kind == "file":
            count_seconds(file_id=job.target_id, seconds=seconds, is_first=job.stage == "probe")
        for followup in result.followups:
            submit_jobs(
                stage=followup.stage,
                target_ids=followup.target_ids,
                folder_id=job.folder_id,
                priority=job.priority,
                requested_by_id=job.requested_by_id,
            )


def _sentence(error: Exception) -> str:
    """What the owner reads. Errors of our own are sentences; others get one that says where to look."""
    if isinstance(error, KNOWN_ERRORS):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror} while working on it: check the disk, its space and its permissions."
    return f"Something unforeseen went wrong ({type(error).__name__}: {error}). The worker's log has the details."


def _fail_or_retry(
    job: Job, stage: Stage, error: Exception, *, permanent: bool, status: str = JobStatus.FAILED
) -> None:
    sentence, error_class = _sentence(error), type(error).__name__
    # The database may have refused a statement of the stage: its connection must be clean for what follows.
    close_old_connections()
    if not permanent and job.attempts < job.max_attempts:
        delay = _INGEST_DELAY_SECONDS if job.priority >= INGEST else stage.delay_seconds(job.attempts)
        claim.retry_later(job, delay_seconds=delay, error=sentence, error_class=error_class)
        return
    with transaction.atomic():
        if claim.fail(job, error=sentence, error_class=error_class, status=status):
            stage.on_failed(job.target_id, sentence)


@contextlib.contextmanager
def _time_limit(stage: Stage) -> Iterator[None]:
    """Raises StageTimeoutError in the main thread when the time is up; elsewhere signals can't be used: no limit."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(signum: int, frame: FrameType | None) -> None:
        raise StageTimeoutError(f"{stage.label} took longer than {stage.timeout_seconds:.0f} s and was stopped.")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, stage.timeout_seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextlib.contextmanager
def _lease(job: Job, stage: Stage) -> Iterator[None]:
    """Renews the job's lease from a thread of its own while the stage runs.

    When the stage is far over its time, code that can't be interrupted holds it: the process is killed, and the job's
    row comes back with its lease's end.
    """
    done = threading.Event()

    def renew() -> None:
        deadline = time.monotonic() + stage.timeout_seconds + _GRACE_SECONDS
        try:
            while not done.wait(_RENEW_SECONDS):
                if time.monotonic() > deadline:
                    os.kill(os.getpid(), signal.SIGKILL)
                if not claim.renew(job):
                    return
        finally:
            connection.close()

    thread = threading.Thread(target=renew, name=f"lease of job {job.pk}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
