"""Who may use an endpoint."""

from collections.abc import Mapping
from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from library.models import ApiToken
from library.models.token import TokenScope

Permissions = tuple[str, ...]

_READ_ONLY = "This token may only look. Make one that may do everything."


class HasPermissions(BasePermission):
    """The account is logged in and holds what the view names in `required_permissions`.

    A tuple counts for every method; a mapping gives one for each ("GET" counts for HEAD and OPTIONS too). () is for
    every account. A view that names nothing is refused to everybody. A token that may only look is refused for methods
    that change something; a view lists in `reading_methods` those of its unsafe ones that don't.
    """

    message = "Your role does not allow this."

    def has_permission(self, request: Request, view: Any) -> bool:
        user = request.user
        if not (user and user.is_authenticated and user.is_active):
            return False
        method = request.method or "GET"
        token = request.auth
        if isinstance(token, ApiToken) and token.scope == TokenScope.READ and not only_reads(view, method):
            self.message = _READ_ONLY
            return False
        wanted = permissions_for(view, method)
        return wanted is not None and bool(user.has_perms(wanted))


def only_reads(view: Any, method: str) -> bool:
    """Whether the method of the view changes nothing."""
    return method in SAFE_METHODS or method in getattr(view, "reading_methods", ())


def permissions_for(view: Any, method: str) -> Permissions | None:
    """What a view asks for with this method; None when it declares nothing."""
    declared: Permissions | Mapping[str, Permissions] | None = getattr(view, "required_permissions", None)
    if isinstance(declared, Mapping):
        return declared.get("GET" if method in ("HEAD", "OPTIONS") else method)
    return declared
