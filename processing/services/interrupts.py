"""Stopping a stage from outside: signals become exceptions, and only while a stage runs.

At any other time a signal is only noted, so that a claim or the end of a job is never cut in two. Signals reach the
main thread only; in other threads a stage runs without a time limit and ends by itself.
"""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

# Sent by the process to itself when its job was cancelled or given to another worker.
LOST = signal.SIGUSR1


class WorkerStopping(BaseException):
    """The worker is told to stop: the job goes back to the queue. Not an Exception, so that no stage swallows it."""


class HoldLost(BaseException):
    """The job was cancelled or another worker has it: what this one does no longer counts."""


class TimeIsUp(BaseException):
    """The stage took longer than it may."""


_RAISED = {signal.SIGTERM: WorkerStopping, signal.SIGALRM: TimeIsUp, LOST: HoldLost}


@dataclass(slots=True)
class _State:
    is_armed: bool = False
    is_stopping: bool = False
    before_raising: Callable[[], object] | None = None


_state = _State()


def _interrupt(number: int, frame: FrameType | None) -> None:
    if number == signal.SIGTERM:
        _state.is_stopping = True
    if _state.is_armed:
        # Once: the stage must be able to clean up.
        _state.is_armed = False
        if _state.before_raising is not None:
            _state.before_raising()
        raise _RAISED[signal.Signals(number)]


def is_stopping() -> bool:
    """Whether this worker was told to stop."""
    return _state.is_stopping


@contextmanager
def stopping_on_sigterm() -> Iterator[None]:
    """For a worker's loop: within, SIGTERM stops the stage in hand, and `is_stopping` tells the loop."""
    _state.is_stopping = False
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
        _state.is_stopping = False


@contextmanager
def listening() -> Iterator[None]:
    """Takes the signals of `armed` and `lose_hold`; around all that may send them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, _interrupt) for number in (signal.SIGALRM, LOST)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def armed(timeout_seconds: float, before_raising: Callable[[], object] | None = None) -> Iterator[None]:
    """Around a stage, within `listening`: raises WorkerStopping, HoldLost or TimeIsUp, at most once.

    `before_raising` is called then: it ends the programs that the stage waits for, since what cleans up after them
    (`with Popen(...)`) would wait for them again.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.setitimer(signal.ITIMER_REAL, timeout_seconds)
    try:
        # Two blocks: a signal that arrives just before the flag falls must not keep the timer running.
        try:
            _state.before_raising = before_raising
            _state.is_armed = True
            if _state.is_stopping:
                raise WorkerStopping
            yield
        finally:
            _state.is_armed = False
            _state.before_raising = None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def pause(seconds: float) -> None:
    """Sleeps, within `stopping_on_sigterm`; raises WorkerStopping as soon as the worker is told to stop."""
    try:
        _state.is_armed = True
        if _state.is_stopping:
            raise WorkerStopping
        time.sleep(seconds)
    finally:
        _state.is_armed = False


def hold_timer() -> float:
    """Stops the time limit's clock; returns the seconds that were left, 0 when none ran."""
    return signal.setitimer(signal.ITIMER_REAL, 0)[0]


def resume_timer(seconds: float) -> None:
    """Lets the clock of `hold_timer` run on."""
    signal.setitimer(signal.ITIMER_REAL, seconds)


def lose_hold() -> None:
    """Called from another thread: raises HoldLost in the stage, if it is still running in the main thread."""
    os.kill(os.getpid(), LOST)
