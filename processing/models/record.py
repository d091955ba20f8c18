"""The ledger: how each stage last ended on each target, for as long as the target is there."""

from django.db import models
from django.db.models import Q

from library.models import TimeStamped
from processing.models.job import STAGE_LENGTH, JobStatus, TargetKind

ENDED = (JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELLED, JobStatus.TIMED_OUT)


class StageRecord(TimeStamped):
    """How a stage last ended on a target: one row each, kept when the jobs of the history are long gone.

    What waits or runs is in the jobs. `input_key` is the digest of what the last attempt worked on, `completed_key`
    that of the last one that succeeded: its result is still there when a later attempt failed.
    """

    target_kind = models.CharField(max_length=10, choices=TargetKind.choices)
    target_id = models.BigIntegerField()
    stage = models.SlugField(max_length=STAGE_LENGTH, db_index=False)
    variant = models.CharField(max_length=100, blank=True)
    status = models.CharField(max_length=10, choices=[(value, JobStatus(value).label) for value in ENDED])
    input_key = models.CharField(max_length=32, blank=True)
    completed_key = models.CharField(max_length=32, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error_class = models.CharField(max_length=100, blank=True)
    error = models.TextField(blank=True)
    duration_seconds = models.FloatField(null=True, help_text="How long the last attempt took.")
    worker = models.CharField(max_length=200, blank=True, help_text="Who made the last attempt.")
    finished_at = models.DateTimeField()

    class Meta(TimeStamped.Meta):
        verbose_name = "ledger entry"
        verbose_name_plural = "ledger"
        indexes = [
            # The lists "failed at stage X", newest first: few rows of many.
            models.Index(
                fields=["status", "stage", "-id"],
                condition=~Q(status="completed"),
                name="processing_record_unwell",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["target_kind", "target_id", "stage", "variant"],
                name="%(app_label)s_%(class)s_one",
                violation_error_message="The ledger has that entry already.",
            ),
            models.CheckConstraint(condition=Q(status__in=ENDED), name="%(app_label)s_%(class)s_status"),
            models.CheckConstraint(
                condition=Q(target_kind__in=TargetKind.values), name="%(app_label)s_%(class)s_target_kind"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stage} of {self.target_kind} {self.target_id}: {self.status}"
