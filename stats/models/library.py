"""What the library is made of."""

from django.db import models

from library.models.names import is_json
from stats.models.base import DailySnapshot


class LibrarySnapshot(DailySnapshot):
    """Videos outside the trash, by what their primary files are.

    Breakdowns list {key, label, count, percentage}, the most frequent first; percentages are of `total_count`.
    `failures` lists {stage, error_class, count} of what waits for a person.
    """

    total_count = models.PositiveIntegerField(default=0)
    available_count = models.PositiveIntegerField(default=0, help_text="Less those that are missing.")
    missing_count = models.PositiveIntegerField(default=0)
    trashed_count = models.PositiveIntegerField(default=0)
    corrupt_count = models.PositiveIntegerField(default=0)
    total_bytes = models.BigIntegerField(default=0)
    average_bytes = models.FloatField(default=0)
    total_seconds = models.FloatField(default=0)
    average_seconds = models.FloatField(default=0)
    failed_files = models.PositiveIntegerField(default=0)
    waiting_files = models.PositiveIntegerField(default=0, help_text="That stages have not come to.")
    open_failures = models.PositiveIntegerField(default=0)
    duplicate_pairs = models.PositiveIntegerField(default=0, help_text="That nobody has answered.")
    duplicate_bytes = models.BigIntegerField(default=0, help_text="What removing the smaller ones would give.")
    convertible_count = models.PositiveIntegerField(default=0, help_text="Large ones that are worth converting.")
    convertible_bytes = models.BigIntegerField(default=0, help_text="What that would save, by guess.")
    stale_folders = models.PositiveIntegerField(default=0, help_text="Scanned longer ago than they should be.")
    resolution_breakdown = models.JSONField(default=list)
    codec_breakdown = models.JSONField(default=list)
    container_breakdown = models.JSONField(default=list)
    hdr_breakdown = models.JSONField(default=list)
    orientation_breakdown = models.JSONField(default=list)
    frame_rate_breakdown = models.JSONField(default=list)
    length_breakdown = models.JSONField(default=list)
    failures = models.JSONField(default=list)

    class Meta(DailySnapshot.Meta):
        constraints = [
            *(
                is_json(f"{name}_breakdown", "array", of="object")
                for name in ("resolution", "codec", "container", "hdr", "orientation", "frame_rate", "length")
            ),
            is_json("failures", "array", of="object"),
        ]
