"""What a person sees and curates."""

from django.db import models

from library.models.base import TimeStamped


class Video(TimeStamped):
    """One work, whatever number of files hold it.

    The technical columns repeat those of the primary file, so that lists sort and filter without a join; they are
    written by `library.services` together with the file.
    """

    title = models.CharField(max_length=500)
    duration_seconds = models.FloatField(null=True, editable=False)
    width = models.PositiveIntegerField(null=True, editable=False, help_text="Pixels, upright.")
    height = models.PositiveIntegerField(null=True, editable=False, help_text="Pixels, upright.")
    is_hdr = models.BooleanField(default=False, editable=False)
    recorded_at = models.DateTimeField(
        null=True, blank=True, help_text="When it was recorded, from the file's own date if it has a plausible one."
    )

    class Meta(TimeStamped.Meta):
        indexes = [
            # Library page, newest first (the default), page after page.
            models.Index(fields=["created_at", "id"], name="library_video_newest"),
            # Library page by title and by length.
            models.Index(fields=["title", "id"], name="library_video_title"),
            models.Index(fields=["duration_seconds", "id"], name="library_video_duration"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(duration_seconds__isnull=True) | models.Q(duration_seconds__gte=0),
                name="%(app_label)s_%(class)s_duration",
            ),
            models.CheckConstraint(
                condition=~models.Q(title=""),
                name="%(app_label)s_%(class)s_title",
                violation_error_message="A video needs a title.",
            ),
        ]

    def __str__(self) -> str:
        return self.title
