"""Where people and studios are found elsewhere: the tables below their forms."""

from typing import Any

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from unfold.admin import TabularInline

from library.admin.base import HTTPS
from library.admin.distinct import DistinctLinks
from library.admin.primary import PrimaryForm, PrimaryFormSet
from people.models import CreatorProfile, Platform, SocialLink


class SocialLinksInline(TabularInline):
    model = SocialLink
    formset = DistinctLinks
    verbose_name = "link"
    verbose_name_plural = "Links"
    fields = ["platform_name", "url"]
    formfield_overrides = HTTPS
    extra = 0
    hide_title = True


class ProfilesInline(TabularInline):
    model = CreatorProfile
    form = PrimaryForm
    formset = PrimaryFormSet
    verbose_name = "profile"
    verbose_name_plural = "Profiles"
    fields = ["platform", "username", "profile_url", "chosen"]
    formfield_overrides = HTTPS
    extra = 0
    hide_title = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).order_by("platform__name", "pk")  # type: ignore[no-any-return]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if field is not None and db_field.name == "platform":
            # Asked once for the page, not once for each row.
            field.choices = [("", "---------"), *Platform.objects.order_by("name").values_list("pk", "name")]
        return field

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(super().has_change_permission(request, obj))
