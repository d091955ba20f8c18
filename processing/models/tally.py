"""What is counted of jobs whose rows are gone, so that counters only ever grow."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from library.models import TimeStamped
from library.models.triggers import planned_anew, statement_trigger

# Upper ends of the histogram's classes, in seconds. Another list needs a migration that empties the table.
DURATION_BOUNDS = (0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 1800.0, 7200.0)
ENDED = ("completed", "failed", "cancelled", "timed_out")

_WITHIN = ", ".join(f"count(*) FILTER (WHERE took <= {bound:g})" for bound in DURATION_BOUNDS)
# Of a table with a job's columns, called {source}.
GROUPED = f"""
    SELECT stage, queue, status, error_class, count(*) AS jobs, COALESCE(sum(took), 0) AS seconds,
           ARRAY[{_WITHIN}]::bigint[] AS within
      FROM (
        SELECT stage, queue, status, error_class,
               GREATEST(EXTRACT(EPOCH FROM finished_at - started_at), 0)::float8 AS took
          FROM {{source}} WHERE status NOT IN ('pending', 'running')
      ) AS ended
     GROUP BY stage, queue, status, error_class
"""
_KEEP = f"""
    INSERT INTO processing_jobtally AS tally (stage, queue, status, error_class, jobs, seconds, within)
    {GROUPED.format(source="gone")} ORDER BY stage, queue, status, error_class
    ON CONFLICT (stage, queue, status, error_class) DO UPDATE
       SET jobs = tally.jobs + EXCLUDED.jobs, seconds = tally.seconds + EXCLUDED.seconds,
           within = (SELECT array_agg(a + b ORDER BY place)
                       FROM unnest(tally.within, EXCLUDED.within) WITH ORDINALITY AS both_of(a, b, place))
"""


def keep_counts() -> pgtrigger.Trigger:
    """Trigger of Job: ended jobs that are deleted, by the clean-up of the history or otherwise, stay counted."""
    return statement_trigger("keep_counts", pgtrigger.Delete, planned_anew(_KEEP) + " RETURN NULL;", {"old": "gone"})


class JobTally(TimeStamped):
    """How many jobs of a kind have ended and were deleted since; written by the trigger `keep_counts` only.

    `within` has, for each of DURATION_BOUNDS, how many took at most so long; `seconds` is the sum of what they took.
    """

    stage = models.SlugField(max_length=40, db_index=False)
    queue = models.CharField(max_length=20)
    status = models.CharField(max_length=10)
    error_class = models.CharField(max_length=100, blank=True)
    jobs = models.PositiveBigIntegerField(default=0)
    seconds = models.FloatField(default=0)
    within = ArrayField(models.BigIntegerField())

    class Meta(TimeStamped.Meta):
        default_permissions = ()
        verbose_name = "tally of jobs"
        verbose_name_plural = "tallies of jobs"
        constraints = [
            models.UniqueConstraint(
                fields=["stage", "queue", "status", "error_class"], name="%(app_label)s_%(class)s_once"
            ),
            models.CheckConstraint(condition=Q(status__in=ENDED), name="%(app_label)s_%(class)s_status"),
            models.CheckConstraint(
                condition=Q(within__len=len(DURATION_BOUNDS)), name="%(app_label)s_%(class)s_within"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stage} {self.status}: {self.jobs}"
