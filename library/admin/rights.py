"""The permissions of a role as a table of check boxes that can be read."""

from typing import Any

from django import forms
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.db.models import Q, QuerySet
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

_ACTIONS = {"view": "See", "add": "Add", "change": "Change", "delete": "Delete"}
# What people do in the library comes first; the rest is the admin's lists.
_FIRST = ("library.video", "playback.playlist", "library.user")


def offered_permissions() -> QuerySet[Permission]:
    """Permissions that mean something here: those of what the admin shows, and those that models name themselves."""
    wanted = Q(pk__in=[])
    for model in apps.get_models():
        if model._meta.app_label == "django_rq" or not (model in admin.site._registry or model._meta.permissions):
            continue
        wanted |= Q(content_type__app_label=model._meta.app_label, content_type__model=model._meta.model_name)
    return Permission.objects.filter(wanted).select_related("content_type")


def permission_words(permission: Permission) -> str:
    """ "See", "Delete"; of a model's own permission its name without "Can". `content_type` must be loaded."""
    action, _, model = permission.codename.partition("_")
    if model == permission.content_type.model and action in _ACTIONS:
        return _ACTIONS[action]
    words = permission.name.removeprefix("Can ")
    return words[:1].upper() + words[1:]


def grouped(permissions: QuerySet[Permission]) -> list[tuple[str, list[tuple[int, str]]]]:
    """Choices of a form by what they are about: ("Videos", [(3, "See"), ...]); one query."""
    groups: dict[str, list[tuple[int, str]]] = {}
    rows = sorted(permissions, key=lambda p: (_place(p), _order(p), p.pk))
    for permission in rows:
        model = permission.content_type.model_class()
        title = str(model._meta.verbose_name_plural) if model else permission.content_type.model
        groups.setdefault(title[:1].upper() + title[1:], []).append((permission.pk, permission_words(permission)))
    return list(groups.items())


def _order(permission: Permission) -> int:
    """Seeing comes first, deleting last, and then what the model names itself."""
    action, _, model = permission.codename.partition("_")
    is_plain = model == permission.content_type.model and action in _ACTIONS
    return list(_ACTIONS).index(action) if is_plain else len(_ACTIONS)


def _place(permission: Permission) -> tuple[int, str, str]:
    kind = permission.content_type
    name = f"{kind.app_label}.{kind.model}"
    return (_FIRST.index(name) if name in _FIRST else len(_FIRST), kind.app_label, kind.model)


class PermissionTable(forms.CheckboxSelectMultiple):
    """Check boxes in rows, one row for each kind of thing."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        return render_to_string("admin/auth/group/permissions.html", self.get_context(name, value, attrs))


class RoleForm(forms.ModelForm):  # type: ignore[type-arg]
    """A role. Permissions that the table doesn't offer stay as they are."""

    permissions = forms.ModelMultipleChoiceField(
        queryset=Permission.objects.none(), required=False, widget=PermissionTable, label="What it allows"
    )
    # Set by the admin page: None for an owner, else the permissions that the one who edits holds.
    held: set[str] | None = None

    class Meta:
        model = Group
        fields = ["name", "permissions"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields.get("permissions")
        if field is not None:
            offered = self._offered()
            field.queryset = offered  # type: ignore[attr-defined]
            field.choices = grouped(offered)  # type: ignore[attr-defined]
            field.help_text = "A change counts from the next page on that an account with this role opens."

    def _offered(self) -> QuerySet[Permission]:
        offered = offered_permissions()
        if self.held is None:
            return offered
        may = [p.pk for p in offered if f"{p.content_type.app_label}.{p.codename}" in self.held]
        return offered.filter(pk__in=may)

    def clean_permissions(self) -> QuerySet[Permission]:
        chosen: QuerySet[Permission] = self.cleaned_data["permissions"]
        if self.instance.pk is None:
            return chosen
        hidden = self.instance.permissions.exclude(pk__in=self._offered().values("pk"))
        return Permission.objects.filter(
            pk__in=[*chosen.values_list("pk", flat=True), *hidden.values_list("pk", flat=True)]
        )
