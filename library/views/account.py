"""Logging in, and the page of one's own account."""

from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.contrib.auth.views import LoginView
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from library.access import current_user, for_every_account
from library.addresses import client_address
from library.exceptions import LoginThrottledError
from library.services.access import SESSIONS_SHOWN, end_other_sessions, end_session, live_sessions
from library.services.logins import attempt_failed, attempt_succeeded, begin_attempt

# From here on a wrong password is answered with the number of tries that are left.
_WARN_AT = 2


class LoginForm(AuthenticationForm):
    """A plain form with plain words. Tries are counted; `seconds_left` is set when there were too many."""

    error_messages = {
        "invalid_login": "That name and password don't belong together. Capitals count in the password only.",
        "inactive": "This account is switched off.",
    }
    seconds_left: int | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            assert isinstance(field, forms.CharField)
            field.label_suffix = ""

    def clean(self) -> dict[str, Any]:
        name, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if name is None or not password:
            return self.cleaned_data
        assert self.request is not None
        try:
            attempt = begin_attempt(name=name, address=client_address(self.request))
            try:
                super().clean()
            except ValidationError as error:
                attempt_failed(attempt)
                if attempt.left > _WARN_AT:
                    raise
                raise ValidationError([error, self._warning(attempt.left)]) from None
        except LoginThrottledError as error:
            self.seconds_left = error.seconds_left
            raise ValidationError(str(error), code="throttled") from None
        attempt_succeeded(attempt)
        return self.cleaned_data

    @staticmethod
    def _warning(left: int) -> str:
        tries = "One more try" if left == 1 else f"{left} more tries"
        return f"{tries}, then you have to wait {settings.LOGIN_LOCK_MINUTES} minutes."


class Login(LoginView):
    """`/login/`: leads on to ?next when that lies on this server, else to the library. 429 after too many tries."""

    authentication_form = LoginForm
    template_name = "library/login.html"
    redirect_authenticated_user = True

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        response = super().form_invalid(form)
        seconds = getattr(form, "seconds_left", None)
        if seconds is not None:
            response.status_code = HTTPStatus.TOO_MANY_REQUESTS
            response["Retry-After"] = str(seconds)
        return response


@login_not_required
def admin_login(request: HttpRequest) -> HttpResponse:
    """`/admin/login/`: one login serves all pages. Who is logged in and still sent here may not enter the admin."""
    if request.user.is_authenticated:
        raise PermissionDenied("library.open_admin")
    return redirect(f"{reverse('login')}?{urlencode({'next': request.GET.get('next') or '/admin/'})}")


@for_every_account
@require_safe
@never_cache
def account(request: HttpRequest) -> HttpResponse:
    """`/account/`: who one is here, the password, and where one is logged in."""
    return _page(request, PasswordChangeForm(current_user(request)))


@for_every_account
@sensitive_post_parameters()
@require_POST
def password(request: HttpRequest) -> HttpResponse:
    """`/account/password/`: a new password of one's own; every other session ends. 422 with what is wrong."""
    user = current_user(request)
    form = PasswordChangeForm(user, request.POST)
    if not form.is_valid():
        return _page(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    form.save()
    update_session_auth_hash(request, user)
    messages.success(request, "Your password is changed. You are logged out everywhere else.")
    return redirect("account")


@for_every_account
@require_POST
def end_sessions(request: HttpRequest) -> HttpResponse:
    """`/account/sessions/end/`: ends one session of one's own (`session`), or all but this one (without it)."""
    user, given = current_user(request), request.POST.get("session")
    if given is None:
        count = end_other_sessions(owner=user, request=request)
        messages.success(request, f"You are logged out of {count} other place{'' if count == 1 else 's'}.")
        return redirect("account")
    try:
        count = end_session(public_id=UUID(given), owner=user, request=request)
    except ValueError:
        count = 0
    messages.info(request, "You are logged out there." if count else "That session had ended already.")
    return redirect("account")


def _page(request: HttpRequest, form: PasswordChangeForm, *, status: int = HTTPStatus.OK) -> HttpResponse:
    user = current_user(request)
    sessions = list(live_sessions(user)[:SESSIONS_SHOWN])
    context = {
        "form": form,
        "roles": user.role_names,
        "sessions": sessions,
        "this_key": request.session.session_key,
        "has_others": any(session.pk != request.session.session_key for session in sessions),
    }
    return render(request, "library/account.html", context, status=status)
