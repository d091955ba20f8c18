"""Going through videos one by one: where somebody is in a queue, who looks at which video now, and what was answered.

Machines keep these tables; what an answer changes is in its change batch.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from library.models.base import TimeStamped
from library.models.bulk_edit import BulkEdit
from library.models.change import ChangeBatch
from library.models.names import is_json
from library.models.video import Video

QUEUE_KEY_CHARACTERS = 60


class TriageProgress(TimeStamped):
    """Where a user is in a queue. `position` is the id of the last video that was left behind, 0 at the beginning: the
    next one has a higher id, so it counts no matter what becomes of that video.

    `total` is how many there were to go through when it was begun, `processed` included, as far as is counted. `pace`
    maps each of the last days on which something was answered ("2024-05-31") to {videos, keys, seconds}.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_index=False, related_name="triage_progress"
    )
    queue = models.CharField(max_length=QUEUE_KEY_CHARACTERS)
    position = models.BigIntegerField(default=0)
    processed = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    is_total_exact = models.BooleanField(default=True, help_text="False where counting stopped at its bound.")
    started_at = models.DateTimeField(db_default=Now())
    active_at = models.DateTimeField(db_default=Now(), help_text="When the last answer was given.")
    pace = models.JSONField(default=dict, db_default={}, blank=True)

    class Meta(TimeStamped.Meta):
        verbose_name_plural = "triage progress"
        constraints = [
            models.UniqueConstraint(fields=["user", "queue"], name="%(app_label)s_%(class)s_one"),
            models.CheckConstraint(condition=Q(position__gte=0), name="%(app_label)s_%(class)s_position"),
            is_json("pace", "object"),
        ]

    def __str__(self) -> str:
        return f"{self.queue}: {self.processed} of {self.total}"


class TriageLease(TimeStamped):
    """A user has the video before them, or loaded to be next, until `expires_at`: nobody else is shown it meanwhile."""

    video = models.OneToOneField(Video, on_delete=models.CASCADE, primary_key=True, related_name="triage_lease")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_index=False, related_name="triage_leases"
    )
    queue = models.CharField(max_length=QUEUE_KEY_CHARACTERS)
    expires_at = models.DateTimeField()

    class Meta(TimeStamped.Meta):
        indexes = [
            # What a user holds in a queue, to be given back when they leave it.
            models.Index(fields=["user", "queue"], name="library_triagelease_of_user"),
        ]

    def __str__(self) -> str:
        return f"video {self.video_id} until {self.expires_at:%H:%M}"


class AnswerKind(models.TextChoices):
    """What became of a video."""

    CHANGED = "changed", "Changed"
    PASSED = "passed", "Looked at"
    SKIPPED = "skipped", "Left for later"
    BATCH = "batch", "Many at once"
    UNDONE = "undone", "Taken back"


class TriageAnswer(TimeStamped):
    """One answer, written once and never changed. `is_last` is the one with which the video was left behind. An answer
    about many videos has a row for each of them besides, which is `part_of` it.

    `key` is made by the page that sends it, so that what is sent twice counts once. `position` is where the user was in
    the queue before it. `seconds` is how long the video was looked at before it (without long pauses). An answer that
    takes another one back names it in `undoes`.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_index=False, related_name="triage_answers"
    )
    queue = models.CharField(max_length=QUEUE_KEY_CHARACTERS)
    video = models.ForeignKey(Video, on_delete=models.SET_NULL, null=True, db_index=False, related_name="+")
    kind = models.CharField(max_length=10, choices=AnswerKind.choices)
    key = models.UUIDField(unique=True)
    is_last = models.BooleanField(default=False)
    is_aside = models.BooleanField(default=False, help_text="Of a video that was looked up, outside of the order.")
    position = models.BigIntegerField(default=0)
    keys = models.PositiveSmallIntegerField(default=1, help_text="Keys that were pressed for it.")
    seconds = models.FloatField(default=0)
    video_count = models.PositiveIntegerField(default=1)
    summary = models.CharField(max_length=500, blank=True)
    batch = models.ForeignKey(ChangeBatch, on_delete=models.SET_NULL, null=True, db_index=False, related_name="+")
    edit = models.ForeignKey(BulkEdit, on_delete=models.SET_NULL, null=True, db_index=False, related_name="+")
    part_of = models.ForeignKey("self", on_delete=models.CASCADE, null=True, db_index=False, related_name="parts")
    undoes = models.OneToOneField("self", on_delete=models.SET_NULL, null=True, related_name="undone_by")

    class Meta(TimeStamped.Meta):
        indexes = [
            # A user's last answers in a queue: what undo takes back.
            models.Index(fields=["user", "queue", "-id"], name="library_triageanswer_latest"),
            # Who has answered a video in a queue, before it is shown to somebody else.
            models.Index(fields=["video", "queue"], name="library_triageanswer_video"),
            # The pace of the last days, of all and of one.
            models.Index(fields=["created_at", "user"], name="library_triageanswer_pace"),
            # The videos of an answer about many, when it goes.
            models.Index(fields=["part_of"], condition=~Q(part_of=None), name="library_triageanswer_parts"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=AnswerKind.values), name="%(app_label)s_%(class)s_kind"),
            models.CheckConstraint(condition=Q(seconds__gte=0), name="%(app_label)s_%(class)s_seconds"),
        ]

    def __str__(self) -> str:
        return self.summary or f"{self.kind}: video {self.video_id}"


class TriageCoverage(TimeStamped):
    """How much of the library was organised at the end of a day: `left` counts by queue what it still held."""

    day = models.DateField(unique=True)
    videos = models.PositiveIntegerField()
    left = models.JSONField(default=dict)

    class Meta(TimeStamped.Meta):
        verbose_name_plural = "triage coverage"

    def __str__(self) -> str:
        return f"{self.day}: {self.videos:,} videos"
