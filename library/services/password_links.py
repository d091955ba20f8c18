"""Addresses by which somebody gives their account a new password: for those who forgot theirs, or brought one from
another system that can't be used here."""

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import base36_to_int, int_to_base36

from library.models import AuditKind, User
from library.services.audit import record

_SECONDS_OF_A_DAY = 24 * 3600


def make_password_link(*, user: User, request: HttpRequest | None = None) -> str:
    """The path of an address that is good for one new password, for `link_days`. Recorded, without the address.

    It is worth nothing after a login, a change of password or of the e-mail address, and for an account that is
    switched off. Nothing of it is stored.
    """
    record(kind=AuditKind.USER_CHANGED, request=request, subject=user.username, account=user,
           detail={"password_link": "made"})  # fmt: skip
    token = default_token_generator.make_token(user)
    return reverse("new_password", args=[int_to_base36(user.pk), token])


def user_of_link(key: str, token: str) -> User | None:
    """Whose password may be set by it; None for an address that is used up, too old or was never given out."""
    try:
        user = User.objects.filter(pk=base36_to_int(key), is_active=True).first()
    except (ValueError, OverflowError):
        return None
    return user if user is not None and default_token_generator.check_token(user, token) else None


def link_days() -> int:
    return int(settings.PASSWORD_RESET_TIMEOUT // _SECONDS_OF_A_DAY)
