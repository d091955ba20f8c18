"""Running one claimed job to its end, whatever the end is."""

import contextlib
import logging
import time

import psycopg
from django.db import connection
from psycopg.pq import TransactionStatus

from library.exceptions import LibraryError
from library.log_context import logged_with
from processing.exceptions import ProcessingError, StageTimeoutError, UnknownStageError
from processing.media.errors import MediaError
from processing.models import Job, JobStatus
from processing.plugins.enabled import check_stage_enabled
from processing.services import claim, ending, interrupts
from processing.services.children import brood
from processing.services.interrupts import HoldLost, TimeIsUp, WorkerStopping
from processing.services.keys import key_of
from processing.services.lease import leased, reporter
from processing.services.stage_settings import stage_as_set
from processing.services.submit import INGEST
from processing.stages import Stage, StageContext, StageResult, load_run

logger = logging.getLogger(__name__)

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
        stage = stage_as_set(job.stage)
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
    # Of the input as it is before the stage looks at it: what changes meanwhile makes the result outdated.
    job.input_key = key_of(stage, job.target_id, job.params)
    with (
        interrupts.listening(),
        brood() as children,
        leased(job, stage, children) as room,
        interrupts.armed(stage.timeout_seconds, children.kill),
    ):
        report = reporter(job, room)
        return function(
            StageContext(job.target_id, job.params, job.folder_id, report, job.priority, job.requested_by_id)
        )


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
