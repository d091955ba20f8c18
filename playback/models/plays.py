"""What was watched, how often and how long."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from library.models import TimeStamped, Video
from library.models.tracking import tracked


@tracked(only_in_batches=True)
class PlayCount(TimeStamped):
    """One user's plays of one video. A sitting counts once, when `session_watch_seconds` reaches the threshold."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_index=False, related_name="play_counts"
    )
    video = models.ForeignKey(Video, on_delete=models.CASCADE, db_index=False, related_name="play_counts")
    play_count = models.PositiveIntegerField(default=0)
    total_watch_seconds = models.FloatField(default=0)
    session_watch_seconds = models.FloatField(default=0)
    is_session_counted = models.BooleanField(default=False)
    last_played_at = models.DateTimeField(null=True)
    last_watched_at = models.DateTimeField(null=True)

    class Meta(TimeStamped.Meta):
        indexes = [
            # A user's most played; videos never played are those without a row.
            models.Index(fields=["user", "-play_count"], name="playback_plays_most"),
            # When was it last played, for suggestions what to shrink.
            models.Index(fields=["video", "-last_played_at"], name="playback_plays_latest"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["user", "video"], name="%(app_label)s_%(class)s_user_video"),
            models.CheckConstraint(
                condition=Q(total_watch_seconds__gte=0, session_watch_seconds__gte=0),
                name="%(app_label)s_%(class)s_seconds",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.video}, {self.user}"


@tracked(only_in_batches=True)
class Watch(TimeStamped):
    """One sitting of one user with one video: the history. A report within minutes of the last one updates it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_index=False, related_name="watches")
    video = models.ForeignKey(Video, on_delete=models.CASCADE, related_name="watches")
    watched_at = models.DateTimeField()
    watched_seconds = models.FloatField(default=0)
    position_seconds = models.FloatField(default=0)
    is_completed = models.BooleanField(default=False)

    class Meta(TimeStamped.Meta):
        verbose_name_plural = "watches"
        indexes = [
            # A user's history, the latest first.
            models.Index(fields=["user", "-watched_at"], name="playback_watch_history"),
            # The newest sitting of a user with a video.
            models.Index(fields=["user", "video", "-watched_at"], name="playback_watch_newest"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(watched_seconds__gte=0, position_seconds__gte=0), name="%(app_label)s_%(class)s_seconds"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.video}, {self.user}"


@tracked(only_in_batches=True)
class ViewCount(TimeStamped):
    """When a user's view of a video last counted: one a rolling day, summed in `Video.view_count`."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_index=False, related_name="view_counts"
    )
    video = models.ForeignKey(Video, on_delete=models.CASCADE, related_name="view_counts")
    last_counted_at = models.DateTimeField()

    class Meta(TimeStamped.Meta):
        constraints = [models.UniqueConstraint(fields=["user", "video"], name="%(app_label)s_%(class)s_user_video")]

    def __str__(self) -> str:
        return f"{self.video}, {self.user}"
