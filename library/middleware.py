"""What happens around every request."""

import re
import uuid
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from pghistory.middleware import HistoryMiddleware as PghistoryMiddleware

from library.addresses import client_address
from library.exceptions import TokenRefusedError
from library.log_context import logged_with
from library.services.access import note_seen
from library.services.tokens import use_token

# What a proxy may name a request by; anything else could break a line of the log.
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{4,80}")


class RequestIdMiddleware:
    """Names the request: by the proxy's X-Request-ID when it is a plain word, else by a new one.

    Log lines carry it and the answer says it, so that a person's "it failed" leads to the lines. The first middleware.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        # Django tells of an answer with a bad status when all middleware is done.
        request.request_id = request_id  # type: ignore[attr-defined]
        with logged_with(request_id=request_id):
            response = self.get_response(request)
        response["X-Request-ID"] = request_id
        return response


class TokenMiddleware:
    """Whose request it is, where it brings a token instead of a session: `request.user` and `request.api_token`.

    Before the history's, which tells the database who writes. Tokens count for the API, and for looking at what its
    answers name: pictures, clips, videos. Everything else is for browsers, where CSRF protects what is sent.
    """

    _PLACES = ("/api/", "/derived/", "/uploads/", "/videos/", "/faces/tracks/", "/faces/references/")

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not request.path.startswith(self._PLACES):
            return self.get_response(request)
        if not request.path.startswith("/api/") and request.method not in ("GET", "HEAD"):
            said = "Outside /api/ a token is for looking only."
            return JsonResponse({"detail": said}, status=HTTPStatus.FORBIDDEN)
        try:
            token = use_token(secret.strip(), request)
        except TokenRefusedError as error:
            return _refused(error)
        request.user = token.user
        request.api_token = token  # type: ignore[attr-defined]
        return self.get_response(request)


def _refused(error: TokenRefusedError) -> JsonResponse:
    if error.seconds_left is not None:
        answer = JsonResponse({"detail": str(error)}, status=HTTPStatus.TOO_MANY_REQUESTS)
        answer["Retry-After"] = str(error.seconds_left)
        return answer
    answer = JsonResponse({"detail": str(error)}, status=HTTPStatus.UNAUTHORIZED)
    answer["WWW-Authenticate"] = 'Bearer realm="Videothek", error="invalid_token"'
    return answer


class LastSeenMiddleware:
    """Keeps when a session was last used. Before the view: one that streams gives its database connection back."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        note_seen(request)


class HistoryMiddleware(PghistoryMiddleware):
    """Tells the database's triggers who changes something and from where."""

    def get_context(self, request: HttpRequest) -> dict[str, Any]:
        return {**super().get_context(request), "address": client_address(request)}
