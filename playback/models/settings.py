"""When a video counts as begun, played and finished, and how links are shared."""

import pghistory
from django.db import models
from django.db.models import Q

from library.models import SettingsRow
from library.models.settings import in_range, within
from playback.models.share import check_base_url


@pghistory.track()
class PlaybackSettings(SettingsRow):
    """When a video counts as begun, played and finished, and how long it is remembered who watched."""

    resume_after_seconds = models.PositiveSmallIntegerField(
        default=5, validators=within(0, 600), help_text="A video left earlier than this starts from its beginning."
    )
    completed_percent = models.PositiveSmallIntegerField(
        default=90, validators=within(50, 100), help_text="Watched to here counts as finished."
    )
    public_url = models.CharField(
        max_length=300,
        blank=True,
        validators=[check_base_url],
        help_text="Where others reach this library, as in https://videos.example.org; empty: as the page was opened.",
    )
    serve_og_metadata = models.BooleanField(
        "links have a preview",
        default=False,
        help_text="Chats and networks that a public link is posted in may show its title, text and picture.",
    )
    share_streams = models.PositiveSmallIntegerField(
        default=100, validators=within(1, 10000), help_text="So many shared videos are sent at once, to everybody."
    )
    share_streams_per_address = models.PositiveSmallIntegerField(
        default=10, validators=within(1, 1000), help_text="So many to one address; the same video counts once."
    )
    share_kept_days = models.PositiveSmallIntegerField(
        default=90,
        validators=within(1, 3650),
        help_text="Links that are over stay in the lists so long; the audit log keeps them for ever.",
    )
    min_watch_seconds = models.PositiveSmallIntegerField(
        default=60, validators=within(1, 3600), help_text="Watched this long in one sitting, a video counts as played."
    )
    short_video_watch_seconds = models.PositiveSmallIntegerField(
        default=10, validators=within(1, 3600), help_text="The same for short videos."
    )
    short_video_duration_seconds = models.PositiveSmallIntegerField(
        default=60, validators=within(0, 3600), help_text="Videos up to this length are short."
    )
    watch_session_gap_minutes = models.PositiveSmallIntegerField(
        default=30,
        validators=within(0, 1440),
        help_text="After a pause longer than this a new sitting begins, which can count again; 0 is never.",
    )
    session_retention_days = models.PositiveSmallIntegerField(
        default=365,
        validators=within(0, 3650),
        help_text="How long it is kept who watched on which device, for statistics; 0 is for ever.",
    )

    class Meta(SettingsRow.Meta):
        verbose_name = "playback settings"
        verbose_name_plural = "playback settings"
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="%(app_label)s_%(class)s_one_row"),
            in_range("resume_after_seconds", 0, 600),
            in_range("completed_percent", 50, 100),
            in_range("share_streams", 1, 10000),
            in_range("share_streams_per_address", 1, 1000),
            in_range("share_kept_days", 1, 3650),
            in_range("min_watch_seconds", 1, 3600),
            in_range("short_video_watch_seconds", 1, 3600),
            in_range("short_video_duration_seconds", 0, 3600),
            in_range("watch_session_gap_minutes", 0, 1440),
            in_range("session_retention_days", 0, 3650),
        ]
