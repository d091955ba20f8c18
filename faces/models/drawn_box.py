"""Faces that were missed, and that somebody drew a box around."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from faces.models.track import FaceTrack
from library.models import TimeStamped, Video
from people.models import Creator


class AskedState(models.TextChoices):
    """How far what a worker was asked for is."""

    WAITING = "waiting", "Waiting"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


class DrawnBox(TimeStamped):
    """A wish to have the face in a box described: left, top, width and height are fractions of the upright picture that
    is shown at `time_seconds`. A worker makes `track` of it and gives it `creator`'s name; without one it waits for a
    name. Rows are for the page that asked, and go after a day."""

    video = models.ForeignKey(Video, on_delete=models.CASCADE, related_name="drawn_faces")
    time_seconds = models.FloatField()
    left = models.FloatField()
    top = models.FloatField()
    width = models.FloatField()
    height = models.FloatField()
    creator = models.ForeignKey(Creator, on_delete=models.CASCADE, null=True, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="+")
    state = models.CharField(max_length=10, choices=AskedState.choices, default=AskedState.WAITING)
    error = models.TextField(blank=True)
    is_found = models.BooleanField(default=False, help_text="A face was seen in the box; else it is taken as drawn.")
    # Without a constraint: an undo takes the appearance away, and must not stumble over who asked for it.
    track = models.ForeignKey(FaceTrack, on_delete=models.SET_NULL, null=True, related_name="+", db_constraint=False)
    batch_id = models.UUIDField(null=True, help_text="The change by which it is undone.")

    class Meta(TimeStamped.Meta):
        verbose_name_plural = "drawn boxes"
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=Q(state__in=AskedState.values), name="%(app_label)s_%(class)s_state"),
            models.CheckConstraint(
                condition=Q(left__gte=0, top__gte=0, width__gt=0, height__gt=0, left__lt=1, top__lt=1),
                name="%(app_label)s_%(class)s_box",
            ),
            models.CheckConstraint(condition=Q(time_seconds__gte=0), name="%(app_label)s_%(class)s_time"),
        ]

    def __str__(self) -> str:
        return f"box at {self.time_seconds:.1f} s of video {self.video_id}"
