"""Playlists in the admin."""

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString
from unfold.admin import TabularInline

from library.admin.columns import badge, duration, link_to, two_lines, when
from library.counting import count_of
from playback.admin.base import OwnedAdmin
from playback.models import Playlist, PlaylistItem


class ItemsInline(TabularInline):
    """The videos in their order; users put them in."""

    model = PlaylistItem
    verbose_name_plural = "Videos"
    fields = ["title", "length"]
    readonly_fields = fields
    extra = 0
    hide_title = True
    per_page = 50

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.select_related("video").order_by("position", "pk")

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    @admin.display(description="Video")
    def title(self, item: PlaylistItem) -> SafeString:
        return link_to(reverse("admin:library_video_change", args=(item.video_id,)), item.video.title)

    @admin.display(description="Length")
    def length(self, item: PlaylistItem) -> str:
        return duration(item.video.duration_seconds)


@admin.register(Playlist)
class PlaylistAdmin(OwnedAdmin):
    list_display = ["names", "seen_by", "how_many", "added"]
    list_filter = ["visibility", "user"]
    related = ("user",)
    search_fields = ["name", "user__username"]
    search_help_text = "Part of a name or of a user's name"
    empty_sentence = "Lists that users make are listed here."
    fields = ["user", "name", "description", "visibility"]
    readonly_fields = ["user"]
    inlines = [ItemsInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request).annotate(item_count=count_of(PlaylistItem, "playlist"))
        return rows

    @admin.display(description="Playlist")
    def names(self, row: Playlist) -> SafeString:
        return two_lines(row.name, row.user.username, reverse("admin:playback_playlist_change", args=(row.pk,)))

    @admin.display(description="Seen by")
    def seen_by(self, row: Playlist) -> SafeString:
        return badge(row.get_visibility_display(), "info" if row.visibility == "public" else "calm")

    @admin.display(description="Videos")
    def how_many(self, row: Any) -> str:
        return f"{row.item_count:,}"

    @admin.display(description="Made")
    def added(self, row: Playlist) -> SafeString | str:
        return when(row.created_at)
