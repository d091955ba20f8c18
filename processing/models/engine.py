"""What a person sets about the engine: stages, queues; and who wants the machine for watching just now."""

from typing import Any

import pghistory
import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from library.models import TimeStamped
from library.models.settings import in_range, within
from processing.models.job import QUEUES, STAGE_LENGTH

_QUEUE_CHOICES = [(name, name) for name in QUEUES]


def _audited(what: str) -> list[Any]:
    """The trigger that writes each change into the audit log; the function is the library's."""
    call = f"PERFORM library_audit_settings({what}, to_jsonb(OLD), to_jsonb(NEW)); RETURN NULL;"
    return [
        *TimeStamped.Meta.triggers,
        pgtrigger.Trigger(
            name="audit",
            when=pgtrigger.After,
            operation=pgtrigger.Insert | pgtrigger.Update,
            func=pgtrigger.Func(call),  # type: ignore[no-untyped-call]
        ),
    ]


class Trigger(models.TextChoices):
    """What makes a stage begin by itself."""

    ON_IMPORT = "on_import", "When a file is new or has changed"
    AFTER = "after", "After other stages"
    CRON = "cron", "At set times"
    MANUAL = "manual", "Only when asked for"


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class StageConfig(TimeStamped):
    """What the owner set for a stage, over the values it has in the code. Without a row those hold.

    Read anew for each job, so a change counts at once. Retries and delays have the ranges of the earlier system.
    """

    stage = models.SlugField(max_length=STAGE_LENGTH, unique=True)
    is_enabled = models.BooleanField(
        "enabled", default=True, help_text="A stage that is off is neither begun by itself nor taken from its queue."
    )
    trigger = models.CharField("begins", max_length=10, choices=Trigger.choices, default=Trigger.MANUAL)
    after = ArrayField(
        models.SlugField(max_length=STAGE_LENGTH), default=list, blank=True, help_text="Any of these having ended well."
    )
    cron = models.CharField(
        "times",
        max_length=100,
        blank=True,
        help_text="Minute, hour, day of the month, month, day of the week, in local time: “30 3 * * *” is 3:30 each "
        "night. Times that passed while nothing ran are made up for once.",
    )
    queue = models.CharField(max_length=20, choices=_QUEUE_CHOICES, default="media")
    slots = models.PositiveSmallIntegerField(
        "at once",
        null=True,
        blank=True,
        validators=within(1, 128),
        help_text="How many of this stage may run at the same time on all workers together; empty for no limit.",
    )
    is_heavy = models.BooleanField(
        "yields to watching", default=False, help_text="Is not begun, and pauses, while somebody watches a video."
    )
    max_retries = models.PositiveSmallIntegerField(
        "retries", default=3, validators=within(0, 10), help_text="After errors that may pass. Broken files get none."
    )
    first_delay_seconds = models.FloatField(default=30, validators=within(1, 3600), help_text="Before the first retry.")
    delay_factor = models.FloatField(
        default=2.0, validators=within(1, 5), help_text="Each wait is this many times as long as the one before."
    )
    max_delay_seconds = models.FloatField(default=3600, validators=within(1, 86400), help_text="No wait is longer.")
    timeout_seconds = models.FloatField(
        default=300, validators=within(1, 7 * 86400), help_text="An attempt that takes longer is stopped."
    )

    class Meta(TimeStamped.Meta):
        verbose_name = "stage settings"
        verbose_name_plural = "stage settings"
        triggers = _audited("'stage ' || NEW.stage")
        constraints = [
            models.CheckConstraint(condition=Q(trigger__in=Trigger.values), name="%(app_label)s_%(class)s_trigger"),
            models.CheckConstraint(
                condition=Q(trigger="cron") & ~Q(cron="") | ~Q(trigger="cron") & Q(cron=""),
                name="%(app_label)s_%(class)s_cron",
            ),
            models.CheckConstraint(
                condition=Q(trigger="after", after__len__gt=0) | (~Q(trigger="after") & Q(after=[])),
                name="%(app_label)s_%(class)s_after",
            ),
            models.CheckConstraint(condition=Q(queue__in=QUEUES), name="%(app_label)s_%(class)s_queue"),
            in_range("slots", 1, 128),
            in_range("max_retries", 0, 10),
            in_range("first_delay_seconds", 1, 3600),
            in_range("delay_factor", 1, 5),
            in_range("timeout_seconds", 1, 7 * 86400),
            models.CheckConstraint(
                condition=Q(max_delay_seconds__lte=86400, max_delay_seconds__gte=F("first_delay_seconds")),
                name="%(app_label)s_%(class)s_max_delay",
                violation_error_message="The longest wait can't be shorter than the first one, nor than a day long.",
            ),
        ]

    def __str__(self) -> str:
        return self.stage


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class QueueControl(TimeStamped):
    """What the owner set for a queue; without a row it is open, without limits. Read anew for each claim."""

    queue = models.CharField(max_length=20, choices=_QUEUE_CHOICES, unique=True)
    is_paused = models.BooleanField("paused", default=False, help_text="Nothing new is begun; what runs ends.")
    concurrency = models.PositiveSmallIntegerField(
        "at once",
        null=True,
        blank=True,
        validators=within(1, 128),
        help_text="Jobs that may run at the same time on all workers together; empty for as many as there are workers.",
    )
    quiet_from = models.TimeField(null=True, blank=True, help_text="In local time; may be past midnight.")
    quiet_until = models.TimeField(null=True, blank=True)

    class Meta(TimeStamped.Meta):
        verbose_name = "queue"
        triggers = _audited("'queue ' || NEW.queue")
        constraints = [
            models.CheckConstraint(condition=Q(queue__in=QUEUES), name="%(app_label)s_%(class)s_queue"),
            in_range("concurrency", 1, 128),
            models.CheckConstraint(
                condition=Q(quiet_from__isnull=True, quiet_until__isnull=True)
                | (Q(quiet_from__isnull=False, quiet_until__isnull=False) & ~Q(quiet_from=F("quiet_until"))),
                name="%(app_label)s_%(class)s_quiet",
                violation_error_message="Quiet hours have a beginning and a different end.",
            ),
        ]

    def __str__(self) -> str:
        return self.queue


class CronRun(TimeStamped):
    """Up to which moment a stage's set times have been answered."""

    stage = models.SlugField(max_length=STAGE_LENGTH, unique=True)
    answered_until = models.DateTimeField()

    class Meta(TimeStamped.Meta):
        verbose_name = "answered times"
        verbose_name_plural = "answered times"

    def __str__(self) -> str:
        return self.stage


class DemandLease(TimeStamped):
    """Somebody watches something and wants the machine for it, until the lease ends or is given back."""

    holder = models.CharField(max_length=100, unique=True, help_text="Who holds it: a playback session, say.")
    expires_at = models.DateTimeField()

    class Meta(TimeStamped.Meta):
        verbose_name = "demand"

    def __str__(self) -> str:
        return self.holder
