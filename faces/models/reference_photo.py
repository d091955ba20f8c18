"""Photos that somebody adds to what a person is known by."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from faces.models.reference import FaceReference
from library.models import TimeStamped
from people.models import Creator
from processing.models.images import derived_storage


class PhotoState(models.TextChoices):
    """How far it is. With several faces somebody says which one is meant, and it waits again."""

    WAITING = "waiting", "Waiting"
    SEVERAL = "several", "Several faces"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


class ReferencePhoto(TimeStamped):
    """An uploaded photo until a worker has looked at it. `faces` are the boxes of the faces that it shows, the largest
    first, as left, top, width and height in fractions; `number` is the one that is meant, from 1. Rows are for the page
    that asked, and go after a day with their picture."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    creator = models.ForeignKey(Creator, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="+")
    picture = models.FileField(storage=derived_storage, max_length=200, blank=True)
    name = models.CharField(max_length=200, help_text="What its file was called.")
    number = models.PositiveSmallIntegerField(null=True)
    faces = models.JSONField(default=list)
    state = models.CharField(max_length=10, choices=PhotoState.choices, default=PhotoState.WAITING)
    error = models.TextField(blank=True)
    # Without a constraint: an undo takes the face away, and must not stumble over who asked for it.
    reference = models.ForeignKey(
        FaceReference, on_delete=models.SET_NULL, null=True, related_name="+", db_constraint=False
    )
    batch_id = models.UUIDField(null=True, help_text="The change by which it is undone.")

    class Meta(TimeStamped.Meta):
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=Q(state__in=PhotoState.values), name="%(app_label)s_%(class)s_state"),
            models.CheckConstraint(condition=Q(number=None) | Q(number__gte=1), name="%(app_label)s_%(class)s_number"),
        ]

    def __str__(self) -> str:
        return f"photo for creator {self.creator_id}"
