"""Connections of the web processes that don't wait for ever: whoever sends or takes nothing gives back the thread.

Knows neither gunicorn nor Django.
"""

import errno
import socket
import time
from typing import Any, Self

# A request's head is a few kB; who needs longer for it keeps a thread on purpose.
HEAD_SECONDS = 20.0
# Who is slower over a longer time than this, in bytes a second, is told to begin again: an upload goes on where it was.
LEAST_RATE = 4096
# The rate counts after so long.
_GRACE_SECONDS = 30.0


class PatientSocket(socket.socket):
    """A blocking socket that gives up after `stall_seconds` in which not a byte moved, when a head takes too long, and
    when a body trickles in. It does so by ConnectionResetError, as if the other side had gone."""

    stall_seconds = 30.0
    _head_until: float | None = None
    _body_since: float | None = None
    _body_bytes = 0

    @classmethod
    def of(cls, other: socket.socket, *, stall_seconds: float) -> Self:
        """The same connection; `other` is of no use any more."""
        made = cls(fileno=other.detach())
        made.stall_seconds = stall_seconds
        return made

    def expect_head(self) -> None:
        """A request begins."""
        self._head_until, self._body_since = time.monotonic() + HEAD_SECONDS, None

    def expect_body(self) -> None:
        """Its head is there."""
        self._head_until, self._body_since, self._body_bytes = None, time.monotonic(), 0

    def setblocking(self, flag: bool) -> None:
        """Blocking means waiting `stall_seconds`."""
        self.settimeout(self.stall_seconds if flag else 0.0)

    def recv(self, *args: Any) -> bytes:
        self._check_time()
        try:
            data = super().recv(*args)
        except TimeoutError:
            raise _gone("sent nothing") from None
        self._body_bytes += len(data)
        return data

    def sendall(self, data: Any, *args: Any) -> None:
        """As long as something of it goes out now and then."""
        view = memoryview(data).cast("B")
        try:
            while view:
                view = view[self.send(view, *args) :]
        except TimeoutError:
            raise _gone("took nothing") from None

    def sendfile(self, *args: Any, **options: Any) -> int:
        try:
            return super().sendfile(*args, **options)
        except TimeoutError:
            raise _gone("took nothing") from None

    def _check_time(self) -> None:
        now = time.monotonic()
        if self._head_until is not None and now > self._head_until:
            raise _gone("took too long to ask")
        if self._body_since is not None:
            seconds = now - self._body_since - _GRACE_SECONDS
            if seconds > 0 and self._body_bytes < seconds * LEAST_RATE:
                raise _gone("sends too slowly")


def _gone(why: str) -> ConnectionResetError:
    return ConnectionResetError(errno.ECONNRESET, f"The other side {why}.")
