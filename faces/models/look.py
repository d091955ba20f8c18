"""What the last look for faces at a file came to."""

from django.db import models
from django.db.models import Q

from faces.models.model import FaceModel
from library.models import TimeStamped, VideoFile


class LookState(models.TextChoices):
    WAITING = "waiting", "Waits for a model"
    DONE = "done", "Looked at"
    SKIPPED = "skipped", "Not looked at"


class FaceLook(TimeStamped):
    """The last look at a file, of which the job forgets the figures after some weeks. Faces found and matched are those
    of then; `decodes` counts how often the file was decoded for faces alone."""

    file = models.OneToOneField(VideoFile, on_delete=models.CASCADE, related_name="face_look")
    state = models.CharField(max_length=10, choices=LookState.choices)
    reason = models.CharField(max_length=300, blank=True, help_text="Why it waits or was not looked at.")
    model = models.ForeignKey(FaceModel, on_delete=models.PROTECT, null=True, related_name="looks")
    frames_to_process = models.PositiveIntegerField(default=0)
    frames_processed = models.PositiveIntegerField(default=0)
    frames_broken = models.PositiveIntegerField(default=0)
    faces_detected = models.PositiveIntegerField(default=0)
    faces_matched = models.PositiveIntegerField(default=0)
    decodes = models.PositiveIntegerField(default=0)

    class Meta(TimeStamped.Meta):
        indexes = [
            # What waits for a model, or was passed over: few of many.
            models.Index(fields=["state", "id"], condition=~Q(state="done"), name="faces_look_undone"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=LookState.values), name="%(app_label)s_%(class)s_state"),
            models.CheckConstraint(
                condition=Q(frames_processed__lte=models.F("frames_to_process")),
                name="%(app_label)s_%(class)s_frames",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_state_display()}: file {self.file_id}"
