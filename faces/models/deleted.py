"""Appearances that somebody deleted, so that no later look brings them back."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from pgvector.django import HalfVectorField

from faces.ml.pack import DIMENSIONS
from faces.models.model import FaceModel
from library.models import TimeStamped, Video
from library.models.tracking import tracked
from people.models import Creator


@tracked(ignoring=("embedding", "model", "boxes"))
class DeletedFace(TimeStamped):
    """What a look knows a deleted appearance by. `boxes`: seconds, left, top, right and bottom of each of its faces,
    fractions of the upright picture; by them another model knows it. `creator` is who it was said to be. An undo of the
    deletion takes the row away."""

    video = models.ForeignKey(Video, on_delete=models.CASCADE, related_name="deleted_faces")
    creator = models.ForeignKey(Creator, on_delete=models.SET_NULL, null=True, related_name="+")
    start_seconds = models.FloatField()
    end_seconds = models.FloatField()
    model = models.ForeignKey(FaceModel, on_delete=models.PROTECT, db_index=False, related_name="+")
    embedding = HalfVectorField(dimensions=DIMENSIONS)
    boxes = ArrayField(ArrayField(models.FloatField(), size=5), default=list, blank=True)

    class Meta(TimeStamped.Meta):
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(start_seconds__gte=0, end_seconds__gte=F("start_seconds")),
                name="%(app_label)s_%(class)s_span",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.start_seconds:.0f}–{self.end_seconds:.0f} s of video {self.video_id}"
