"""Watching: where each user is in each video, and the settings of that."""

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import Q

from library.models import SettingsRow, TimeStamped, Video
from library.models.settings import in_range, within


class WatchProgress(TimeStamped):
    """Where one user left one video. `position_seconds` is what a player resumes at."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="watch_progress")
    video = models.ForeignKey(Video, on_delete=models.CASCADE, related_name="watch_progress")
    position_seconds = models.FloatField(default=0)
    duration_seconds = models.FloatField(null=True, help_text="The length that the player saw.")
    is_completed = models.BooleanField(default=False, help_text="Watched to its end once.")
    watched_at = models.DateTimeField(help_text="When the player last told.")

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
        return f"{self.user} in {self.video}"


@pghistory.track()
class PlaybackSettings(SettingsRow):
    """When a video counts as begun and as finished."""

    resume_after_seconds = models.PositiveSmallIntegerField(
        default=5, validators=within(0, 600), help_text="A video left earlier than this starts from its beginning."
    )
    completed_percent = models.PositiveSmallIntegerField(
        default=90, validators=within(50, 100), help_text="Watched to here counts as finished."
    )

    class Meta(SettingsRow.Meta):
        verbose_name = "playback settings"
        verbose_name_plural = "playback settings"
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="%(app_label)s_%(class)s_one_row"),
            in_range("resume_after_seconds", 0, 600),
            in_range("completed_percent", 50, 100),
        ]
