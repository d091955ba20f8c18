"""What is watched."""

from django.db import models
from django.db.models import Q

from library.models.names import is_json
from stats.models.base import DailySnapshot


class UsageSnapshot(DailySnapshot):
    """All plays so far, of videos outside the trash, by all users together.

    `average_completion` is the mean share of a video that was watched, 0 to 100. `top_watched` lists {video_id, title,
    play_count, total_watch_seconds}, at most ten. `activity_by_hour` maps "00" to "23" to how many users' videos were
    last watched in that hour (UTC); `activity_by_weekday` lists the seconds watched in each hour of each day of the
    week (7 lists of 24, Monday first, UTC) in the last 90 days.
    """

    play_count = models.PositiveBigIntegerField(default=0)
    watch_seconds = models.FloatField(default=0)
    watched_videos = models.PositiveIntegerField(default=0)
    never_watched = models.PositiveIntegerField(default=0)
    completed_videos = models.PositiveIntegerField(default=0)
    average_completion = models.FloatField(default=0)
    active_users = models.PositiveIntegerField(default=0, help_text="Who watched something in the last 30 days.")
    day_watch_seconds = models.FloatField(default=0, help_text="Watched in the 24 hours before `taken_at`.")
    day_sittings = models.PositiveIntegerField(default=0)
    top_watched = models.JSONField(default=list)
    activity_by_hour = models.JSONField(default=dict)
    activity_by_weekday = models.JSONField(default=list)

    class Meta(DailySnapshot.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(average_completion__gte=0, average_completion__lte=100),
                name="%(app_label)s_%(class)s_completion",
            ),
            is_json("top_watched", "array", of="object"),
            is_json("activity_by_hour", "object"),
            is_json("activity_by_weekday", "array"),
        ]
