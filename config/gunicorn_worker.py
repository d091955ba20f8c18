"""gunicorn's worker with threads, which tells requests to come back when too many wait (config/crowd.py), and gives up
connections on which nothing moves (config/patient_socket.py)."""

import logging
import random
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from gunicorn import util
from gunicorn.workers.gthread import ThreadWorker

from config.crowd import BESIDE_THREADS, Crowd, is_kept, is_quick
from config.errors import RETRY_SECONDS
from config.patient_socket import PatientSocket
from config.request_times import REFUSED

# Enough of a request for its first line, unless its address is very long; then it queues like a page.
_FIRST_LINE_BYTES = 256
_TOLD_EVERY_SECONDS = 60.0
_log = logging.getLogger(__name__)


class Worker(ThreadWorker):  # type: ignore[misc] # gunicorn has no types
    """Requests queue for a thread while the wait is short. Beyond that, and for what is quick, there are others."""

    def init_process(self) -> None:
        self.crowd = Crowd(threads=self.cfg.threads, patience_seconds=settings.WEB_WAIT_SECONDS)
        self.beside = ThreadPoolExecutor(max_workers=BESIDE_THREADS, thread_name_prefix="beside")
        self._refused, self._told_at = 0, float("-inf")
        super().init_process()

    def run(self) -> None:
        try:
            super().run()
        finally:
            self.beside.shutdown(wait=False)

    def handle_quit(self, sig: Any, frame: Any) -> None:
        self.beside.shutdown(wait=False)
        super().handle_quit(sig, frame)

    def enqueue_req(self, conn: Any) -> None:
        """Called by the process's main thread for each request, before anything of it was read."""
        if not isinstance(conn.sock, PatientSocket):
            conn.sock = PatientSocket.of(conn.sock, stall_seconds=settings.WEB_STALL_SECONDS)
        conn.is_beside = bool(self.crowd) and (self.crowd.is_full() or is_quick(_peeked_path(conn)))
        if not conn.is_beside:
            self.crowd.arrived()
        future = (self.beside if conn.is_beside else self.tpool).submit(self.handle, conn)
        future.add_done_callback(lambda done: self.method_queue.defer(self.finish_request, conn, done))

    def handle(self, conn: Any) -> Any:
        conn.waited_seconds = 0.0 if conn.is_beside else self.crowd.began()
        conn.sock.expect_head()
        return super().handle(conn)

    def handle_request(self, req: Any, conn: Any) -> Any:
        conn.sock.expect_body()
        is_late = conn.is_beside or conn.waited_seconds > self.crowd.patience_seconds
        if is_late and not is_kept(req.path):
            return self._refuse(req, conn)
        began = time.monotonic()
        try:
            return super().handle_request(req, conn)
        finally:
            if not conn.is_beside:
                self.crowd.took(time.monotonic() - began)

    def _refuse(self, req: Any, conn: Any) -> bool:
        """503 with Retry-After; whether the connection may be used again."""
        # Spread, so that they don't all come back in the same second.
        seconds = random.randint(RETRY_SECONDS // 2, RETRY_SECONDS * 3 // 2)
        headers = dict(req.headers)
        kind, body = _answer("json" if _wants_json(req.path, headers) else "html", seconds)
        # What it sends along was not read, so nothing can follow it.
        has_body = "TRANSFER-ENCODING" in headers or headers.get("CONTENT-LENGTH", "0") != "0"
        is_kept_open = self.alive and not has_body and not req.should_close()
        head = (
            f"HTTP/1.1 503 Service Unavailable\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
            f"Retry-After: {seconds}\r\nCache-Control: no-store\r\n"
            f"Connection: {'keep-alive' if is_kept_open else 'close'}\r\n\r\n"
        )
        util.write(conn.sock, head.encode("ascii") + (b"" if req.method == "HEAD" else body))
        REFUSED.inc()
        self._tell()
        return is_kept_open

    def _tell(self) -> None:
        self._refused += 1
        if time.monotonic() - self._told_at > _TOLD_EVERY_SECONDS:
            self._told_at = time.monotonic()
            _log.warning(
                "More requests than this process can answer: %d wait, %d were told to come back so far.",
                len(self.crowd), self._refused,
            )  # fmt: skip


def _peeked_path(conn: Any) -> str:
    """The path of the request that lies in the connection, without taking it out; empty when it isn't there yet."""
    try:
        first = conn.sock.recv(_FIRST_LINE_BYTES, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except OSError:
        return ""
    words = first.split(b" ", 2)
    return words[1].partition(b"?")[0].decode("latin-1") if len(words) == 3 else ""


def _wants_json(path: str, headers: dict[str, str]) -> bool:
    return path.startswith("/api/") or "application/json" in headers.get("ACCEPT", "")


@lru_cache(maxsize=64)
def _answer(kind: str, seconds: int) -> tuple[str, bytes]:
    """Content type and body. Rendered once for each, since there is no time for it then."""
    if kind == "json":
        return "application/json", b'{"detail": "Too much at once: try again in %d seconds."}' % seconds
    return "text/html; charset=utf-8", render_to_string("503.html", {"seconds": seconds}).encode()
