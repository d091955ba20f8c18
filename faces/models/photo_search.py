"""Photos that people look somebody up by."""

from django.conf import settings
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import Q

from library.models import TimeStamped
from library.models.names import is_json
from processing.models.images import derived_storage


class PhotoSearchStatus(models.TextChoices):
    WAITING = "waiting", "Looking"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


class PhotoSearch(TimeStamped):
    """A photo that a person wants to know somebody by: theirs alone, and gone after a day.

    `picture` is upright, `width` x `height` px. `faces` holds what a worker found, the largest face first: `{"box":
    [left, top, right, bottom] in px of the picture, "matches": [{"creator": name, "public_id", "similarity"}],
    "tracks": [{"id", "video_id", "similarity"}]}`, matches and tracks the likest first, whatever the thresholds.
    """

    public_id = models.UUIDField(db_default=RandomUUID(), editable=False, unique=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_index=False, related_name="photo_searches"
    )
    picture = models.FileField(storage=derived_storage, max_length=200)
    width = models.PositiveSmallIntegerField()
    height = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=10, choices=PhotoSearchStatus.choices, default=PhotoSearchStatus.WAITING)
    error = models.TextField(blank=True)
    faces = models.JSONField(default=list, blank=True)
    expires_at = models.DateTimeField()

    class Meta(TimeStamped.Meta):
        default_permissions = ()
        permissions = [("search_by_photo", "Can find people by a photo")]
        verbose_name_plural = "photo searches"
        indexes = [
            # A person's own, the latest first.
            models.Index(fields=["user", "-id"], name="faces_photosearch_of_user"),
            # Those whose day is over.
            models.Index(fields=["expires_at"], name="faces_photosearch_expired"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=PhotoSearchStatus.values), name="%(app_label)s_%(class)s_status"
            ),
            models.CheckConstraint(condition=Q(width__gt=0, height__gt=0), name="%(app_label)s_%(class)s_size"),
            models.CheckConstraint(
                condition=(Q(status="failed") & ~Q(error="")) | (~Q(status="failed") & Q(error="")),
                name="%(app_label)s_%(class)s_error",
            ),
            is_json("faces", "array"),
        ]

    def __str__(self) -> str:
        return f"photo of user {self.user_id}"
