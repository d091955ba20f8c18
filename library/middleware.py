"""What happens around every request of someone who is logged in."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from pghistory.middleware import HistoryMiddleware as PghistoryMiddleware

from library.addresses import client_address
from library.services.access import note_seen


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
