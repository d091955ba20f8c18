"""Watching in the admin."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString
from unfold.paginator import InfinitePaginator

from library.admin.base import ReadOnlyAdmin
from library.admin.columns import duration, link_to, progress, two_lines, when
from library.admin.settings_row import SettingsRowAdmin
from playback.models import PlaybackSettings, WatchProgress


@admin.register(WatchProgress)
class WatchProgressAdmin(ReadOnlyAdmin):
    list_display = ["watched", "place", "how_far", "is_completed", "seen"]
    list_filter = ["is_completed", "user"]
    show_facets = admin.ShowFacets.NEVER
    ordering = ["-watched_at", "-pk"]
    sortable_by: list[str] = []
    search_fields = ["video__title", "user__username"]
    paginator = InfinitePaginator
    show_full_result_count = False
    list_per_page = 50
    empty_sentence = "Whoever begins to watch a video is listed here with the place where they left it."
    fields = ["user", "video_link", "place", "how_far", "is_completed", "seen"]
    readonly_fields = ["video_link", "place", "how_far", "seen"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[WatchProgress]:
        return super().get_queryset(request).select_related("user", "video")  # type: ignore[no-any-return]

    @admin.display(description="Watched")
    def watched(self, row: WatchProgress) -> SafeString:
        return two_lines(row.video.title, row.user.username)

    @admin.display(description="Video")
    def video_link(self, row: WatchProgress) -> SafeString:
        return link_to(reverse("admin:library_video_change", args=(row.video_id,)), row.video.title)

    @admin.display(description="Left at")
    def place(self, row: WatchProgress) -> str:
        return f"{duration(row.position_seconds)} of {duration(row.duration_seconds)}"

    @admin.display(description="How far")
    def how_far(self, row: WatchProgress) -> SafeString | str:
        return progress(int(row.position_seconds), int(row.duration_seconds or 0))

    @admin.display(description="When")
    def seen(self, row: WatchProgress) -> SafeString | str:
        return when(row.watched_at)


@admin.register(PlaybackSettings)
class PlaybackSettingsAdmin(SettingsRowAdmin):
    fieldsets = [("Resuming", {"fields": ["resume_after_seconds", "completed_percent"]})]
