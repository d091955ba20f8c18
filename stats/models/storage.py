"""What lies on the disks."""

from django.db import models
from django.db.models import Q

from library.models import TimeStamped
from library.models.names import is_json


class StorageSnapshot(TimeStamped):
    """Bytes of one hour in UTC, as they were at `taken_at`.

    `directory_breakdown` lists {directory_id, name, path, size_bytes, video_count, missing_count, folders} by size, the
    largest first, with at most twenty {name, size_bytes, video_count} of the first folders below; names stay readable
    when a folder is gone. `derived_breakdown` lists {label, size_bytes, files} of what was made
    from the videos; it was measured at `derived_at`, since walking all of it each hour would wear disks. `disks` lists
    {path, total_bytes, free_bytes, folders}.
    """

    period = models.DateTimeField(unique=True, help_text="The beginning of the hour.")
    taken_at = models.DateTimeField()
    video_bytes = models.BigIntegerField(help_text="Of all files that are there.")
    video_count = models.PositiveIntegerField(help_text="Files that are there.")
    missing_bytes = models.BigIntegerField(default=0)
    missing_count = models.PositiveIntegerField(default=0)
    derived_bytes = models.BigIntegerField(default=0)
    derived_at = models.DateTimeField(null=True)
    converted_bytes = models.BigIntegerField(default=0, help_text="Of files that conversions made and that are there.")
    database_bytes = models.BigIntegerField(default=0)
    directory_breakdown = models.JSONField(default=list)
    derived_breakdown = models.JSONField(default=list)
    disks = models.JSONField(default=list)

    class Meta(TimeStamped.Meta):
        ordering = ["-period"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    video_bytes__gte=0,
                    missing_bytes__gte=0,
                    derived_bytes__gte=0,
                    converted_bytes__gte=0,
                    database_bytes__gte=0,
                ),
                name="%(app_label)s_%(class)s_bytes",
            ),
            is_json("directory_breakdown", "array", of="object"),
            is_json("derived_breakdown", "array", of="object"),
            is_json("disks", "array", of="object"),
        ]

    def __str__(self) -> str:
        return f"{self.period:%Y-%m-%d %H:00}"
