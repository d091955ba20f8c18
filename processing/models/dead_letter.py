"""Work that the engine has given up on, until a person says what becomes of it."""

from django.db import models
from django.db.models import Q

from library.models import Folder, TimeStamped
from processing.models.job import STAGE_LENGTH, Job, TargetKind


class LetterStatus(models.TextChoices):
    PENDING_REVIEW = "pending_review", "To be looked at"
    RETRYING = "retrying", "Being tried again"
    ABANDONED = "abandoned", "Abandoned"
    RESOLVED = "resolved", "Succeeded since"


OPEN = (LetterStatus.PENDING_REVIEW, LetterStatus.RETRYING)


class DeadLetterQuerySet(models.QuerySet["DeadLetter"]):
    def open(self) -> "DeadLetterQuerySet":
        """To be looked at, or being tried again."""
        return self.filter(status__in=OPEN)


class DeadLetter(TimeStamped):
    """A stage that failed on a target for good: its attempts are used up, or its error is of a kind that stays.

    One open letter for each target, stage and variant; another failure is counted on it, a success resolves it.
    """

    target_kind = models.CharField(max_length=10, choices=TargetKind.choices)
    target_id = models.BigIntegerField()
    stage = models.SlugField(max_length=STAGE_LENGTH, db_index=False)
    variant = models.CharField(max_length=100, blank=True)
    folder = models.ForeignKey(Folder, on_delete=models.SET_NULL, null=True, related_name="+")
    job = models.ForeignKey(Job, on_delete=models.SET_NULL, null=True, related_name="dead_letters")
    label = models.TextField(blank=True, help_text="The target's name, for when the target is gone.")
    params = models.JSONField(default=dict, blank=True)
    status = models.CharField(max_length=14, choices=LetterStatus.choices, default=LetterStatus.PENDING_REVIEW)
    failures = models.PositiveIntegerField(default=1, help_text="How often the engine gave up on it.")
    attempts = models.PositiveIntegerField(default=0, help_text="Of the last job.")
    error_class = models.CharField(max_length=100, blank=True)
    first_error = models.TextField(blank=True)
    error = models.TextField(blank=True)
    failed_at = models.DateTimeField(help_text="The last time.")
    closed_at = models.DateTimeField(null=True, help_text="When it was abandoned or succeeded.")
    note = models.TextField(blank=True, help_text="Who closed it, or why it was closed.")

    objects = DeadLetterQuerySet.as_manager()

    class Meta(TimeStamped.Meta):
        verbose_name = "dead letter"
        indexes = [
            # The list of letters, newest first, and its groups by kind of error; what is due to be abandoned.
            models.Index(fields=["status", "-failed_at", "-id"], name="processing_letter_status"),
            # The letters of one kind of error.
            models.Index(fields=["error_class", "stage"], condition=Q(status__in=OPEN), name="processing_letter_error"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["target_kind", "target_id", "stage", "variant"],
                condition=Q(status__in=OPEN),
                name="%(app_label)s_%(class)s_one_open",
                violation_error_message="There is an open dead letter about that already.",
            ),
            models.CheckConstraint(condition=Q(status__in=LetterStatus.values), name="%(app_label)s_%(class)s_status"),
            models.CheckConstraint(
                condition=Q(target_kind__in=TargetKind.values), name="%(app_label)s_%(class)s_target_kind"
            ),
            models.CheckConstraint(
                condition=Q(status__in=OPEN, closed_at__isnull=True)
                | (~Q(status__in=OPEN) & Q(closed_at__isnull=False)),
                name="%(app_label)s_%(class)s_closed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stage} {self.label}"
