"""How long requests take. Counted only while /metrics answers somebody.

Web processes are several: `manage.py up` sets PROMETHEUS_MULTIPROC_DIR, so that each writes its figures into files
there and whichever is asked adds them up.
"""

import time
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from prometheus_client import Counter, Histogram

_METHODS = frozenset({"GET", "HEAD", "POST"})

REQUESTS = Histogram(
    "videothek_request_duration_seconds",
    "What pages took until their answer began, by the name of their address.",
    ["view", "method", "status"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0),
    registry=None,
)

REFUSED = Counter(
    "videothek_requests_refused",
    "Requests that were told to come back (503) because too many waited for a thread.",
    registry=None,
)


class RequestTimesMiddleware:
    """Measures around all other middleware. Labels are bounded: names of addresses, three methods, five classes."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        if not settings.METRICS_TOKEN and not settings.METRICS_NETWORKS:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        response = self.get_response(request)
        match = request.resolver_match
        view = (match.view_name if match else "") or "none"
        method = request.method if request.method in _METHODS else "other"
        REQUESTS.labels(view, method, f"{response.status_code // 100}xx").observe(time.perf_counter() - began)
        return response
