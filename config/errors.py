"""What a visitor sees when a page fails."""

import sys
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.defaults import server_error
from psycopg import errors
from psycopg_pool import PoolTimeout, TooManyRequests

# Nothing is broken, there is only too much to do at once: the same request succeeds in a while.
BUSY = (PoolTimeout, TooManyRequests, errors.QueryCanceled, errors.LockNotAvailable, errors.TooManyConnections)
RETRY_SECONDS = 10


def is_busy(error: BaseException | None) -> bool:
    """Whether the error, or one that led to it, says that the database has too much to do."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        if isinstance(error, BUSY):
            return True
        seen.add(id(error))
        error = error.__cause__ or error.__context__
    return False


def failed(request: HttpRequest) -> HttpResponse:
    """The project's handler500: 503 with Retry-After when the database was too busy, else the page of 500."""
    if is_busy(sys.exc_info()[1]):
        page = render_to_string("503.html", {"seconds": RETRY_SECONDS})
        answer = HttpResponse(page, status=HTTPStatus.SERVICE_UNAVAILABLE)
        answer["Retry-After"] = str(RETRY_SECONDS)
        return answer
    return server_error(request)
