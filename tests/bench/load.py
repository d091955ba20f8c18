"""A thousand visitors at once: grid, search and watch page of a library of 100,000, over loopback.

Run by `make bench AREA=load`, which starts the servers that it needs.
"""

import asyncio
import os
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from itertools import cycle

import django
import psutil
from django.core.management import call_command
from django.db import connection
from django.urls import reverse

# The models can be imported only then.
django.setup()

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

from config.crowd import BESIDE_THREADS
from config.services.owner import ensure_owner
from config.services.processes import web_service
from config.services.seed.scale import seed_scale
from config.services.static import collect_static
from library.models import User, Video
from tests.bench.table import Row, show

VIDEOS = 100_000
VISITORS = 1_000
SECONDS = 30.0
_PATIENCE_SECONDS = 60.0


@dataclass(slots=True)
class Tally:
    """What came back. Times in seconds, of whole answers."""

    statuses: Counter[int] = field(default_factory=Counter)
    times: list[float] = field(default_factory=list)
    refused_times: list[float] = field(default_factory=list)
    without_retry_after: int = 0
    broken: Counter[str] = field(default_factory=Counter)

    def percentile(self, share: float) -> float:
        """Milliseconds that this share of the good answers kept under."""
        ordered = sorted(self.times)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000 if ordered else 0.0


def session_cookie(user: User) -> str:
    """A session of the user, made as the login makes it."""
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.save()
    return f"{settings.SESSION_COOKIE_NAME}={store.session_key}"


def addresses() -> list[str]:
    """Pages in the mix that people open: grids, searches that find much, little and nothing, and watch pages."""
    videos = list(Video.objects.filter(trashed_at=None).order_by("pk").values_list("pk", flat=True)[:20_000:400])
    grid = reverse("library")
    grids = [grid, f"{grid}?sort=title", f"{grid}?sort=longest"]
    searches = [f"{grid}?q={words}" for words in ("harbour", "lisbon+snow", "zurich", "nothingatall", "mor")]
    return [
        page for video in videos for page in (grids[video % 3], searches[video % 5], reverse("watch", args=(video,)))
    ]


async def visit(port: int, pages: Iterator[str], cookie: str, until: float, tally: Tally) -> None:
    """One visitor: a connection that is kept, one page after the other."""
    reader: asyncio.StreamReader | None = None
    writer: asyncio.StreamWriter | None = None
    while time.monotonic() < until:
        page = next(pages)
        began = time.monotonic()
        try:
            if writer is None:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
            assert reader is not None
            writer.write(f"GET {page} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n".encode())
            async with asyncio.timeout(_PATIENCE_SECONDS):
                status, headers = await _answer(reader)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, ValueError) as error:
            tally.broken[type(error).__name__] += 1
            if writer is not None:
                writer.close()
            reader = writer = None
            await asyncio.sleep(0.1)
            continue
        tally.statuses[status] += 1
        if status == 200:
            tally.times.append(time.monotonic() - began)
        if status == 503:
            tally.refused_times.append(time.monotonic() - began)
            tally.without_retry_after += "retry-after" not in headers
            await asyncio.sleep(1)
        if headers.get("connection", "").lower() == "close":
            writer.close()
            reader = writer = None
    if writer is not None:
        writer.close()


