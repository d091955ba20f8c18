"""Sites where people have profiles, in the admin."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from library.admin.base import HTTPS, CuratedAdmin
from library.counting import count_of
from people.models import CreatorProfile, Platform


@admin.register(Platform)
class PlatformAdmin(CuratedAdmin):
    list_display = ["name", "base_url", "profile_count"]
    search_fields = ["name", "base_url"]
    search_help_text = "Part of a name or address"
    ordering = ["name"]
    sortable_by = ["name"]
    list_fullwidth = True
    show_full_result_count = False
    empty_sentence = "The usual sites are here from the start; add those that are missing."
    fields = ["name", "base_url"]
    formfield_overrides = HTTPS

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        counted = count_of(CreatorProfile, "platform")
        rows: QuerySet[Any] = super().get_queryset(request).annotate(profiles_counted=counted)
        return rows

    @admin.display(description="Profiles")
    def profile_count(self, platform: Any) -> str:
        return f"{platform.profiles_counted:,}"
