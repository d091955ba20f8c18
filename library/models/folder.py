"""A watched root."""

import os

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import MD5

from library.models.base import TimeStamped
from library.models.names import is_json
from library.models.tracking import tracked
from library.path_map import local_path
from library.paths import decode_path, display_path


class FolderKind(models.TextChoices):
    """What a folder mostly holds: how file names are read."""

    VIDEOS = "videos", "Videos"
    MOVIES = "movies", "Films"
    SERIES = "series", "Series"
    MUSIC = "music", "Music videos"


class WatchMode(models.TextChoices):
    """How changes are noticed between scans."""

    AUTO = "auto", "At once where the file system tells, else by looking"
    EVENTS = "events", "At once, by events of the file system"
    POLLING = "polling", "By looking again and again"
    OFF = "off", "Only by scans"


def check_globs(value: object) -> None:
    """Raises ValidationError unless the value is a list of patterns that aren't empty."""
    if not isinstance(value, list) or not all(isinstance(glob, str) and glob.strip() for glob in value):
        raise ValidationError("Give a list of patterns, *.tmp or Extras/** say.")


class FolderQuerySet(models.QuerySet["Folder"]):
    def in_library(self) -> "FolderQuerySet":
        """Folders that were not removed."""
        return self.filter(removed_at=None)

    def active(self) -> "FolderQuerySet":
        """Folders that scans look at."""
        return self.in_library().filter(is_active=True)


# Written by scans; a change of nothing else is no event of the folder's history.
_MACHINE_COLUMNS = ("is_mount_point", "sentinel", "device", "watch_note", "last_scanned_at")


@tracked(ignoring=_MACHINE_COLUMNS)
class Folder(TimeStamped):
    """A folder on this machine whose videos belong to the library.

    `path` is absolute and stored as `library.paths.encode_path` writes it, so that names that aren't valid UTF-8
    survive. Deactivating a folder keeps everything known about its files; so does removing it (`removed_at`): its
    videos are missing from then on, and adding the same path again brings all back.
    """

    name = models.CharField(max_length=200, help_text="How the folder is called on the pages.")
    path = models.TextField(help_text="Absolute path on the machine that scans.")
    is_active = models.BooleanField(default=True, help_text="Scanned and shown.")
    is_mount_point = models.BooleanField(
        default=False,
        editable=False,
        help_text="The path was a mount point at the last scan; when it no longer is, the disk is unplugged.",
    )
    kind = models.CharField(max_length=10, choices=FolderKind.choices, default=FolderKind.VIDEOS)
    is_default = models.BooleanField(default=False, help_text="Uploads and conversions go here.")
    looks_for_faces = models.BooleanField(
        "look for faces", default=True, help_text="Off, no faces are looked for in its videos."
    )
    is_auto_scanned = models.BooleanField(default=True, help_text="Scanned by itself, at the interval.")
    scan_interval_minutes = models.PositiveIntegerField(
        null=True, blank=True, help_text="Empty: as the library settings say."
    )
    watch_mode = models.CharField(max_length=10, choices=WatchMode.choices, default=WatchMode.AUTO)
    exclude_globs = models.JSONField(
        default=list, blank=True, validators=[check_globs], help_text="Patterns of paths below it that are left out."
    )
    sentinel = models.CharField(
        max_length=255,
        blank=True,
        editable=False,
        help_text="What its marker file holds, without which its disk counts as away; empty: it has no marker.",
    )
    device = models.CharField(
        max_length=100, blank=True, editable=False, help_text="The file system it lay on at the last good scan."
    )
    watch_note = models.CharField(
        max_length=300, blank=True, editable=False, help_text="How it is watched right now, in a sentence."
    )
    last_scanned_at = models.DateTimeField(null=True, editable=False)
    removed_at = models.DateTimeField(null=True, editable=False)

    objects = FolderQuerySet.as_manager()

    class Meta(TimeStamped.Meta):
        ordering = ["name", "pk"]
        constraints = [
            # Over a digest: a path can be longer than a B-tree entry (about 2,700 bytes).
            models.UniqueConstraint(
                MD5("path"),
                condition=models.Q(removed_at__isnull=True),
                name="%(app_label)s_%(class)s_path",
                violation_error_message="That folder is in the library already.",
            ),
            models.CheckConstraint(
                condition=models.Q(path__startswith="/"),
                name="%(app_label)s_%(class)s_path_absolute",
                violation_error_message="Give the whole path, from the first slash on.",
            ),
            models.UniqueConstraint(
                "is_default",
                condition=models.Q(is_default=True),
                name="%(app_label)s_%(class)s_one_default",
                violation_error_message="There is a default folder already.",
            ),
            models.CheckConstraint(
                condition=~models.Q(is_default=True, removed_at__isnull=False),
                name="%(app_label)s_%(class)s_default_kept",
            ),
            models.CheckConstraint(condition=models.Q(kind__in=FolderKind.values), name="%(app_label)s_%(class)s_kind"),
            models.CheckConstraint(
                condition=models.Q(watch_mode__in=WatchMode.values), name="%(app_label)s_%(class)s_watch_mode"
            ),
            is_json("exclude_globs", "array", of="string"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def fs_path(self) -> str:
        """The path on this machine as `os` functions take it (surrogate escapes for bytes that aren't UTF-8)."""
        return local_path(decode_path(self.path))

    @property
    def is_elsewhere(self) -> bool:
        """Whether this machine sees it at another path: it may read the files, but not judge what is missing."""
        return self.fs_path != decode_path(self.path)

    @property
    def shown_path(self) -> str:
        """The path as people read it."""
        return display_path(self.path)

    def clean(self) -> None:
        super().clean()
        self.path = self.path.rstrip("/") or "/"
        # Later its disk may be away while its name is changed.
        if self._state.adding and not os.path.isdir(self.fs_path):
            raise ValidationError({"path": f"There is no folder {self.shown_path} on this machine."})
