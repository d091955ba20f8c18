"""Renaming files on the disk by what is known about their videos: the plan, and the journal of doing it."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from library.models.base import TimeStamped
from library.models.file import VideoFile


class RenameStatus(models.TextChoices):
    WAITING = "waiting", "Waiting"
    DONE = "done", "Done"


class RenameState(models.TextChoices):
    """How far the renaming of one file has come. Written before each step, so that a crash leaves no doubt."""

    PLANNED = "planned", "Waiting"
    MOVING = "moving", "Being renamed"
    DONE = "done", "Renamed"
    FAILED = "failed", "Left as it is"


class RenameRun(TimeStamped):
    """Files that were renamed together. `undoes` is set on the run that gives them their old names back."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    template = models.CharField(max_length=500)
    status = models.CharField(max_length=8, choices=RenameStatus.choices, default=RenameStatus.WAITING)
    undoes = models.OneToOneField("self", on_delete=models.SET_NULL, null=True, related_name="undone_by")
    renamed_count = models.PositiveIntegerField(default=0)
    failed_count = models.PositiveIntegerField(default=0)
    ended_at = models.DateTimeField(null=True)

    class Meta(TimeStamped.Meta):
        ordering = ["-pk"]
        permissions = [("rename_files", "Rename and move files on the disk")]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=RenameStatus.values), name="%(app_label)s_%(class)s_status"),
        ]

    def __str__(self) -> str:
        return f"Renaming {self.pk}"


class RenameItem(TimeStamped):
    """One file of a run: where it lay and where it goes, below its folder, in the stored form. `companions` are the
    names [old, new] of what goes with it (subtitles, sidecars). `inode` is the file's own, known when it is moved."""

    run = models.ForeignKey(RenameRun, on_delete=models.CASCADE, db_index=False, related_name="items")
    file = models.ForeignKey(VideoFile, on_delete=models.CASCADE, related_name="rename_items")
    old_path = models.TextField()
    new_path = models.TextField()
    companions = models.JSONField(default=list, blank=True)
    inode = models.BigIntegerField(null=True)
    state = models.CharField(max_length=8, choices=RenameState.choices, default=RenameState.PLANNED)
    error = models.CharField(max_length=500, blank=True)

    class Meta(TimeStamped.Meta):
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["run", "file"], name="%(app_label)s_%(class)s_once"),
            models.CheckConstraint(condition=Q(state__in=RenameState.values), name="%(app_label)s_%(class)s_state"),
        ]

    def __str__(self) -> str:
        return f"{self.old_path} -> {self.new_path}"
