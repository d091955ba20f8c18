"""People whom nobody has named yet."""

from django.db import models
from django.db.models import Q
from pgvector.django import HalfVectorField

from faces.ml.pack import DIMENSIONS
from faces.models.model import FaceModel
from library.models import TimeStamped
from library.models.tracking import tracked


@tracked(ignoring=("center", "model", "track_count", "video_count"))
class FaceCluster(TimeStamped):
    """Tracks that are probably one unknown person. `center` is the mean of their vectors, of length 1; the counts are
    kept by the clustering. A hidden one is a passer-by: it is shown nowhere and named by nobody."""

    model = models.ForeignKey(FaceModel, on_delete=models.PROTECT, related_name="clusters")
    center = HalfVectorField(dimensions=DIMENSIONS)
    track_count = models.PositiveIntegerField(default=0)
    video_count = models.PositiveIntegerField(default=0)
    is_hidden = models.BooleanField(default=False)

    class Meta(TimeStamped.Meta):
        indexes = [
            # Who is worth a name most: in the most videos.
            models.Index(fields=["-video_count", "id"], condition=Q(is_hidden=False), name="faces_cluster_by_reach"),
        ]

    def __str__(self) -> str:
        return f"Unknown {self.pk}"


@tracked()
class DifferentPeople(TimeStamped):
    """Somebody said that two clusters are two people; they are not offered as one again, nor joined by a clustering.

    The smaller id first."""

    first = models.ForeignKey(FaceCluster, on_delete=models.CASCADE, db_index=False, related_name="+")
    second = models.ForeignKey(FaceCluster, on_delete=models.CASCADE, related_name="+")

    class Meta(TimeStamped.Meta):
        verbose_name_plural = "different people"
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="%(app_label)s_%(class)s_once"),
            models.CheckConstraint(condition=Q(first__lt=models.F("second")), name="%(app_label)s_%(class)s_order"),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} is not {self.second_id}"
