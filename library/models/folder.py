"""A watched root."""

import os

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import MD5

from library.models.base import TimeStamped
from library.paths import decode_path, display_path


class FolderQuerySet(models.QuerySet["Folder"]):
    def active(self) -> "FolderQuerySet":
        """Folders that scans look at."""
        return self.filter(is_active=True)


class Folder(TimeStamped):
    """A folder on this machine whose videos belong to the library.

    `path` is absolute and stored as `library.paths.encode_path` writes it, so that names that aren't valid UTF-8
    survive. Deactivating a folder keeps everything known about its files.
    """

    name = models.CharField(max_length=200, help_text="How the folder is called on the pages.")
    path = models.TextField(help_text="Absolute path on the machine that scans.")
    is_active = models.BooleanField(default=True, help_text="Scanned and shown.")
    is_mount_point = models.BooleanField(
        default=False,
        editable=False,
        help_text="The path was a mount point at the last scan; when it no longer is, the disk is unplugged.",
    )
    last_scanned_at = models.DateTimeField(null=True, editable=False)

    objects = FolderQuerySet.as_manager()

    class Meta(TimeStamped.Meta):
        ordering = ["name", "pk"]
        constraints = [
            # Over a digest: a path can be longer than a B-tree entry (about 2,700 bytes).
            models.UniqueConstraint(
                MD5("path"),
                name="%(app_label)s_%(class)s_path",
                violation_error_message="That folder is in the library already.",
            ),
            models.CheckConstraint(
                condition=models.Q(path__startswith="/"),
                name="%(app_label)s_%(class)s_path_absolute",
                violation_error_message="Give the whole path, from the first slash on.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def fs_path(self) -> str:
        """The path as `os` functions take it (surrogate escapes for bytes that aren't UTF-8)."""
        return decode_path(self.path)

    @property
    def shown_path(self) -> str:
        """The path as people read it."""
        return display_path(self.path)

    def clean(self) -> None:
        super().clean()
        self.path = self.path.rstrip("/") or "/"
        if not os.path.isdir(self.fs_path):
            raise ValidationError({"path": f"There is no folder {self.shown_path} on this machine."})
