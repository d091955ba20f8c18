"""Pictures of a video that wait to be looked at for faces."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from library.models import TimeStamped, VideoFile
from processing.models.images import derived_storage


class FaceFrames(TimeStamped):
    """JPEGs in one uncompressed ZIP, `0000.jpg` and on, in the order of `times` (seconds from the start, growing). Made
    by the one decode of the frames stage when somebody takes them, gone once they were looked at."""

    file = models.OneToOneField(VideoFile, on_delete=models.CASCADE, related_name="face_frames")
    input_key = models.CharField(max_length=32, help_text="Digest of what they were made from and how.")
    archive = models.FileField(storage=derived_storage, max_length=200)
    times = ArrayField(models.FloatField())
    width = models.PositiveSmallIntegerField()
    height = models.PositiveSmallIntegerField()
    decoded_again = models.BooleanField(
        default=False, help_text="By a decode of their own, for a model that came after the pictures."
    )

    class Meta(TimeStamped.Meta):
        verbose_name_plural = "face frames"
        constraints = [
            models.CheckConstraint(condition=Q(times__len__gt=0), name="%(app_label)s_%(class)s_times"),
        ]

    def __str__(self) -> str:
        return f"{len(self.times)} pictures of file {self.file_id}"
