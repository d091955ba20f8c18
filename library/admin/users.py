"""The people who log in, and their groups."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db.models import Count, Model, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from library.admin.columns import badge, two_lines, when
from library.models import User

RIGHTS = ["is_staff", "is_superuser", "groups", "user_permissions"]

admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):  # type: ignore[type-arg]
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm

    list_display = ["names", "email", "role", "is_active", "seen"]
    list_display_links = ["names"]
    ordering = ["username"]
    search_fields = ["username", "first_name", "last_name", "email"]
    list_filter = ["is_active", "is_staff", "is_superuser", "groups"]
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        ("Who it is", {"fields": ["first_name", "last_name", "email"]}),
        ("What they may do", {"fields": ["is_active", *RIGHTS]}),
        ("When", {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [(None, {"fields": ["username", "email", "password1", "password2"]})]
    readonly_fields = ["last_login", "date_joined"]

    @admin.display(description="User", ordering="username")
    def names(self, user: User) -> SafeString:
        return two_lines(user.username, user.get_full_name())

    @admin.display(description="Role")
    def role(self, user: User) -> SafeString:
        if user.is_superuser:
            return badge("Owner", "now")
        return badge("Staff", "info") if user.is_staff else badge("Viewer")

    @admin.display(description="Last login", ordering="last_login")
    def seen(self, user: User) -> SafeString | str:
        return when(user.last_login, never="Never")

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions: dict[str, Any] = super().get_actions(request)
        # One user at a time, so that nobody deletes themselves or an owner in a heap.
        actions.pop("delete_selected", None)
        return actions

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        fields = list(super().get_readonly_fields(request, obj))
        # Who may change users may not thereby give rights to anyone, least of all to themselves.
        return fields if _is_owner(request) else [*fields, *RIGHTS]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super().has_change_permission(request, obj)) and (_is_owner(request) or not _is_superuser(obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is not None and (obj == request.user or (_is_superuser(obj) and not _is_owner(request))):
            return False
        return bool(super().has_delete_permission(request, obj))


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ModelAdmin):
    list_display = ["name", "people"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        return super().get_queryset(request).annotate(user_count=Count("user"))

    @admin.display(description="Users", ordering="user_count")
    def people(self, group: Any) -> int:
        return int(group.user_count)


def _is_owner(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_superuser", False))


def _is_superuser(user: Any) -> bool:
    return bool(getattr(user, "is_superuser", False))
