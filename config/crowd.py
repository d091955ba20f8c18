"""Who waits for a thread of this web process, and when there are too many. Knows neither gunicorn nor Django.

gunicorn takes in every connection and lets it queue for a thread, so a flood of requests would wait for a minute and
longer; the application never sees how long one waited. Here it is counted: a request that would wait longer than
people do is told to come back, at once, and those before it are answered in time.
"""

import re
import threading
import time
from collections import deque

# What takes next to nothing and what a page or player that was answered can't do without: never told to come back, and
# ahead of pages while those queue. Ranges of a video are bounded (library/ranges.py).
_QUICK = re.compile(r"/(static/|derived/|uploads/|healthz$|readyz$|metrics$|.*/stream$|.*\.vtt$)")
# Parts of a running stream: not told to come back either, but one may wait for its encoder, so they queue with pages.
_PATIENT = re.compile(r"/.*/hls/")
# Threads of each web process beside those for pages: for what may pass, and for telling others to come back.
BESIDE_THREADS = 4
# How much the latest request counts in the mean: the last twenty or so.
_LATEST = 0.1


def is_quick(path: str) -> bool:
    """Whether a request may pass those that queue. `path` has no query."""
    return _QUICK.match(path) is not None


def is_kept(path: str) -> bool:
    """Whether a request is answered however many wait."""
    return is_quick(path) or _PATIENT.match(path) is not None


class Crowd:
    """The queue before `threads` threads. `arrived` is called by the thread that takes connections in, the rest by
    those that answer, in the order of arrival."""

    def __init__(self, *, threads: int, patience_seconds: float) -> None:
        self.patience_seconds = patience_seconds
        self._threads = threads
        self._waiting: deque[float] = deque()
        self._lock = threading.Lock()
        self._mean_seconds = 0.0

    def __len__(self) -> int:
        """How many wait for a thread."""
        return len(self._waiting)

    def arrived(self) -> None:
        """One more waits."""
        self._waiting.append(time.monotonic())

    def began(self) -> float:
        """A thread takes the first of those that wait; how long it waited, in seconds."""
        return time.monotonic() - self._waiting.popleft()

    def took(self, seconds: float) -> None:
        """What answering a request took."""
        with self._lock:
            self._mean_seconds += _LATEST * (seconds - self._mean_seconds)

    def expected_seconds(self) -> float:
        """How long one who comes now would wait: by the number before it (Little's law), and at least as long as the
        first of them has waited already, since threads may all hang."""
        try:
            oldest = time.monotonic() - self._waiting[0]
        except IndexError:
            return 0.0
        return max(oldest, len(self._waiting) * self._mean_seconds / self._threads)

    def is_full(self) -> bool:
        """Whether one who comes now would wait longer than people do."""
        return self.expected_seconds() > self.patience_seconds
