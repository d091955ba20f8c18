"""What a file looks like, for finding copies of its content."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Func

from library.models.base import TimeStamped
from library.models.file import VideoFile


class FileSignature(TimeStamped):
    """Hashes of a file's pictures and keyframe packets, made by the frames stage. 64-bit numbers, stored signed; 0 says
    nothing and matches nothing. Times are seconds from the start; each list of times belongs to its list of hashes and
    grows. Frames are perceptual hashes of tiles; keyframes are equal where the stream was copied, cut out or not."""

    file = models.OneToOneField(VideoFile, on_delete=models.CASCADE, primary_key=True, related_name="signature")
    version = models.PositiveSmallIntegerField(help_text="How the hashes were made; only equal versions compare.")
    frame_times = ArrayField(models.FloatField(), default=list)
    frame_hashes = ArrayField(models.BigIntegerField(), default=list)
    keyframe_times = ArrayField(models.FloatField(), default=list)
    keyframe_hashes = ArrayField(models.BigIntegerField(), default=list)

    class Meta(TimeStamped.Meta):
        indexes = [
            # Duplicates: files with a picture that shares 21 bits with one of a new file's.
            GinIndex(
                Func(F("frame_hashes"), function="videothek_frame_bands"),
                name="library_signature_frames",
                fastupdate=False,
            ),
            # Duplicates: files with one of a new file's keyframes, copied as it is.
            GinIndex(fields=["keyframe_hashes"], name="library_signature_keyframes", fastupdate=False),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(frame_times__len=models.F("frame_hashes__len")),
                name="%(app_label)s_%(class)s_frames",
            ),
            models.CheckConstraint(
                condition=models.Q(keyframe_times__len=models.F("keyframe_hashes__len")),
                name="%(app_label)s_%(class)s_keyframes",
            ),
        ]

    def __str__(self) -> str:
        return f"signature of file {self.file_id}"
