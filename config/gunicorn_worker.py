"""gunicorn's worker with threads, which tells requests to come back when too many wait (config/crowd.py), sends files
without holding a thread (config/sending.py), and ends connections on which nothing moves (config/patient_socket.py).
"""

import logging
import os
import random
import resource
import socket
import time
from concurrent.futures import Future, ThreadPoolExecutor
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
from config.sending import Senders, Sending
from library.ranges import SENDS_ASIDE

# Enough of a request for its first line, unless its address is very long; then it queues like a page.
_FIRST_LINE_BYTES = 256
_TOLD_EVERY_SECONDS = 60.0
# What is smaller fits the connection's own buffer, and is gone sooner than another thread would begin with it.
_ASIDE_FROM_BYTES = 256 * 1024
# Two for each connection that a file is sent to: the usual 1,024 would end at some hundred paused players.
_OPEN_FILES = 8192
_log = logging.getLogger(__name__)


class Worker(ThreadWorker):  # type: ignore[misc] # gunicorn has no types
    """Requests queue for a thread while the wait is short. Beyond that, and for what is quick, there are others."""

    wsgi: Any

    def init_process(self) -> None:
        self.crowd = Crowd(threads=self.cfg.threads, patience_seconds=settings.WEB_WAIT_SECONDS)
        self.beside = ThreadPoolExecutor(max_workers=BESIDE_THREADS, thread_name_prefix="beside")
        self.senders = Senders()
        self._refused, self._told_at = 0, float("-inf")
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wished = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(_OPEN_FILES, hard)
        if soft != resource.RLIM_INFINITY and soft < wished:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wished, hard))
        super().init_process()

    def load_wsgi(self) -> None:
        super().load_wsgi()
        application = self.wsgi

        def told(environ: dict[str, Any], start_response: Any) -> Any:
            environ[SENDS_ASIDE] = not self.cfg.is_ssl
            return application(environ, start_response)

        self.wsgi = told

    def handle_exit(self, sig: Any, frame: Any) -> None:
        super().handle_exit(sig, frame)
        # Called in the middle of anything, so nothing may be waited for here.
        self.method_queue.defer(self.senders.stop)

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
        if not isinstance(conn.sock, _Connected) and not self.cfg.is_ssl:
            conn.sock = _Connected.of(conn.sock, stall_seconds=settings.WEB_STALL_SECONDS)
        conn.is_beside = bool(self.crowd) and (self.crowd.is_full() or is_quick(_peeked_path(conn)))
        if not conn.is_beside:
            self.crowd.arrived()
        future = (self.beside if conn.is_beside else self.tpool).submit(self.handle, conn)
        future.add_done_callback(lambda done: self.method_queue.defer(self.finish_request, conn, done))

    def finish_request(self, conn: Any, done: Any) -> None:
        """The process's main thread, when an answer was given: its file, if it has one, is still to be sent."""
        handed = conn.sock.taken() if isinstance(conn.sock, _Connected) else None
        if handed is None:
            super().finish_request(conn, done)
            return
        is_kept_open = not done.cancelled() and done.exception() is None and done.result() is True

        def on_end(is_whole: bool) -> None:
            if is_whole:
                result: Future[bool] = Future()
                result.set_result(is_kept_open)
                self.method_queue.defer(super(Worker, self).finish_request, conn, result)
            else:
                self.method_queue.defer(self._drop, conn)

        self.senders.send(Sending(conn.sock, *handed, on_end))

    def _drop(self, conn: Any) -> None:
        """Without waiting for a client that takes nothing any more."""
        self.nr_conns -= 1
        conn.close()

    def handle(self, conn: Any) -> Any:
        conn.waited_seconds = 0.0 if conn.is_beside else self.crowd.began()
        if isinstance(conn.sock, _Connected):
            conn.sock.expect_head()
        return super().handle(conn)

    def handle_request(self, req: Any, conn: Any) -> Any:
        if isinstance(conn.sock, _Connected):
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


class _Connected(PatientSocket):
    """A connection that keeps a file it is told to send for later: `taken` gives it out."""

    _handed: tuple[int, int, int] | None = None

    def sendfile(self, file: Any, offset: int = 0, count: int | None = None) -> int:
        """Bytes that were sent, or will be."""
        if count is None or count < _ASIDE_FROM_BYTES or self._handed is not None:
            return super().sendfile(file, offset, count)
        self._handed = (os.dup(file.fileno()), offset, count)
        return count

    def taken(self) -> tuple[int, int, int] | None:
        """The file's descriptor, which is the caller's to close, the offset and the count; None without a file."""
        handed, self._handed = self._handed, None
        return handed


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
