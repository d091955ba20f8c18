"""Bytes of files on their way to clients, without a thread for each: a paused player costs a connection and no more.

Knows neither gunicorn nor Django. One thread for each device that files lie on, so that a disk that spins up or a
network mount that hangs holds up the viewers of its own files only.
"""

import contextlib
import logging
import os
import selectors
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

# So much is put into a connection in one go, before the next one has its turn.
_TURN_BYTES = 1 << 20
# A client that takes nothing for so long is let go; a player asks for the rest when it is started again.
STALLED_SECONDS = 300.0
# A thread with nothing to send ends after this long.
_IDLE_SECONDS = 30.0
_logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Sending:
    """`left` bytes of the file `file_fd` from `offset` on, to `connected`. Closes `file_fd` when it is over, then calls
    `on_end` with whether all of them went."""

    connected: socket.socket
    file_fd: int
    offset: int
    left: int
    on_end: Callable[[bool], None]
    moved_at: float = field(default_factory=time.monotonic)

    def go_on(self) -> bool | None:
        """Sends what the connection takes now. True: all is gone. False: no more can be sent. None: later."""
        try:
            sent = os.sendfile(self.connected.fileno(), self.file_fd, self.offset, min(self.left, _TURN_BYTES))
        except BlockingIOError:
            return None
        except OSError:
            return False
        if not sent:
            # The file has become shorter; its length was promised, so the connection can't go on.
            return False
        self.offset += sent
        self.left -= sent
        self.moved_at = time.monotonic()
        return True if not self.left else None

    def end(self, *, is_whole: bool) -> None:
        """Once."""
        os.close(self.file_fd)
        self.on_end(is_whole)


class Senders:
    """The threads of this process, by device."""

    def __init__(self, *, stalled_seconds: float = STALLED_SECONDS) -> None:
        self._stalled_seconds = stalled_seconds
        self._lock = threading.Lock()
        self._by_device: dict[int, _Sender] = {}
        self._is_stopping = False

    def send(self, sending: Sending) -> None:
        """Returns at once; `sending.on_end` is called from another thread."""
        device = os.fstat(sending.file_fd).st_dev
        with self._lock:
            sender = self._by_device.get(device)
            if sender is None or not sender.take(sending):
                sender = _Sender(self._stalled_seconds)
                sender.take(sending)
                self._by_device[device] = sender
                sender.start()
            if self._is_stopping:
                sender.stop()

    def stop(self) -> None:
        """Lets go of whoever has taken nothing for a second. Those who do are served on."""
        with self._lock:
            self._is_stopping = True
            for sender in self._by_device.values():
                sender.stop()

    def __len__(self) -> int:
        """How many are being sent to."""
        with self._lock:
            return sum(len(sender) for sender in self._by_device.values())


class _Sender(threading.Thread):
    def __init__(self, stalled_seconds: float) -> None:
        super().__init__(name="sender", daemon=True)
        self._patience = stalled_seconds
        self._lock = threading.Lock()
        self._new: list[Sending] = []
        self._running: set[int] = set()
        self._has_ended = False
        self._wake_read, self._wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    def __len__(self) -> int:
        return len(self._new) + len(self._running)

    def take(self, sending: Sending) -> bool:
        """Whether this thread will see to it; one that has ended doesn't."""
        with self._lock:
            if self._has_ended:
                return False
            self._new.append(sending)
            self._wake()
            return True

    def stop(self) -> None:
        with self._lock:
            self._patience = min(self._patience, 1.0)
            if not self._has_ended:
                self._wake()

    def _wake(self) -> None:
        # A full pipe holds calls enough that were not heard yet.
        with contextlib.suppress(BlockingIOError):
            os.write(self._wake_write, b"\0")

    def run(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._wake_read, selectors.EVENT_READ)
            idle_since = time.monotonic()
            while True:
                for key, _ in selector.select(timeout=1.0):
                    if key.data is None:
                        os.read(self._wake_read, 4096)
                    else:
                        self._step(selector, key.data)
                self._begin(selector)
                self._let_go(selector)
                if self._running:
                    idle_since = time.monotonic()
                elif time.monotonic() - idle_since > _IDLE_SECONDS and self._ended():
                    break
        os.close(self._wake_read)
        os.close(self._wake_write)

    def _ended(self) -> bool:
        with self._lock:
            self._has_ended = not self._new
            return self._has_ended

    def _begin(self, selector: selectors.BaseSelector) -> None:
        with self._lock:
            new, self._new = self._new, []
            self._running.update(id(sending) for sending in new)
        for sending in new:
            try:
                sending.connected.setblocking(False)
                selector.register(sending.connected, selectors.EVENT_WRITE, sending)
            except (OSError, ValueError):
                self._end(sending, is_whole=False)

    def _step(self, selector: selectors.BaseSelector, sending: Sending) -> None:
        state = sending.go_on()
        if state is not None:
            selector.unregister(sending.connected)
            self._end(sending, is_whole=state)

    def _let_go(self, selector: selectors.BaseSelector) -> None:
        now = time.monotonic()
        waiting: list[Any] = [key.data for key in selector.get_map().values() if key.data is not None]
        for sending in waiting:
            if now - sending.moved_at > self._patience:
                selector.unregister(sending.connected)
                self._end(sending, is_whole=False)

    def _end(self, sending: Sending, *, is_whole: bool) -> None:
        self._running.discard(id(sending))
        try:
            sending.end(is_whole=is_whole)
        except Exception:
            _logger.exception("The end of an answer could not be told.")
