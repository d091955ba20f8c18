"""The people who log in, and their roles."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminSelectWidget

from library.admin.audit import actor_of, events_of, facts_of
from library.admin.base import may
from library.admin.columns import badge, two_lines, when
from library.admin.rights import RoleForm
from library.exceptions import LastOwnerError
from library.models import AuditKind, User
from library.roles import DEFAULT_ROLE, is_everything, is_seeded
from library.services.access import (
    SESSIONS_SHOWN,
    assign_role,
    check_owner_remains,
    end_sessions,
    live_sessions,
    permissions_of,
)
from library.services.audit import record
from library.services.logins import locked_until, unlock
from library.services.password_links import link_days, make_password_link

admin.site.unregister(Group)


class _RoleChoice(forms.Form):
    """The one role of an account, in both forms of users."""

    role = forms.ModelChoiceField(
        queryset=Group.objects.order_by("name"),
        required=False,
        empty_label="None: may open nothing",
        widget=UnfoldAdminSelectWidget,
        help_text="What the account may do. An owner may do everything, whatever the role.",
    )
    # Set by the admin page, on the class that it makes for one request; None is no choice at all.
    roles: QuerySet[Group] | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.roles is None:
            del self.fields["role"]
        else:
            self.fields["role"].queryset = self.roles  # type: ignore[attr-defined]


class EditUserForm(_RoleChoice, UserChangeForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "role" in self.fields:
            self.initial.setdefault("role", self.instance.groups.order_by("name").first())

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        stays = cleaned.get("is_superuser", self.instance.is_superuser) and cleaned.get("is_active", True)
        if not stays:
            try:
                check_owner_remains(without=self.instance)
            except LastOwnerError as error:
                raise ValidationError(str(error)) from None
        return cleaned


class AddUserForm(_RoleChoice, UserCreationForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "role" in self.fields:
            self.initial.setdefault("role", Group.objects.filter(name=DEFAULT_ROLE).first())


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):  # type: ignore[type-arg]
    """Nobody gives what they don't have: only owners make owners, and who isn't one edits only accounts and gives only
    roles that may no more than they do themselves."""

    form = EditUserForm
    add_form = AddUserForm
    change_password_form = AdminPasswordChangeForm
    change_form_outer_after_template = "admin/library/user/after.html"

    list_display = ["names", "email", "role", "is_active", "seen"]
    list_display_links = ["names"]
    ordering = ["username"]
    search_fields = ["username", "first_name", "last_name", "email"]
    list_filter = ["is_active", "is_superuser", "groups"]
    filter_horizontal = ()
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        ("Who it is", {"fields": ["first_name", "last_name", "email"]}),
        ("What they may do", {"fields": ["is_active", "role", "is_superuser"]}),
        ("When", {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [(None, {"fields": ["username", "email", "password1", "password2", "role"]})]
    readonly_fields = ["last_login", "date_joined"]

    @admin.display(description="User", ordering="username")
    def names(self, user: User) -> SafeString:
        return two_lines(user.username, user.get_full_name())

    @admin.display(description="Role")
    def role(self, user: User) -> SafeString:
        if user.is_superuser:
            return badge("Owner", "now")
        names = user.role_names
        return (
            badge(", ".join(names).capitalize(), "info" if user.is_staff else "calm")
            if names
            else badge("None", "warn")
        )

    @admin.display(description="Last login", ordering="last_login")
    def seen(self, user: User) -> SafeString | str:
        return when(user.last_login, never="Never")

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions: dict[str, Any] = super().get_actions(request)
        # One user at a time, so that nobody deletes themselves or an owner in a heap.
        actions.pop("delete_selected", None)
        return actions

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """One's own rights aren't one's own to change, so they aren't in the form."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or obj != request.user:
            return fieldsets
        return [(title, options) for title, options in fieldsets if title != "What they may do"]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        fields = list(super().get_readonly_fields(request, obj))
        return fields if _is_owner(request) else [*fields, "is_superuser"]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        # Its class is made for this request, but its declared fields are everybody's.
        form.roles = None if obj is not None and obj == request.user else _grantable_roles(request)
        if "is_superuser" in form.base_fields:
            form.base_fields["is_superuser"].label = "Owner"
            form.base_fields["is_superuser"].help_text = "May do everything, and make others owners."
        return form

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if "role" in form.cleaned_data:
            assign_role(user=form.instance, role=form.cleaned_data["role"])

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super().has_change_permission(request, obj)) and _may_manage(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is not None and obj == request.user:
            return False
        return bool(super().has_delete_permission(request, obj)) and _may_manage(request, obj)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        try:
            return super().delete_view(request, object_id, extra_context)
        except LastOwnerError as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(reverse("admin:library_user_change", args=(object_id,)))

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        check_owner_remains(without=obj)
        super().delete_model(request, obj)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path(
                "<int:user_id>/end-sessions/", view(require_POST(self.end_sessions)), name="library_user_end_sessions"
            ),
            path(
                "<int:user_id>/password-link/",
                view(require_POST(self.password_link)),
                name="library_user_password_link",
            ),
            path("<int:user_id>/unlock/", view(require_POST(self.unlock)), name="library_user_unlock"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        user = self.get_object(request, object_id)
        context = self._after(request, user) if user is not None else {}
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})

    def _after(self, request: HttpRequest, user: User) -> dict[str, Any]:
        """What stands below the form: sessions and events; four queries."""
        may_see_events = bool(may(request, "library", "view", "auditevent"))
        events = events_of(user) if may_see_events else []
        return {
            "sessions": list(live_sessions(user)[:SESSIONS_SHOWN]),
            "locked_until": locked_until(user),
            "may_end": self.has_change_permission(request, user),
            "end_url": reverse("admin:library_user_end_sessions", args=(user.pk,)),
            "unlock_url": reverse("admin:library_user_unlock", args=(user.pk,)),
            "link_url": reverse("admin:library_user_password_link", args=(user.pk,)),
            "may_see_events": may_see_events,
            "events_url": f"{reverse('admin:library_auditevent_changelist')}?who={user.username}",
            "events": [
                {
                    "kind": event.get_kind_display(),
                    "subject": event.subject,
                    "who": actor_of(event),
                    "address": event.address,
                    "at": event.created_at,
                    "facts": facts_of(event.detail),
                }
                for event in events
            ],
        }

    def end_sessions(self, request: HttpRequest, user_id: int) -> HttpResponse:
        """Logs a user out of all places (but the one this is asked from)."""
        user = self._managed(request, user_id)
        sessions = live_sessions(user).exclude(pk=request.session.session_key or "")
        count = end_sessions(sessions=sessions, owner=user, request=request)
        messages.success(request, f"{user.username} is logged out of {count} place{'' if count == 1 else 's'}.")
        return HttpResponseRedirect(reverse("admin:library_user_change", args=(user.pk,)))

    def unlock(self, request: HttpRequest, user_id: int) -> HttpResponse:
        """Lets a user try to log in again at once."""
        user = self._managed(request, user_id)
        unlock(name=user.username)
        record(kind=AuditKind.LOGIN_UNLOCKED, request=request, subject=user.username, account=user)
        messages.success(request, f"{user.username} can log in again.")
        return HttpResponseRedirect(reverse("admin:library_user_change", args=(user.pk,)))

    def password_link(self, request: HttpRequest, user_id: int) -> HttpResponse:
        """Shows an address by which the user sets a new password."""
        user = self._managed(request, user_id)
        if user.is_active:
            address = request.build_absolute_uri(make_password_link(user=user, request=request))
            messages.success(
                request,
                f"Send {user.username} this address; for {link_days()} days it is good for one password: {address}",
            )
        else:
            messages.error(request, f"{user.username} is switched off.")
        return HttpResponseRedirect(reverse("admin:library_user_change", args=(user.pk,)))

    def _managed(self, request: HttpRequest, user_id: int) -> User:
        user: User | None = self.get_object(request, str(user_id))
        if user is None or not self.has_change_permission(request, user):
            raise PermissionDenied
        return user


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ModelAdmin):
    """Roles. The three that every installation has keep their names and stay; what "admin" may is not for changing."""

    form = RoleForm
    list_display = ["name", "people", "rights"]
    filter_horizontal = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        counts = {"user_count": Count("user", distinct=True), "right_count": Count("permissions", distinct=True)}
        return super().get_queryset(request).annotate(**counts)

    @admin.display(description="Users", ordering="user_count")
    def people(self, group: Any) -> int:
        return int(group.user_count)

    @admin.display(description="What it allows", ordering="right_count")
    def rights(self, group: Any) -> str:
        return "Everything" if is_everything(group) else f"{group.right_count} permissions"

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions: dict[str, Any] = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["name", "rights"] if is_everything(obj) else ["name", "permissions"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fields = ["rights"] if is_everything(obj) else []
        return [*fields, "name"] if is_seeded(obj) else fields

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change, **kwargs)
        form.held = None if _is_owner(request) else _held(request)
        return form

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        # The form brings its own field.
        return db_field.formfield(**kwargs)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if not super().has_change_permission(request, obj) or is_everything(obj):
            return False
        return obj is None or _is_owner(request) or (_holds_all(request, obj) and not _is_own(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if not super().has_delete_permission(request, obj) or is_seeded(obj):
            return False
        return obj is None or _is_owner(request) or (_holds_all(request, obj) and not _is_own(request, obj))


def _is_owner(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_superuser", False))


def _held(request: HttpRequest) -> set[str]:
    """What the one who asks may do."""
    held: set[str] = request.user.get_all_permissions()
    return held


def _may_manage(request: HttpRequest, user: Any) -> bool:
    """Whether the one who asks may edit that account: who could would otherwise get its rights by its password."""
    if user is None or _is_owner(request) or user == request.user:
        return True
    return not user.is_superuser and permissions_of(user) <= _held(request)


def _names(permissions: QuerySet[Permission]) -> set[str]:
    return {f"{app}.{name}" for app, name in permissions.values_list("content_type__app_label", "codename")}


def _holds_all(request: HttpRequest, role: Group) -> bool:
    return _names(role.permissions.order_by()) <= _held(request)


def _is_own(request: HttpRequest, role: Group) -> bool:
    return role.user_set.filter(pk=request.user.pk).exists()


def _grantable_roles(request: HttpRequest) -> QuerySet[Group]:
    """Roles that the one who asks may give: those that may no more than they do."""
    roles = Group.objects.order_by("name")
    if _is_owner(request):
        return roles
    return roles.filter(pk__in=[role.pk for role in roles if _holds_all(request, role)])
