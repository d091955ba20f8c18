"""Who is let in by a link, and what every answer behind it says to browsers."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_http_methods

from library.addresses import client_address, throttle_key
from library.models import User
from playback.exceptions import TooManyStreamsError
from playback.models import ShareLink
from playback.services.sharing.content import Shared, Standing, find_link, shared_by, standing_of
from playback.services.sharing.streams import claim_stream

# Nothing is loaded from elsewhere, nothing may frame it. Blobs are what hls.js feeds the player with.
CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "media-src 'self' blob:; connect-src 'self'; font-src 'self'; worker-src 'self' blob:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
# For programs; browsers have a cookie.
PROOF_HEADER = "X-Share-Proof"
WORDS = {
    Standing.UNKNOWN: (HTTPStatus.NOT_FOUND, "There is nothing at this address."),
    Standing.EXPIRED: (HTTPStatus.GONE, "This link has expired."),
    Standing.LOGIN: (HTTPStatus.UNAUTHORIZED, "This link is for people with an account: log in first."),
    Standing.PASSWORD: (HTTPStatus.UNAUTHORIZED, "This link asks for a password first."),
}
GONE = "What was shared here is not in the library any more."
NOT_MADE = "This clip is being made; try again in a minute."


def open_door(request: HttpRequest, token: str) -> tuple[ShareLink | None, Standing]:
    """The link of a token, and whether it opens for the one who asks."""
    link = find_link(token)
    proof = request.headers.get(PROOF_HEADER) or request.COOKIES.get(_cookie(link), "") if link is not None else ""
    return link, standing_of(link, visitor=visitor_of(request), proof=proof)


def visitor_of(request: HttpRequest) -> User | None:
    """Who asks, if they are logged in."""
    return request.user if isinstance(request.user, User) and request.user.is_active else None


def remember_password(request: HttpRequest, response: HttpResponseBase, link: ShareLink, proof: str, path: str) -> None:
    """The right password was given: this browser isn't asked again for this link, until it is closed or 12 hours on."""
    response.set_cookie(
        _cookie(link),
        proof,
        path=path,
        httponly=True,
        secure=request.is_secure() or bool(settings.HTTPS),
        samesite="Lax",
    )


def _cookie(link: ShareLink) -> str:
    return f"share_{link.public_id.hex[:12]}"


def harden(response: HttpResponseBase, *, cache_control: str = "") -> HttpResponseBase:
    """What every answer says: not for search engines, not for other sites, and nobody learns the address from it."""
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response["Referrer-Policy"] = "same-origin"
    response["X-Content-Type-Options"] = "nosniff"
    response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    if cache_control:
        response["Cache-Control"] = cache_control
    return response


def told(status: int, words: str) -> HttpResponse:
    """A plain answer to what isn't a page."""
    return HttpResponse(words, status=status, content_type="text/plain; charset=utf-8")


def shared_media(*, methods: tuple[str, ...] = ("GET", "HEAD"), is_stream: bool = False) -> Callable[[Any], Any]:
    """The view gives out a part of what a link shows, and gets that as `shared`; without the right nobody gets a byte.

    With `is_stream` it counts as somebody being sent a video, of which there are only so many: 429 otherwise.
    """

    def decorate(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @login_not_required
        @require_http_methods(list(methods))
        @wraps(view)
        def guarded(request: HttpRequest, token: str, number: int | None = None, **given: Any) -> HttpResponseBase:
            link, standing = open_door(request, token)
            if standing is not Standing.OPEN or link is None:
                return harden(told(*WORDS[standing]), cache_control="no-store")
            shared = shared_by(link, number)
            if shared is None:
                return harden(told(HTTPStatus.GONE, GONE), cache_control="no-store")
            if is_stream and request.method != "HEAD":
                refusal = claim(request, shared)
                if refusal is not None:
                    return harden(refusal, cache_control="no-store")
            return harden(view(request, shared=shared, **given))

        return guarded

    return decorate


def claim(request: HttpRequest, shared: Shared) -> HttpResponse | None:
    """Takes a place among those who are being sent something; the answer to give where there is none."""
    address = client_address(request)
    try:
        claim_stream(address=throttle_key(address) if address else "", subject=shared.subject)
    except TooManyStreamsError as error:
        response = told(HTTPStatus.TOO_MANY_REQUESTS, str(error))
        response["Retry-After"] = str(error.retry_seconds)
        return response
    return None
