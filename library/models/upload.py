"""Videos on their way in from a browser."""

from django.conf import settings
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from library.models.base import TimeStamped
from library.models.file import VideoFile
from library.models.folder import Folder
from library.paths import display_path


class UploadStatus(models.TextChoices):
    """How far an upload has come."""

    RECEIVING = "receiving", "Being received"
    DUPLICATE = "duplicate", "In the library already"
    RECEIVED = "received", "Waiting for its place"
    DONE = "done", "In the library"
    REFUSED = "refused", "Refused"
    CANCELLED = "cancelled", "Cancelled"


# Those that have a partial file on the disk.
UNFINISHED = (UploadStatus.RECEIVING, UploadStatus.DUPLICATE, UploadStatus.RECEIVED)


class Upload(TimeStamped):
    """A file that a user sends, piece by piece. `received_bytes` is how much of it is safely on the disk.

    The bytes lie hidden in their folder (`library.services.receiving`) until all are there; then the file gets its
    name at `relative_path` (stored form) and its row. `content_key` is what the browser knows the file by again.
    """

    public_id = models.UUIDField(db_default=RandomUUID(), editable=False, unique=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_index=False, related_name="uploads")
    folder = models.ForeignKey(Folder, on_delete=models.CASCADE, related_name="uploads")
    name = models.CharField(max_length=500, help_text="As the user's machine calls it.")
    size_bytes = models.BigIntegerField()
    received_bytes = models.BigIntegerField(default=0)
    content_key = models.CharField(max_length=100, blank=True)
    modified_at = models.DateTimeField(null=True, help_text="The file's date on the user's machine.")
    status = models.CharField(max_length=10, choices=UploadStatus.choices, default=UploadStatus.RECEIVING)
    error = models.TextField(blank=True)
    relative_path = models.TextField(blank=True)
    is_duplicate_accepted = models.BooleanField(default=False)
    file = models.ForeignKey(VideoFile, on_delete=models.SET_NULL, null=True, related_name="uploads")
    last_received_at = models.DateTimeField(db_default=Now())

    class Meta(TimeStamped.Meta):
        default_permissions = ("view", "delete")
        ordering = ["-pk"]
        indexes = [
            # A user's own uploads, the newest first, and those to go on with.
            models.Index(fields=["user", "-id"], name="library_upload_of_user"),
            # What lies unfinished on the disks: the list of running ones, and the removal of abandoned ones.
            models.Index(
                fields=["last_received_at"],
                condition=Q(status__in=["receiving", "duplicate", "received"]),
                name="library_upload_unfinished",
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=UploadStatus.values), name="%(app_label)s_%(class)s_status"),
            models.CheckConstraint(
                condition=Q(size_bytes__gt=0, received_bytes__gte=0, received_bytes__lte=F("size_bytes")),
                name="%(app_label)s_%(class)s_bytes",
            ),
        ]

    def __str__(self) -> str:
        return display_path(self.name)

    @property
    def is_complete(self) -> bool:
        return self.received_bytes == self.size_bytes

    @property
    def percent(self) -> int:
        return self.received_bytes * 100 // self.size_bytes
