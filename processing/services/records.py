"""Writing the ledger: how stages ended."""

from collections.abc import Iterable

from django.db import connection

from processing.models import Job, StageRecord

# The job's row has been ended in the same transaction. A failure leaves the key of the last success alone.
_WRITE = """
INSERT INTO processing_stagerecord (target_kind, target_id, stage, variant, status, input_key, completed_key, attempts,
                                    error_class, error, duration_seconds, worker, finished_at)
SELECT target_kind, target_id, stage, variant, status, input_key,
       CASE WHEN status = 'completed' THEN input_key ELSE '' END,
       attempts, error_class, error, duration_seconds, COALESCE(NULLIF(%(worker)s, ''), worker), finished_at
  FROM processing_job WHERE id = ANY(%(jobs)s) ORDER BY target_kind, target_id, stage, variant
    ON CONFLICT (target_kind, target_id, stage, variant) DO {conflict}
"""
_ENDED = _WRITE.format(
    conflict="""UPDATE
   SET status = EXCLUDED.status, input_key = EXCLUDED.input_key, attempts = EXCLUDED.attempts,
       completed_key = CASE WHEN EXCLUDED.status = 'completed' THEN EXCLUDED.completed_key
                            ELSE processing_stagerecord.completed_key END,
       error_class = EXCLUDED.error_class, error = EXCLUDED.error, duration_seconds = EXCLUDED.duration_seconds,
       worker = EXCLUDED.worker, finished_at = EXCLUDED.finished_at"""
)
_CANCELLED = _WRITE.format(conflict="NOTHING")


def record_end(job: Job) -> None:
    """Writes how the job ended, in the transaction that ended it; `job.worker` made the attempt. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(_ENDED, {"jobs": [job.pk], "worker": job.worker})


def record_cancelled(job_ids: Iterable[int]) -> None:
    """Writes that jobs were cancelled, where nothing is known of their stage and target yet: what came of earlier
    attempts counts more."""
    with connection.cursor() as cursor:
        cursor.execute(_CANCELLED, {"jobs": list(job_ids), "worker": ""})


def forget_targets(kind: str, target_ids: Iterable[int]) -> int:
    """Removes the entries of targets that are gone for good; returns how many."""
    return StageRecord.objects.filter(target_kind=kind, target_id__in=list(target_ids)).delete()[0]