async def _answer(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
    if headers.get("transfer-encoding") == "chunked":
        while size := int((await reader.readuntil(b"\r\n")).strip(), 16):
            await reader.readexactly(size + 2)
        await reader.readexactly(2)
    else:
        await reader.readexactly(int(headers["content-length"]))
    return int(head[0].split()[1]), headers


@dataclass(slots=True)
class Peaks:
    """The most that was seen while the visitors were there."""

    memory_mb: float = 0.0
    connections: int = 0


async def watch(process: psutil.Process, peaks: Peaks) -> None:
    """Looks twice a second at the web processes' memory and at PostgreSQL's connections."""
    while True:
        family = [process, *process.children(recursive=True)]
        memory = sum(one.memory_info().rss for one in family if one.is_running()) / 1e6
        peaks.memory_mb = max(peaks.memory_mb, memory)
        peaks.connections = max(peaks.connections, await asyncio.to_thread(_connections))
        await asyncio.sleep(0.5)


def _connections() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'")
        count: int = cursor.fetchone()[0]
    connection.close()
    return count


@contextmanager
def web(port: int) -> Iterator[psutil.Process]:
    """The web processes exactly as `manage.py up` starts them."""
    service = web_service("127.0.0.1", port)
    environment = {**os.environ, **service.environment, "VIDEOTHEK_ALLOWED_HOSTS": "localhost"}
    process = subprocess.Popen(service.command, cwd=service.folder, env=environment)
    try:
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield psutil.Process(process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


async def storm(
    port: int, pages: list[str], cookie: str, process: psutil.Process, *, visitors: int, seconds: float
) -> tuple[Tally, Peaks]:
    """All visitors at once, for so long."""
    tally, peaks, next_pages = Tally(), Peaks(), cycle(pages)
    until = time.monotonic() + seconds
    watcher = asyncio.create_task(watch(process, peaks))
    await asyncio.gather(*(visit(port, next_pages, cookie, until, tally) for _ in range(visitors)))
    watcher.cancel()
    return tally, peaks


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def run(*, full: bool = False) -> bool:
    """Prints the table; False when a target is missed. `full` stays for two minutes instead of 30 s."""
    call_command("migrate", verbosity=0)
    ensure_owner()
    collect_static()
    owner = User.owners().get()
    seed_scale(videos=VIDEOS, user=owner, say=lambda text: None)
    pages, cookie, port = addresses(), session_cookie(owner), free_port()
    seconds = 120.0 if full else SECONDS
    connection.close()
    with web(port) as process:
        asyncio.run(storm(port, pages, cookie, process, visitors=4, seconds=5))
        tally, peaks = asyncio.run(storm(port, pages, cookie, process, visitors=VISITORS, seconds=seconds))
    return show(f"A thousand visitors at once, for {seconds:.0f} s", rows_of(tally, peaks, seconds))


def rows_of(tally: Tally, peaks: Peaks, seconds: float) -> list[Row]:
    """The table: nobody meets an error, and what the server needs stays bounded."""
    good, busy = tally.statuses[200], tally.statuses[503]
    other = {status: count for status, count in tally.statuses.items() if status not in (200, 503)}
    limit = settings.WEB_WORKERS * (settings.WEB_THREADS + BESIDE_THREADS)
    refused = sorted(tally.refused_times)
    told = f"{statistics.median(refused) * 1000:,.0f} ms, at most {refused[-1] * 1000:,.0f} ms" if refused else ""
    shares = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
    spread = ", ".join(f"{name} {tally.percentile(share):,.0f} ms" for name, share in shares.items())
    return [
        Row("pages answered", f"{good:,}", f"{good / seconds:.0f}/s", "", good > 0),
        Row("time of a page", spread, "", "", None),
        Row("answers that are neither page nor 'come back'", str(other or 0), "", "0", not other),
        Row("'come back' (503), with Retry-After", f"{busy:,}", f"{tally.without_retry_after} without", "all with",
            not tally.without_retry_after),
        Row("  told after (median)", told, "", "", None),
        Row("connections that broke", str(dict(tally.broken) or 0), "", "0", not tally.broken),
        Row("memory of the web processes", f"{peaks.memory_mb:,.0f} MB", "", "under 1,500 MB", peaks.memory_mb < 1500),
        Row("connections to PostgreSQL", str(peaks.connections), f"{limit} threads", f"at most {limit + 10}",
            peaks.connections <= limit + 10),
    ]  # fmt: skip


if __name__ == "__main__":
    sys.exit(0 if run(full="--full" in sys.argv) else 1)
