"""What a scan found."""

from django.db import models
from django.db.models import Q

from library.models.base import TimeStamped
from library.models.folder import Folder
from library.paths import display_path


class ScanStatus(models.TextChoices):
    RUNNING = "running", "Running"
    COMPLETED = "completed", "Completed"
    HELD = "held", "Waits for your answer"
    FAILED = "failed", "Failed"


class ScanTrigger(models.TextChoices):
    MANUAL = "manual", "Asked for"
    SCHEDULED = "scheduled", "Scheduled"
    INGEST = "ingest", "Ingest command"
    WATCHED = "watched", "A change was noticed"


class ScanLog(TimeStamped):
    """One scan of one folder. `files_seen` sums new, changed, moved, returned, unchanged, busy and unreadable ones.

    A held scan waits for an answer; a later scan of the same part answers it too. One that was answered with "keep
    them" is completed and still has its `files_held`: scans after it that miss no more than these ask no more.
    """

    folder = models.ForeignKey(Folder, on_delete=models.CASCADE, db_index=False, related_name="scans")
    trigger = models.CharField(max_length=10, choices=ScanTrigger.choices, default=ScanTrigger.MANUAL)
    status = models.CharField(max_length=10, choices=ScanStatus.choices, default=ScanStatus.RUNNING)
    error = models.TextField(blank=True)
    subpath = models.TextField(blank=True, help_text="The part that was looked at, as stored; empty for the whole.")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    files_seen = models.PositiveIntegerField(default=0)
    files_new = models.PositiveIntegerField(default=0)
    files_changed = models.PositiveIntegerField(default=0, help_text="Content replaced at the same path.")
    files_moved = models.PositiveIntegerField(default=0, help_text="Known content found at another path.")
    files_returned = models.PositiveIntegerField(default=0, help_text="Had been missing and are back.")
    files_unchanged = models.PositiveIntegerField(default=0)
    files_busy = models.PositiveIntegerField(default=0, help_text="Still being written; the next scan takes them.")
    files_unreadable = models.PositiveIntegerField(default=0, help_text="There, but may not be read.")
    files_missing = models.PositiveIntegerField(default=0, help_text="Known, and not found this time.")
    files_held = models.PositiveIntegerField(
        default=0, help_text="Not found and not marked either: too many at once, so a person is asked."
    )
    files_ignored = models.PositiveIntegerField(default=0, help_text="Purged from the library but still on disk.")

    class Meta(TimeStamped.Meta):
        ordering = ["-started_at", "-pk"]
        indexes = [
            # Admin and folder page: the last scans of a folder.
            models.Index(fields=["folder", "-started_at"], name="library_scan_latest"),
            # The banner on the overview: scans that wait for an answer.
            models.Index(fields=["folder"], condition=Q(status="held"), name="library_scan_held"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=ScanStatus.values), name="%(app_label)s_%(class)s_status"),
            models.CheckConstraint(condition=Q(trigger__in=ScanTrigger.values), name="%(app_label)s_%(class)s_trigger"),
            models.CheckConstraint(
                condition=Q(status="running", finished_at=None) | (~Q(status="running") & ~Q(finished_at=None)),
                name="%(app_label)s_%(class)s_finished",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.folder} {self.started_at:%Y-%m-%d %H:%M}"

    @property
    def shown_subpath(self) -> str:
        """The part as people read it."""
        return display_path(self.subpath)
