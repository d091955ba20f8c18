"""Presets in the admin: the built-in ones to look at, own ones to make."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString

from library.admin.base import CuratedAdmin
from library.admin.columns import NOTHING, badge, bit_rate, two_lines
from processing.models import Preset


@admin.register(Preset)
class PresetAdmin(CuratedAdmin):
    list_display = ["titles", "coding", "size", "limit", "rest", "kind"]
    list_display_links = ["titles"]
    sortable_by: list[str] = []
    list_filter = ["codec"]
    show_facets = admin.ShowFacets.NEVER
    show_full_result_count = False
    list_fullwidth = True
    empty_sentence = "The nine built-in presets are gone; “manage.py migrate” brings them back."
    fieldsets = [
        (None, {"fields": ["name", "key"]}),
        ("Picture", {"fields": ["codec", "target_width", "qp", "max_bit_rate", "effort", "hdr"]}),
        ("File", {"fields": ["container", "audio"]}),
    ]
    prepopulated_fields = {"key": ["name"]}

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        # Names of files and conversions speak of the key.
        return [] if obj is None else ["key"]

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Any]:
        return dict(self.prepopulated_fields) if obj is None else {}

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return (obj is None or not obj.is_built_in) and bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return (obj is None or not obj.is_built_in) and bool(super().has_delete_permission(request, obj))

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions: dict[str, Any] = super().get_actions(request)
        # One at a time, on its own page: built-in ones stay.
        actions.pop("delete_selected", None)
        return actions

    @admin.display(description="Preset")
    def titles(self, preset: Preset) -> SafeString:
        return two_lines(preset.name, preset.key)

    @admin.display(description="Codec and quality")
    def coding(self, preset: Preset) -> SafeString:
        return two_lines(preset.get_codec_display(), f"quality {preset.qp}, {preset.get_effort_display().lower()}")

    @admin.display(description="Longer side")
    def size(self, preset: Preset) -> str:
        return f"{preset.target_width} px" if preset.target_width else "As it is"

    @admin.display(description="Highest bit rate")
    def limit(self, preset: Preset) -> str:
        return bit_rate(preset.max_bit_rate) if preset.max_bit_rate else NOTHING

    @admin.display(description="File and sound")
    def rest(self, preset: Preset) -> SafeString:
        hdr = "" if preset.hdr == "keep" else ", HDR becomes SDR"
        return two_lines(preset.get_container_display(), f"Sound: {preset.get_audio_display().lower()}{hdr}")

    @admin.display(description="Kind")
    def kind(self, preset: Preset) -> SafeString:
        return badge("Built in") if preset.is_built_in else badge("Own", "info")
