"""A new password by an address that somebody was sent."""

from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import SetPasswordForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from library.services.password_links import user_of_link

_TEMPLATE = "library/new_password.html"


@login_not_required
@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new_password(request: HttpRequest, key: str, token: str) -> HttpResponse:
    """`/login/new-password/.../`: asks for the password twice, then leads to the login. 410 for what is no (longer a)
    link, 422 with what is wrong."""
    user = user_of_link(key, token)
    if user is None:
        return _answer(request, {"user_name": ""}, HTTPStatus.GONE)
    form = SetPasswordForm(user, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        form.save()
        messages.success(request, "Your password is set. Log in with it.")
        return redirect("login")
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return _answer(request, {"user_name": user.username, "form": form}, status)


def _answer(request: HttpRequest, context: dict[str, object], status: HTTPStatus) -> HttpResponse:
    response = render(request, _TEMPLATE, context, status=status)
    # The address is as good as a password.
    response["Referrer-Policy"] = "no-referrer"
    return response
