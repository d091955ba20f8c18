"""The end of a job, good or bad: the row, the ledger, what comes next and what its stage does about a failure."""

import logging

from django.db import transaction

from library.services.files import count_seconds
from processing.exceptions import UnknownStageError
from processing.models import Job, JobStatus
from processing.models.job import TargetKind
from processing.services import claim
from processing.services.keys import key_of
from processing.services.letters import resolve_letter, write_letter
from processing.services.records import record_end
from processing.services.submit import submit_jobs
from processing.services.triggers import follow
from processing.stages import StageResult, get_stage

logger = logging.getLogger(__name__)

_MOST_CHARACTERS = 2000


def complete(job: Job, result: StageResult, seconds: float) -> bool:
    """Ends the job well and submits what follows, all or nothing; False when the hold is lost: nothing is written."""
    with transaction.atomic():
        if not claim.finish(job, status=JobStatus.COMPLETED, result=result.facts, input_key=job.input_key):
            return False
        record_end(job)
        resolve_letter(job)
        if job.target_kind == TargetKind.FILE:
            count_seconds(file_id=job.target_id, seconds=seconds, is_first=job.stage == "probe")
        for followup in result.followups:
            submit_jobs(
                stage=followup.stage,
                target_ids=followup.target_ids,
                folder_id=job.folder_id,
                priority=job.priority if followup.priority is None else followup.priority,
                requested_by_id=job.requested_by_id,
                even_if_running=True,
                is_forced=job.is_forced,
            )
        follow(job)
    return True


def give_up(job: Job, *, error: str, error_class: str, status: JobStatus = JobStatus.FAILED) -> bool:
    """Ends the job badly, tells its stage and writes a dead letter; False when the hold is lost: nothing is written."""
    sentence = storable(error)
    with transaction.atomic():
        key = job.input_key or _key_now(job)
        if not claim.finish(job, status=status, error=sentence, error_class=error_class, input_key=key):
            return False
        record_end(job)
        write_letter(job, error=sentence, error_class=error_class)
        try:
            with transaction.atomic():
                get_stage(job.stage).on_failed(job.target_id, sentence)
        except UnknownStageError:
            logger.warning("Job %s: no stage %s to tell that it failed.", job.pk, job.stage)
        except Exception:
            # The stage of a plugin, say; the job has failed all the same.
            logger.exception("Job %s: stage %s could not take note of its failure", job.pk, job.stage)
    return True


def _key_now(job: Job) -> str:
    """What a worker that died worked on, or its successor would: without it, upkeep would take the job for outdated."""
    try:
        with transaction.atomic():
            return key_of(get_stage(job.stage), job.target_id, job.params)
    except UnknownStageError:
        return ""
    except Exception:
        # The stage of a plugin, say.
        logger.exception("Job %s: stage %s could not say what it works on", job.pk, job.stage)
        return ""


def storable(text: str) -> str:
    """The text as PostgreSQL takes it: no NUL, no lone surrogates (file names that aren't UTF-8), not endless."""
    return text.replace("\0", "\\0").encode(errors="backslashreplace").decode()[:_MOST_CHARACTERS]
