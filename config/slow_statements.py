"""Writing down SQL statements that take long."""

import logging
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper

logger = logging.getLogger(__name__)
_SHOWN_CHARACTERS = 2000

_Execute = Callable[[str, Any, bool, dict[str, Any]], Any]


def watch_statements(sender: object, connection: BaseDatabaseWrapper, **more: object) -> None:
    """Receiver of `connection_created`: from now on this connection's slow statements are logged."""
    if settings.SLOW_QUERY_MS and log_if_slow not in connection.execute_wrappers:
        # First: a context that is open takes the last one off when it ends, and that must be its own.
        connection.execute_wrappers.insert(0, log_if_slow)


def log_if_slow(execute: _Execute, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """Runs the statement; one that takes VIDEOTHEK_SLOW_QUERY_MS is logged, failed or not, without its values."""
    began = time.perf_counter()
    try:
        return execute(sql, params, many, context)
    finally:
        took_ms = (time.perf_counter() - began) * 1000
        if took_ms >= settings.SLOW_QUERY_MS:
            logger.warning("A statement took %.0f ms: %s", took_ms, shortened(sql))


def shortened(sql: str | bytes) -> str:
    """One line of at most 2,000 characters."""
    text = " ".join((sql.decode(errors="replace") if isinstance(sql, bytes) else sql).split())
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]} ... ({len(text):,} characters)"
