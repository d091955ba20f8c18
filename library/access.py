"""Who may open a page. Every view declares it with one of three decorators; a test walks all addresses.

`requires("library.view_video")` names permissions, `for_every_account` is for whoever is logged in, and Django's
`login_not_required` is for everybody. Who isn't logged in is sent to the login by the middleware.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from library.models import User

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


class MissingPermissionError(PermissionDenied):
    """The account lacks a permission; `permissions` ("app.codename") are those that the page asks for."""

    def __init__(self, *permissions: str) -> None:
        super().__init__(" ".join(permissions))
        self.permissions = permissions


def requires(*permissions: str) -> Callable[[View], View]:
    """The view is for accounts that hold all of `permissions`; others get the 403 page.

    Around a function, around `Page.as_view()`, or on a class by `method_decorator(requires(...), name="dispatch")`.
    """
    if not permissions or any("." not in one for one in permissions):
        raise ValueError('Name permissions as "app.codename"; for_every_account is for whoever is logged in.')

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            check(request, *permissions)
            return view(request, *args, **kwargs)

        guarded.required_permissions = permissions  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return decorate


def for_every_account(view: View) -> View:
    """The view is for everyone who is logged in, whatever their role."""
    view.required_permissions = ()  # type: ignore[attr-defined]
    return view


def check(request: HttpRequest, *permissions: str) -> None:
    """Raises MissingPermissionError unless the one who asks holds all of them: for rights that depend on the row."""
    if not may(request, *permissions):
        raise MissingPermissionError(*permissions)


def may(request: HttpRequest, *permissions: str) -> bool:
    """Whether the one who asks holds all of them. One query for the first question of a request, none for an owner."""
    return bool(request.user.has_perms(permissions))


def declared(view: Callable[..., Any]) -> Any:
    """What a view asks for: permissions, () for any account, a mapping by method (API); None if it declares nothing."""
    return getattr(view, "required_permissions", getattr(getattr(view, "cls", None), "required_permissions", None))


def current_user(request: HttpRequest) -> User:
    """Who is logged in. Views call it behind the middleware, which lets nobody else in."""
    assert isinstance(request.user, User)
    return request.user
