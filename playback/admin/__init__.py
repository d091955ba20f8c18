"""Watching in the admin: what people think, what they mark, who watches now."""

from django.contrib import admin

from library.admin.settings_row import SettingsRowAdmin
from playback.admin.lists import PlaylistAdmin
from playback.admin.markers import MarkerAdmin
from playback.admin.opinions import FavoriteAdmin, RatingAdmin, TallyAdmin
from playback.admin.sessions import PlaybackSessionAdmin
from playback.admin.sharing import ShareLinkAdmin
from playback.admin.streams import StreamSessionAdmin
from playback.admin.watching import PlayCountAdmin, ViewCountAdmin, WatchAdmin, WatchProgressAdmin
from playback.models import PlaybackSettings

__all__ = [
    "FavoriteAdmin",
    "MarkerAdmin",
    "PlayCountAdmin",
    "PlaybackSessionAdmin",
    "PlaybackSettingsAdmin",
    "PlaylistAdmin",
    "RatingAdmin",
    "ShareLinkAdmin",
    "StreamSessionAdmin",
    "TallyAdmin",
    "ViewCountAdmin",
    "WatchAdmin",
    "WatchProgressAdmin",
]


@admin.register(PlaybackSettings)
class PlaybackSettingsAdmin(SettingsRowAdmin):
    fieldsets = [
        ("Resuming", {"fields": ["resume_after_seconds", "completed_percent"]}),
        (
            "Shared links",
            {
                "fields": [
                    "public_url",
                    "serve_og_metadata",
                    ("share_streams", "share_streams_per_address"),
                    "share_kept_days",
                ]
            },
        ),
        (
            "Counting plays",
            {
                "fields": [
                    "min_watch_seconds",
                    "short_video_watch_seconds",
                    "short_video_duration_seconds",
                    "watch_session_gap_minutes",
                ]
            },
        ),
        ("Remembering", {"fields": ["session_retention_days"]}),
    ]
