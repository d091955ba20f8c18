"""What one run over the library learns once: names, places, habits. Gone when it ends."""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

Thing = TypeVar("Thing")
_memory: ContextVar[dict[Hashable, Any] | None] = ContextVar("suggesting_memory", default=None)


@contextmanager
def one_run() -> Iterator[None]:
    """Inside, `remember` makes each thing once."""
    token = _memory.set({})
    try:
        yield
    finally:
        _memory.reset(token)


def remember(key: Hashable, make: Callable[[], Thing]) -> Thing:
    """The thing of that key, made at its first use in a run; outside of one it is made each time."""
    memory = _memory.get()
    if memory is None:
        return make()
    if key not in memory:
        memory[key] = make()
    thing: Thing = memory[key]
    return thing


def last(key: Hashable, which: Hashable, make: Callable[[], Thing]) -> Thing:
    """Like `remember`, but only the latest one (`which`) is kept: what batches have of their own."""
    memory = _memory.get()
    if memory is None:
        return make()
    if key not in memory or memory[key][0] != which:
        memory[key] = (which, make())
    thing: Thing = memory[key][1]
    return thing
