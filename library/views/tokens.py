"""The page of one's own API tokens."""

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from library.access import current_user, for_every_account
from library.exceptions import TokenError
from library.models.token import TokenScope
from library.services.tokens import DEFAULT_DAYS, NewToken, make_token, revoke_token, tokens_of

# Days by choice; 0 is for ever.
DAYS = {30: "30 days", 90: "90 days", 365: "a year", 0: "for ever"}
_SHOWN = 100


@for_every_account
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@sensitive_variables("made")
def tokens(request: HttpRequest) -> HttpResponse:
    """`/account/tokens/`: one's own tokens. POST makes one and shows it, this once; 422 with what is wrong."""
    if request.method != "POST":
        return _page(request)
    given = request.POST.get("days", "")
    days = int(given) if given.isascii() and given.isdigit() and len(given) < 6 else DEFAULT_DAYS
    scope = TokenScope.READ if request.POST.get("scope") == TokenScope.READ else TokenScope.FULL
    try:
        made = make_token(user=current_user(request), name=request.POST.get("name", ""), days=days or None, scope=scope)
    except TokenError as error:
        return _page(request, problem=str(error), status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return _page(request, made=made, status=HTTPStatus.CREATED)


@for_every_account
@require_POST
def revoke(request: HttpRequest) -> HttpResponse:
    """`/account/tokens/revoke/`: ends one of one's own tokens (`token`), for a `reason`."""
    user = current_user(request)
    try:
        token = UUID(request.POST.get("token", ""))
        is_done = revoke_token(public_id=token, by=user, reason=request.POST.get("reason", ""), owner=user)
    except TokenError as error:
        messages.error(request, str(error))
    except ValueError:
        messages.error(request, "There is no such token.")
    else:
        said = "The token is revoked: whatever uses it is refused from now on."
        (messages.success if is_done else messages.info)(request, said if is_done else "It was revoked already.")
    return redirect("account_tokens")


def _page(
    request: HttpRequest, *, made: NewToken | None = None, problem: str = "", status: int = HTTPStatus.OK
) -> HttpResponse:
    now = timezone.now()
    rows = [
        {"token": token, "is_over": token.revoked_at is not None or (token.expires_at or now) < now}
        for token in tokens_of(current_user(request))[:_SHOWN]
    ]
    context = {
        "rows": rows,
        "made": made,
        "problem": problem,
        "name": request.POST.get("name", "") if problem else "",
        "days": DAYS,
        "default_days": DEFAULT_DAYS,
        "scopes": TokenScope.choices,
    }
    return render(request, "library/tokens.html", context, status=status)
