"""Every face that was seen in a picture of a video."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from pgvector.django import HalfVectorField, HnswIndex

from faces.ml.pack import DIMENSIONS
from faces.models.model import FaceModel
from faces.models.track import FaceTrack
from library.models import TimeStamped, Video
from library.models.tracking import tracked


@tracked(ignoring=("embedding", "model", "strip_index"), only_in_batches=True)
class FaceDetection(TimeStamped):
    """A face at a time of a video. Box and landmarks are fractions of the upright picture (0 to 1, landmarks may lie
    beyond); landmarks are x, y of both eyes, the nose and both corners of the mouth. `strip_index` is its place in the
    track's strip, None where it has none. A box that somebody drew is `is_manual`."""

    video = models.ForeignKey(Video, on_delete=models.CASCADE, db_index=False, related_name="face_detections")
    track = models.ForeignKey(FaceTrack, on_delete=models.CASCADE, related_name="detections")
    time_seconds = models.FloatField()
    left = models.FloatField()
    top = models.FloatField()
    width = models.FloatField()
    height = models.FloatField()
    landmarks = ArrayField(models.FloatField(), size=10, default=list, blank=True)
    score = models.FloatField(help_text="How sure the detector was, 0 to 1.")
    quality = models.FloatField(help_text="Size, pose, sharpness and score together, 0 to 1.")
    model = models.ForeignKey(FaceModel, on_delete=models.PROTECT, db_index=False, related_name="detections")
    embedding = HalfVectorField(dimensions=DIMENSIONS)
    strip_index = models.PositiveSmallIntegerField(null=True)
    is_manual = models.BooleanField(default=False)

    class Meta(TimeStamped.Meta):
        indexes = [
            # The faces of a video, picture by picture.
            models.Index(fields=["video", "time_seconds"], name="faces_detection_of_video"),
            # Similar faces among all that were ever seen. With 16 links the faces of one person, some hundred of them,
            # link to each other alone, and no search comes in from outside.
            HnswIndex(
                fields=["embedding"],
                name="faces_detection_similar",
                m=24,
                ef_construction=64,
                opclasses=["halfvec_cosine_ops"],
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(left__gte=0, top__gte=0, width__gt=0, height__gt=0, left__lte=1, top__lte=1),
                name="%(app_label)s_%(class)s_box",
            ),
            models.CheckConstraint(
                condition=Q(score__gte=0, score__lte=1, quality__gte=0, quality__lte=1),
                name="%(app_label)s_%(class)s_quality",
            ),
            models.CheckConstraint(condition=Q(time_seconds__gte=0), name="%(app_label)s_%(class)s_time"),
        ]

    def __str__(self) -> str:
        return f"face at {self.time_seconds:.1f} s of video {self.video_id}"
