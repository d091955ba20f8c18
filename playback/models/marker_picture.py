"""What a mark is shown by: a picture or a short clip, which can always be made again."""

from django.db import models
from django.db.models import Q

from library.models import TimeStamped
from playback.models.marker import Marker
from processing.models.images import derived_storage


class MarkerPicture(TimeStamped):
    """A still of the video at the mark (WebP), and with the setting for it a clip from there on (MP4, no sound)."""

    marker = models.OneToOneField(Marker, on_delete=models.CASCADE, related_name="picture")
    input_key = models.CharField(max_length=32, help_text="Digest of what it was made from and how.")
    image = models.FileField(storage=derived_storage, max_length=200)
    clip = models.FileField(storage=derived_storage, max_length=200, blank=True)
    width = models.PositiveSmallIntegerField()
    height = models.PositiveSmallIntegerField()
    clip_seconds = models.FloatField(null=True)

    class Meta(TimeStamped.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(clip="", clip_seconds=None) | (~Q(clip="") & Q(clip_seconds__gt=0)),
                name="%(app_label)s_%(class)s_clip",
            )
        ]

    def __str__(self) -> str:
        return str(self.image.name)
