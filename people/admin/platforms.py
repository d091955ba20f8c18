"""Sites where people have profiles, in the admin."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest

from library.admin.base import HTTPS, CuratedAdmin
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
        profiles = CreatorProfile.objects.filter(platform=OuterRef("pk")).order_by().values("platform")
        counted = Subquery(profiles.annotate(count=Count("pk")).values("count"), output_field=IntegerField())
        return super().get_queryset(request).annotate(profiles_counted=Coalesce(counted, 0))  # type: ignore[no-any-return]

    @admin.display(description="Profiles")
    def profile_count(self, platform: Any) -> str:
        return f"{platform.profiles_counted:,}"
