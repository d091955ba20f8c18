"""Who appears when in a video."""

from django.db import models
from django.db.models import F, Q
from pgvector.django import HalfVectorField

from faces.ml.pack import DIMENSIONS
from faces.models.cluster import FaceCluster
from faces.models.model import FaceModel
from library.models import TimeStamped, Video, VideoFile
from library.models.tracking import tracked
from people.models import Creator
from processing.models.images import derived_storage


class TrackStatus(models.TextChoices):
    """What is known about who it is."""

    PENDING = "pending", "Not named"
    MATCHED = "matched", "Recognised"
    MANUAL = "manual", "Named by hand"
    REJECTED = "rejected", "Nobody to name"


NAMED = (TrackStatus.MATCHED, TrackStatus.MANUAL)


class TrackQuerySet(models.QuerySet["FaceTrack"]):
    def named(self) -> "TrackQuerySet":
        """Those whose person is known."""
        return self.filter(status__in=NAMED)

    def pending(self) -> "TrackQuerySet":
        """Those that wait for a name."""
        return self.filter(status=TrackStatus.PENDING)


@tracked(ignoring=("embedding", "model", "crop", "strip", "detection_count", "quality"), only_in_batches=True)
class FaceTrack(TimeStamped):
    """One appearance of one person in a video, seconds from its start. `embedding` is the mean of its detections' by
    quality, of length 1. `crop` shows the face, `strip` holds the upright faces of 112 px of up to eight detections
    side by side, for another model. `confidence` is the likeness that the name came from. One that is `is_placed` was
    put into its cluster by a person, and no clustering takes it out again."""

    video = models.ForeignKey(Video, on_delete=models.CASCADE, db_index=False, related_name="face_tracks")
    file = models.ForeignKey(VideoFile, on_delete=models.SET_NULL, null=True, related_name="face_tracks")
    start_seconds = models.FloatField()
    end_seconds = models.FloatField()
    status = models.CharField(max_length=10, choices=TrackStatus.choices, default=TrackStatus.PENDING)
    creator = models.ForeignKey(Creator, on_delete=models.SET_NULL, null=True, related_name="face_tracks")
    confidence = models.FloatField(null=True)
    cluster = models.ForeignKey(FaceCluster, on_delete=models.SET_NULL, null=True, related_name="tracks")
    model = models.ForeignKey(FaceModel, on_delete=models.PROTECT, related_name="tracks")
    embedding = HalfVectorField(dimensions=DIMENSIONS)
    detection_count = models.PositiveIntegerField(default=1)
    quality = models.FloatField(default=0)
    crop = models.FileField(storage=derived_storage, max_length=200, blank=True)
    strip = models.FileField(storage=derived_storage, max_length=200, blank=True)
    is_placed = models.BooleanField(default=False, help_text="Somebody said which unknown person it is.")
    is_retimed = models.BooleanField(default=False, help_text="Somebody set its times; no look changes them.")
    imported_status = models.CharField(max_length=50, blank=True, help_text="What another system called it.")

    objects = TrackQuerySet.as_manager()

    class Meta(TimeStamped.Meta):
        indexes = [
            # Who is in a video, in order.
            models.Index(fields=["video", "start_seconds"], name="faces_track_of_video"),
            # A person's moments.
            models.Index(
                fields=["creator", "video"], condition=Q(creator__isnull=False), name="faces_track_of_creator"
            ),
            # What a clustering or a new reference looks at.
            models.Index(fields=["id"], condition=Q(status="pending"), name="faces_track_pending"),
            # None on the vectors: each row that is named or grouped would take its place in it anew, a millisecond
            # each. All of them are read faster than that; similar faces among a million are those of FaceDetection.
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(start_seconds__gte=0, end_seconds__gte=F("start_seconds")),
                name="%(app_label)s_%(class)s_span",
            ),
            models.CheckConstraint(condition=Q(status__in=TrackStatus.values), name="%(app_label)s_%(class)s_status"),
            models.CheckConstraint(
                condition=Q(confidence=None) | Q(confidence__gte=-1, confidence__lte=1),
                name="%(app_label)s_%(class)s_confidence",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.start_seconds:.0f}–{self.end_seconds:.0f} s of video {self.video_id}"
