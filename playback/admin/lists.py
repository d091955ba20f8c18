"""Playlists in the admin."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model, Prefetch, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString
from unfold.admin import TabularInline

from library.access import current_user
from library.admin.columns import badge, chips, duration, link_to, two_lines, when
from library.admin.picking import KINDS, PickField
from library.counting import count_of
from playback.admin.base import OwnedAdmin
from playback.models import Playlist, PlaylistItem, PlaylistLike, PlaylistTag


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


class PlaylistForm(forms.ModelForm):  # type: ignore[type-arg]
    tags = PickField(KINDS["tags"], may_create=False)

    class Meta:
        model = Playlist
        # The admin names the others.
        fields = ["name"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance.pk and "tags" in self.fields:
            rows = PlaylistTag.objects.filter(playlist=self.instance).select_related("tag").order_by("tag__name")
            tags = {row.tag_id: row.tag for row in rows}
            self.initial["tags"] = list(tags)
            self.fields["tags"].widget.labels = tags


@admin.register(Playlist)
class PlaylistAdmin(OwnedAdmin):
    form = PlaylistForm
    list_display = ["names", "seen_by", "how_many", "liked", "tagged", "added"]
    list_filter = ["visibility", "is_smart", "user"]
    related = ("user", "saved_search")
    search_fields = ["name", "user__username"]
    search_help_text = "Part of a name or of a user's name"
    empty_sentence = "Lists that users make are listed here."
    fields = ["user", "name", "description", "visibility", "made_by", "tags"]
    readonly_fields = ["user", "made_by"]
    inlines = [ItemsInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = (
            super()
            .get_queryset(request)
            .annotate(item_count=count_of(PlaylistItem, "playlist"), like_count=count_of(PlaylistLike, "playlist"))
        )
        tags = PlaylistTag.objects.select_related("tag").order_by("tag__name")
        return rows.prefetch_related(Prefetch("playlist_tags", tags, to_attr="shown_tags"))

    @admin.display(description="Playlist")
    def names(self, row: Playlist) -> SafeString:
        return two_lines(row.name, row.user.username, reverse("admin:playback_playlist_change", args=(row.pk,)))

    @admin.display(description="Seen by")
    def seen_by(self, row: Playlist) -> SafeString:
        return badge(row.get_visibility_display(), "info" if row.visibility == "public" else "calm")

    @admin.display(description="Videos")
    def how_many(self, row: Any) -> str:
        return "by a search" if row.is_smart else f"{row.item_count:,}"

    @admin.display(description="Likes")
    def liked(self, row: Any) -> str:
        return f"{row.like_count:,}" if row.like_count else ""

    @admin.display(description="Tags")
    def tagged(self, row: Any) -> SafeString | str:
        return chips((link.tag.name, link.tag.color) for link in row.shown_tags) if row.shown_tags else ""

    @admin.display(description="Videos")
    def made_by(self, row: Playlist) -> SafeString | str:
        if not row.is_smart:
            return "Chosen by hand"
        if row.saved_search is None:
            return "Those of a search that was deleted"
        address = reverse("admin:library_savedsearch_change", args=(row.saved_search.pk,))
        return link_to(address, f"What “{row.saved_search.name}” finds")

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if "tags" in form.changed_data:
            add, remove = form.cleaned_data["tags"].difference(KINDS["tags"], current_user(request))
            PlaylistTag.objects.filter(playlist=form.instance, tag__in=remove).delete()
            rows = [PlaylistTag(playlist=form.instance, tag_id=pk) for pk in add]
            PlaylistTag.objects.bulk_create(rows, ignore_conflicts=True)

    @admin.display(description="Made")
    def added(self, row: Playlist) -> SafeString | str:
        return when(row.created_at)
