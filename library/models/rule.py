"""Rules: what is put on videos that meet conditions, and what they did."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from library.models.base import TimeStamped
from library.models.change import ChangeBatch
from library.models.names import NameField, NameKey, is_json
from library.models.suggestion import THING_KINDS, SuggestedKind
from library.models.tracking import tracked
from library.models.video import Video


class RuleKind(models.TextChoices):
    PATH = "path_match", "By path"
    METADATA = "metadata_match", "By what is known"
    MANUAL = "manual", "By hand only"


class RuleRunStatus(models.TextChoices):
    WAITING = "waiting", "Waiting"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


class RuleOutcome(models.TextChoices):
    """What became of an action on a video."""

    ADDED = "added", "Added"
    REMOVED = "removed", "Removed"
    CONFLICT = "conflict", "Left: contradicts"


@tracked()
class Rule(TimeStamped):
    """Conditions and actions, as `library.services.rules.checking` accepts them. Enabled ones also apply to new videos,
    the highest priority first; one "by hand only" never does so by itself."""

    name = NameField(max_length=200)
    name_key = NameKey()
    kind = models.CharField(max_length=15, choices=RuleKind.choices, default=RuleKind.PATH)
    conditions = models.JSONField(default=list, blank=True)
    is_any = models.BooleanField("one condition is enough", default=False)
    actions = models.JSONField(default=list, blank=True)
    priority = models.IntegerField(default=0, help_text="Rules with a higher number go first.")
    is_enabled = models.BooleanField("enabled", default=True, help_text="Also applied to new videos by itself.")
    is_learned = models.BooleanField(default=False, editable=False)
    note = models.CharField(max_length=500, blank=True)

    class Meta(TimeStamped.Meta):
        ordering = ["-priority", "name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["name_key"],
                name="%(app_label)s_%(class)s_name",
                violation_error_message="There is a rule of that name already.",
            ),
            models.CheckConstraint(condition=~Q(name=""), name="%(app_label)s_%(class)s_name_given"),
            models.CheckConstraint(condition=Q(kind__in=RuleKind.values), name="%(app_label)s_%(class)s_kind"),
            is_json("conditions", "array", of="object"),
            is_json("actions", "array", of="object"),
        ]

    def __str__(self) -> str:
        return self.name


class RuleRun(TimeStamped):
    """Rules applied to the library or to some videos, once. `rule_ids` empty is all that are enabled; `video_ids` None
    is every video."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    rule_ids = models.JSONField(default=list, blank=True)
    video_ids = models.JSONField(null=True, blank=True)
    status = models.CharField(max_length=8, choices=RuleRunStatus.choices, default=RuleRunStatus.WAITING)
    video_count = models.PositiveIntegerField(default=0, help_text="Videos that it changed.")
    hit_count = models.PositiveIntegerField(default=0, help_text="Videos that met the conditions.")
    conflict_count = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=500, blank=True)
    batch = models.ForeignKey(ChangeBatch, on_delete=models.SET_NULL, null=True, related_name="rule_runs")
    ended_at = models.DateTimeField(null=True)

    class Meta(TimeStamped.Meta):
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=RuleRunStatus.values), name="%(app_label)s_%(class)s_status"),
            is_json("rule_ids", "array"),
        ]

    def __str__(self) -> str:
        return f"Run {self.pk}"


class RuleLog(TimeStamped):
    """What a rule did to a video, or why it did nothing."""

    run = models.ForeignKey(RuleRun, on_delete=models.CASCADE, related_name="logs")
    rule = models.ForeignKey(Rule, on_delete=models.SET_NULL, null=True, related_name="logs")
    rule_name = models.CharField(max_length=200)
    video = models.ForeignKey(Video, on_delete=models.CASCADE, related_name="rule_logs")
    kind = models.CharField(max_length=10, choices=SuggestedKind.choices)
    object_id = models.BigIntegerField(null=True)
    label = models.CharField(max_length=200, blank=True)
    outcome = models.CharField(max_length=10, choices=RuleOutcome.choices)
    detail = models.CharField(max_length=300, blank=True)

    class Meta(TimeStamped.Meta):
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=THING_KINDS), name="%(app_label)s_%(class)s_kind"),
            models.CheckConstraint(condition=Q(outcome__in=RuleOutcome.values), name="%(app_label)s_%(class)s_outcome"),
        ]

    def __str__(self) -> str:
        return f"{self.rule_name}: {self.outcome} {self.label}"
