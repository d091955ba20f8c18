"""Where each user is in each video."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from library.models import TimeStamped, Video
from library.models.tracking import tracked


@tracked(only_in_batches=True)
class WatchProgress(TimeStamped):
    """Where one user left one video. `position_seconds` is what a player resumes at."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_index=False, related_name="watch_progress"
    )
    video = models.ForeignKey(Video, on_delete=models.CASCADE, related_name="watch_progress")
    position_seconds = models.FloatField(default=0)
    duration_seconds = models.FloatField(null=True, help_text="The length that the player saw.")
    is_completed = models.BooleanField(default=False, help_text="Watched to its end once.")
    watched_at = models.DateTimeField(help_text="When the player last told.")
    session = models.UUIDField(null=True, editable=False, help_text="Whose player's place it is: a public_id.")

    class Meta(TimeStamped.Meta):
        verbose_name_plural = "watch progress"
        indexes = [
            # Continue watching: a user's latest.
            models.Index(fields=["user", "-watched_at"], name="playback_progress_latest"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["user", "video"], name="%(app_label)s_%(class)s_user_video"),
            models.CheckConstraint(condition=Q(position_seconds__gte=0), name="%(app_label)s_%(class)s_position"),
        ]

    def __str__(self) -> str:
        return f"{self.video}, {self.user}"
