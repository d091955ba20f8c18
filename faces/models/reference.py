"""Known faces of known people."""

from django.db import models
from django.db.models import Q
from pgvector.django import HalfVectorField

from faces.ml.pack import DIMENSIONS
from faces.models.model import FaceModel
from faces.models.track import FaceTrack
from library.models import TimeStamped, Video
from library.models.tracking import tracked
from people.models import Creator
from processing.models.images import derived_storage


class ReferenceSource(models.TextChoices):
    PROFILE_PICTURE = "profile_picture", "Profile picture"
    VIDEO_FRAME = "video_frame", "From a video"
    MANUAL = "manual", "Photo"


@tracked(ignoring=("embedding", "model"))
class FaceReference(TimeStamped):
    """A face that is surely this person's. `embedding` is of length 1 and belongs to `model`; `crop` is the upright
    face of 112 px, from which another model makes its own. `path` is where the picture came from, `track` the
    appearance that somebody named; when that name is taken back, the reference goes with it."""

    creator = models.ForeignKey(Creator, on_delete=models.CASCADE, db_index=False, related_name="face_references")
    model = models.ForeignKey(FaceModel, on_delete=models.PROTECT, related_name="references")
    embedding = HalfVectorField(dimensions=DIMENSIONS)
    source = models.CharField(max_length=20, choices=ReferenceSource.choices)
    video = models.ForeignKey(Video, on_delete=models.SET_NULL, null=True, blank=True, related_name="face_references")
    track = models.ForeignKey(FaceTrack, on_delete=models.SET_NULL, null=True, blank=True, related_name="references")
    time_seconds = models.FloatField(null=True, blank=True, help_text="Where in the video.")
    path = models.TextField(blank=True)
    quality = models.FloatField(null=True)
    is_primary = models.BooleanField(default=False, help_text="Shown as their face.")
    crop = models.FileField(storage=derived_storage, max_length=200, blank=True)

    class Meta(TimeStamped.Meta):
        indexes = [
            # A person's references, the best first.
            models.Index(fields=["creator", "-quality"], name="faces_reference_of_creator"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["creator"], condition=Q(is_primary=True), name="%(app_label)s_%(class)s_one_primary"
            ),
            models.CheckConstraint(
                condition=Q(source__in=ReferenceSource.values), name="%(app_label)s_%(class)s_source"
            ),
            models.CheckConstraint(
                condition=Q(quality=None) | Q(quality__gte=0, quality__lte=1), name="%(app_label)s_%(class)s_quality"
            ),
        ]

    def __str__(self) -> str:
        return f"face of creator {self.creator_id}"
