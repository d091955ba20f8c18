"""What log lines are about: told around a request or a job, read by the formatters of the logs."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType

_facts: ContextVar[Mapping[str, str | int]] = ContextVar("log_facts", default=MappingProxyType({}))


def log_facts() -> Mapping[str, str | int]:
    """What is being worked on here and now: `request_id`, or `job`, `stage`, `queue` and `worker`; often nothing."""
    return _facts.get()


@contextmanager
def logged_with(**facts: str | int) -> Iterator[None]:
    """Every log line of this thread carries the facts while the block runs, on top of those told before.

    A new thread begins without any; `contextvars.copy_context().run` takes them along.
    """
    token = _facts.set({**_facts.get(), **facts})
    try:
        yield
    finally:
        _facts.reset(token)
