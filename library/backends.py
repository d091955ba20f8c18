"""Permissions of an account: those of its roles and its own (AUTHENTICATION_BACKENDS)."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Permission


class RoleBackend(ModelBackend):
    """Django's backend, with all permissions of an account in one query per request instead of two."""

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        if not user_obj.is_active or user_obj.is_anonymous or obj is not None:
            return set()
        if not hasattr(user_obj, "_perm_cache"):
            user_obj._perm_cache = self._loaded(user_obj)
        permissions: set[str] = user_obj._perm_cache
        return permissions

    def _loaded(self, user: Any) -> set[str]:
        rows = Permission.objects.order_by()
        if not user.is_superuser:
            rows = rows.filter(group__user=user).union(rows.filter(user=user))
        return {f"{app}.{name}" for app, name in rows.values_list("content_type__app_label", "codename")}
