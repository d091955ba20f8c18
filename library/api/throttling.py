"""How often somebody may ask."""

import logging
import time
from typing import Any

from django.conf import settings
from redis import RedisError
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from library.addresses import client_address, throttle_key
from processing.services.bell import rq_queue

logger = logging.getLogger(__name__)

_WINDOW_SECONDS = 60


class PerMinute(BaseThrottle):
    """So many requests a minute for each token or account, and few for each address that nobody is logged in from.

    Counted in Redis by the minute of the clock. Without Redis nobody is refused: the limit spares the library, and a
    library that refuses everybody isn't spared.
    """

    left_seconds = 0

    def allow_request(self, request: Request, view: Any) -> bool:
        who, limit = _who(request)
        if not limit:
            return True
        window, passed = divmod(int(time.time()), _WINDOW_SECONDS)
        self.left_seconds = _WINDOW_SECONDS - passed
        count = _count(f"videothek:api:{who}:{window}")
        return count is None or count <= limit

    def wait(self) -> float:
        return self.left_seconds


def _who(request: Request) -> tuple[str, int]:
    if not request.user.is_authenticated:
        address = client_address(request._request)
        return f"address:{throttle_key(address) if address else ''}", settings.API_ANONYMOUS_PER_MINUTE
    if request.auth is not None:
        return f"token:{request.auth.pk}", settings.API_PER_MINUTE
    return f"user:{request.user.pk}", settings.API_PER_MINUTE


def _count(key: str) -> int | None:
    """How many asked in this window, this one included; None where Redis doesn't say."""
    try:
        pipeline = rq_queue("maintenance").connection.pipeline(transaction=False)
        pipeline.incr(key)
        pipeline.expire(key, 2 * _WINDOW_SECONDS)
        return int(pipeline.execute()[0])
    except RedisError as error:
        logger.warning("Requests can't be counted without Redis (%s), so nobody is refused.", error)
        return None
