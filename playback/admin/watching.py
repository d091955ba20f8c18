"""What was watched, in the admin: rows that players write."""

from django.contrib import admin
from django.utils.safestring import SafeString

from library.admin.columns import duration, progress, when
from playback.admin.base import MachineAdmin
from playback.models import PlayCount, ViewCount, Watch, WatchProgress


@admin.register(WatchProgress)
class WatchProgressAdmin(MachineAdmin):
    list_display = ["about", "place", "how_far", "is_completed", "seen"]
    list_filter = ["is_completed"]
    ordering = ["-watched_at", "-pk"]
    empty_sentence = "Videos that you begin to watch are listed here with the place where you left them."
    fields = ["user", "target_link", "place", "how_far", "is_completed", "seen"]
    readonly_fields = ["target_link", "place", "how_far", "seen"]

    @admin.display(description="Left at")
    def place(self, row: WatchProgress) -> str:
        return f"{duration(row.position_seconds)} of {duration(row.duration_seconds)}"

    @admin.display(description="How far")
    def how_far(self, row: WatchProgress) -> SafeString | str:
        return progress(int(row.position_seconds), int(row.duration_seconds or 0))

    @admin.display(description="When")
    def seen(self, row: WatchProgress) -> SafeString | str:
        return when(row.watched_at)


@admin.register(Watch)
class WatchAdmin(MachineAdmin):
    list_display = ["about", "watched_for", "left_at", "is_completed", "seen"]
    list_filter = ["is_completed"]
    empty_sentence = "Your sittings with videos are listed here."
    fields = ["user", "target_link", "watched_for", "left_at", "is_completed", "seen"]
    readonly_fields = ["target_link", "watched_for", "left_at", "seen"]

    @admin.display(description="Watched for")
    def watched_for(self, row: Watch) -> str:
        return duration(row.watched_seconds)

    @admin.display(description="Left at")
    def left_at(self, row: Watch) -> str:
        return duration(row.position_seconds)

    @admin.display(description="When")
    def seen(self, row: Watch) -> SafeString | str:
        return when(row.watched_at)


@admin.register(PlayCount)
class PlayCountAdmin(MachineAdmin):
    list_display = ["about", "play_count", "watched_for", "last_played"]
    empty_sentence = "How often you played a video is listed here."
    fields = ["user", "target_link", "play_count", "watched_for", "last_played"]
    readonly_fields = ["target_link", "watched_for", "last_played"]

    @admin.display(description="Watched for")
    def watched_for(self, row: PlayCount) -> str:
        return duration(row.total_watch_seconds)

    @admin.display(description="Last played")
    def last_played(self, row: PlayCount) -> SafeString | str:
        return when(row.last_played_at, never="Never")


@admin.register(ViewCount)
class ViewCountAdmin(MachineAdmin):
    list_display = ["about", "counted"]
    empty_sentence = "When your view of a video last counted is listed here."
    fields = ["user", "target_link", "counted"]
    readonly_fields = ["target_link", "counted"]

    @admin.display(description="Last counted")
    def counted(self, row: ViewCount) -> SafeString | str:
        return when(row.last_counted_at)
