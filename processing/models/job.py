"""One piece of work."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from library.models import Folder, TimeStamped
from processing.models.tally import keep_counts


class JobStatus(models.TextChoices):
    PENDING = "pending", "Waiting"
    RUNNING = "running", "Running"
    COMPLETED = "completed", "Completed"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"
    TIMED_OUT = "timed_out", "Timed out"


ACTIVE = (JobStatus.PENDING, JobStatus.RUNNING)


class TargetKind(models.TextChoices):
    FOLDER = "folder", "Folder"
    FILE = "file", "File"
    BULK_EDIT = "bulk_edit", "Edit of many videos"
    DUPLICATES = "duplicates", "Duplicates of a person's choice"
    VIDEO = "video", "Video"
    MARKER = "marker", "Mark"
    CONVERSION = "conversion", "Conversion"
    LIBRARY = "library", "Whole library"


class Priority(models.IntegerChoices):
    """Higher goes first; among equals the one that has been due longest."""

    IDLE = -1, "When nothing else waits"
    AUTOMATIC = 0, "Automatic"
    MANUAL = 1, "Asked for"
    INGEST = 2, "Ingest command"
    LOOKING = 3, "Somebody is looking at it"


QUEUES = ("scan", "media", "gpu", "faces", "maintenance")
# Of registered stages' names, everywhere they are stored.
STAGE_LENGTH = 40


class JobQuerySet(models.QuerySet["Job"]):
    def active(self) -> "JobQuerySet":
        """Waiting or running."""
        return self.filter(status__in=ACTIVE)

    def due(self) -> "JobQuerySet":
        """Waiting, and its time has come."""
        return self.filter(status=JobStatus.PENDING, due_at__lte=models.functions.Now())


class Job(TimeStamped):
    """One stage on one target. This row is the truth; a message in Redis only says that its queue has work.

    A worker claims the row, renews `lease_expires_at` while it works, and finishes it under its own `attempts` number:
    a worker that was taken for dead can't overwrite what its successor did. `label` keeps the target's name for when
    the target is gone.
    """

    stage = models.SlugField(max_length=STAGE_LENGTH, help_text="A registered stage.", db_index=False)
    queue = models.CharField(max_length=20)
    target_kind = models.CharField(max_length=10, choices=TargetKind.choices)
    target_id = models.BigIntegerField()
    variant = models.CharField(max_length=100, blank=True, help_text="Tells apart two jobs of one stage and target.")
    folder = models.ForeignKey(Folder, on_delete=models.SET_NULL, null=True, related_name="jobs")
    label = models.TextField(blank=True)
    params = models.JSONField(default=dict, blank=True)
    status = models.CharField(max_length=10, choices=JobStatus.choices, default=JobStatus.PENDING)
    priority = models.SmallIntegerField(
        choices=Priority.choices, default=Priority.AUTOMATIC, help_text="Higher goes first."
    )
    is_forced = models.BooleanField(
        default=False, help_text="What follows it runs too, even where nothing has changed since it last ran."
    )
    input_key = models.CharField(
        max_length=32, blank=True, help_text="Digest of what the last attempt worked on, as in the ledger."
    )
    is_asked_again = models.BooleanField(
        default=False, help_text="Asked for while it was running, with a changed input: it runs again afterwards."
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    max_attempts = models.PositiveSmallIntegerField(default=3)
    due_at = models.DateTimeField(db_default=models.functions.Now())
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    duration_seconds = models.FloatField(null=True, help_text="How long the last attempt took.")
    worker = models.CharField(max_length=200, blank=True, help_text="Host and process id.")
    lease_expires_at = models.DateTimeField(null=True)
    progress_done = models.PositiveIntegerField(default=0)
    progress_total = models.PositiveIntegerField(default=0)
    error_class = models.CharField(max_length=100, blank=True)
    error = models.TextField(blank=True)
    result = models.JSONField(default=dict, blank=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    objects = JobQuerySet.as_manager()

    class Meta(TimeStamped.Meta):
        triggers = [*TimeStamped.Meta.triggers, keep_counts()]
        indexes = [
            # A worker's claim: the best waiting row of its queue.
            models.Index(
                "queue",
                F("priority").desc(),
                "due_at",
                "id",
                condition=Q(status="pending"),
                name="processing_job_claim",
            ),
            # A claim while some stages may not be begun: the best waiting row of each of the others.
            models.Index(
                "queue",
                "stage",
                F("priority").desc(),
                "due_at",
                "id",
                condition=Q(status="pending"),
                name="processing_job_of_stage",
            ),
            # The reconciler: running rows whose lease ran out.
            models.Index(fields=["lease_expires_at"], condition=Q(status="running"), name="processing_job_lease"),
            # The file's and folder's own jobs, newest first (admin, ingest).
            models.Index(fields=["target_kind", "target_id", "-id"], name="processing_job_target"),
            # Admin: the last failures.
            models.Index(fields=["status", "-id"], name="processing_job_status"),
            # Ingest: what is left of a folder.
            models.Index(fields=["folder"], condition=Q(status__in=ACTIVE), name="processing_job_folder"),
            # The pace of the last minutes on the queue page; the purge of old history.
            models.Index(fields=["finished_at"], include=["stage", "status"], name="processing_job_finished"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["target_kind", "target_id", "stage", "variant"],
                condition=Q(status__in=ACTIVE),
                name="%(app_label)s_%(class)s_one_active",
                violation_error_message="That job is waiting or running already.",
            ),
            models.CheckConstraint(condition=Q(status__in=JobStatus.values), name="%(app_label)s_%(class)s_status"),
            models.CheckConstraint(
                condition=Q(target_kind__in=TargetKind.values), name="%(app_label)s_%(class)s_target_kind"
            ),
            models.CheckConstraint(
                condition=Q(queue__in=QUEUES),
                name="%(app_label)s_%(class)s_queue",
            ),
            models.CheckConstraint(condition=Q(priority__in=Priority.values), name="%(app_label)s_%(class)s_priority"),
            models.CheckConstraint(
                condition=Q(status="running", lease_expires_at__isnull=False)
                | (~Q(status="running") & Q(lease_expires_at__isnull=True)),
                name="%(app_label)s_%(class)s_lease",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stage} {self.label}"
