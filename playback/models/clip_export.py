"""Clips that were cut out of a file to be downloaded; they can always be cut again."""

from django.db import models
from django.db.models import F, Q

from library.models import TimeStamped
from playback.models.marker import Marker
from processing.models.images import derived_storage


class ClipExport(TimeStamped):
    """A mark's range as a file of its own, copied without encoding from one keyframe up to another.

    `from_seconds` and `to_seconds` are those keyframes: at or before the mark's start, at or after its end. Belongs to
    the mark's user and goes with the mark, when that moves, and some days after it was made.
    """

    marker = models.OneToOneField(Marker, on_delete=models.CASCADE, related_name="export")
    input_key = models.CharField(max_length=32, help_text="Digest of what it was cut from and where.")
    clip = models.FileField(storage=derived_storage, max_length=200)
    size_bytes = models.BigIntegerField()
    from_seconds = models.FloatField()
    to_seconds = models.FloatField()
    made_at = models.DateTimeField()

    class Meta(TimeStamped.Meta):
        default_permissions = ("view",)
        permissions = [("export_clip", "Can cut clips out of videos to download them")]
        indexes = [
            # Those whose days are over.
            models.Index(fields=["made_at"], name="playback_clipexport_made"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(from_seconds__gte=0) & Q(to_seconds__gt=F("from_seconds")),
                name="%(app_label)s_%(class)s_range",
            ),
            models.CheckConstraint(condition=Q(size_bytes__gt=0), name="%(app_label)s_%(class)s_bytes"),
        ]

    def __str__(self) -> str:
        return str(self.clip.name)
