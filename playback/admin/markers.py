"""Timed marks in the admin."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminColorInputWidget

from library.access import current_user
from library.admin.columns import chips, duration
from library.admin.picking import KINDS, PickField
from playback.admin.base import OwnedAdmin
from playback.exceptions import MarkerError
from playback.models import Marker, MarkerPicture, MarkerTag
from playback.services.markers import request_marker_pictures
from playback.services.marking import check_place, follow_label


class MarkerForm(forms.ModelForm):  # type: ignore[type-arg]
    tags = PickField(KINDS["tags"], may_create=False)

    class Meta:
        model = Marker
        # The admin names the others.
        fields = ["label"]
        widgets = {"color": UnfoldAdminColorInputWidget}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance.pk and "tags" in self.fields:
            rows = MarkerTag.objects.filter(marker=self.instance).select_related("tag").order_by("tag__name")
            tags = {row.tag_id: row.tag for row in rows}
            self.initial["tags"] = list(tags)
            self.fields["tags"].widget.labels = tags

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.instance.pk and cleaned.get("start_seconds") is not None:
            try:
                check_place(
                    self.instance.video,
                    start_seconds=cleaned["start_seconds"],
                    end_seconds=cleaned.get("end_seconds"),
                )
            except MarkerError as error:
                self.add_error("end_seconds" if cleaned.get("end_seconds") is not None else "start_seconds", str(error))
        return cleaned


@admin.register(Marker)
class MarkerAdmin(OwnedAdmin):
    form = MarkerForm
    list_display = ["still", "about", "place", "labelled", "tagged"]
    search_fields = ["label", "video__title", "user__username"]
    search_help_text = "Part of a label, a title or a user's name"
    empty_sentence = "Marks that users set while they watch are listed here."
    fields = ["shown", "user", "target_link", "label", ("start_seconds", "end_seconds"), "description", "color", "tags"]
    readonly_fields = ["shown", "user", "target_link"]
    related = ("user", "video", "picture")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        tags = MarkerTag.objects.select_related("tag").order_by("tag__name")
        return super().get_queryset(request).prefetch_related(Prefetch("marker_tags", tags, to_attr="shown_tags"))

    @admin.display(description="Picture")
    def still(self, marker: Marker) -> SafeString:
        return _picture(marker, "v-picture")

    @admin.display(description="Picture")
    def shown(self, marker: Marker) -> SafeString:
        return _picture(marker, "v-still")

    @admin.display(description="From, to")
    def place(self, marker: Marker) -> str:
        end = f" – {duration(marker.end_seconds)}" if marker.end_seconds is not None else ""
        return f"{duration(marker.start_seconds)}{end}"

    @admin.display(description="Label")
    def labelled(self, marker: Marker) -> SafeString:
        return format_html('<span class="v-swatch" style="--tag:{}"></span> {}', marker.color, marker.label)

    @admin.display(description="Tags")
    def tagged(self, marker: Any) -> SafeString | str:
        return chips((row.tag.name, row.tag.color) for row in marker.shown_tags) if marker.shown_tags else ""

    def save_model(self, request: HttpRequest, obj: Marker, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if "label" in form.changed_data:
            follow_label(obj, before=form.initial.get("label", ""))
        if {"start_seconds", "end_seconds"} & set(form.changed_data):
            request_marker_pictures(marker_ids=[obj.pk])

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if "tags" in form.changed_data:
            add, remove = form.cleaned_data["tags"].difference(KINDS["tags"], current_user(request))
            MarkerTag.objects.filter(marker=form.instance, tag__in=remove).delete()
            rows = [MarkerTag(marker=form.instance, tag_id=pk) for pk in add]
            MarkerTag.objects.bulk_create(rows, ignore_conflicts=True)


def _picture(marker: Marker, look: str) -> SafeString:
    """The mark's picture, or its clip where it has one; an empty frame while there is neither."""
    made: MarkerPicture | None = getattr(marker, "picture", None)
    if made is None:
        return format_html('<span class="{} v-empty"></span>', look)
    size = format_html('width="{}" height="{}"', made.width, made.height)
    if made.clip:
        return format_html(
            '<video class="{}" src="{}" poster="{}" {} muted loop playsinline preload="none" data-plays></video>',
            look, made.clip.url, made.image.url, size,
        )  # fmt: skip
    return format_html('<img class="{}" src="{}" {} alt="" loading="lazy">', look, made.image.url, size)
