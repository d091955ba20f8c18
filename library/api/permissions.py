"""Who may use an endpoint."""

from collections.abc import Mapping
from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

Permissions = tuple[str, ...]


class HasPermissions(BasePermission):
    """The account is logged in and holds what the view names in `required_permissions`.

    A tuple counts for every method; a mapping gives one for each ("GET" counts for HEAD and OPTIONS too). () is for
    every account. A view that names nothing is refused to everybody.
    """

    message = "Your role does not allow this."

    def has_permission(self, request: Request, view: Any) -> bool:
        user = request.user
        if not (user and user.is_authenticated and user.is_active):
            return False
        wanted = permissions_for(view, request.method or "GET")
        return wanted is not None and bool(user.has_perms(wanted))


def permissions_for(view: Any, method: str) -> Permissions | None:
    """What a view asks for with this method; None when it declares nothing."""
    declared: Permissions | Mapping[str, Permissions] | None = getattr(view, "required_permissions", None)
    if isinstance(declared, Mapping):
        return declared.get("GET" if method in ("HEAD", "OPTIONS") else method)
    return declared
