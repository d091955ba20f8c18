"""Watching over loopback: direct play by ranges, streams that are made while they are watched, and both at once.

Run by `make bench AREA=playback`, which starts the servers that it needs; `--full` takes a longer film. Times are those
of a client on the same machine, which shares its processors.
"""

import http.client
import os
import random
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import django
import psutil
from django.core.management import call_command
from django.db import connection

# The models can be imported only then.
django.setup()

from config import paths
from config.services.owner import ensure_owner
from config.services.static import collect_static
from library.models import User, VideoFile
from library.ranges import LARGEST_ASIDE_BYTES
from playback.services.renditions import load_stream_job, register_rendition
from processing.media.encode.program import ffmpeg_program
from processing.media.stream.rendition import Action, AudioPlan, Rendition, VideoPlan
from processing.media.stream.store import PartStore
from processing.media.stream.streamer import Streamer
from tests.bench.load import free_port, session_cookie, web
from tests.bench.place import bench_folder
from tests.bench.table import Row, show
from tests.library.factories import make_folder
from tests.media_factory import ffmpeg
from tests.processing.converting import known_film

UNIT_SECONDS, UNITS, UNITS_FULL = 10, 18, 120
SEEKS = 30
PAUSED, TRANSCODES = 40, 5
BUSY_SECONDS = 15.0
SMALL_CACHE_BYTES = 12_000_000
VIDEO, SOUND = 0, 1
REMUX = Rendition(VideoPlan(VIDEO, Action.COPY, "h264"), AudioPlan(SOUND, Action.ENCODE, "aac", 2))
TRANSCODE = Rendition(VideoPlan(VIDEO, Action.ENCODE, "h264"), AudioPlan(SOUND, Action.ENCODE, "aac", 2))


def make_film(units: int) -> Path:
    """1080p30 H.264 at about 6 Mb/s with AC-3 in Matroska: ten seconds, encoded once and repeated."""
    folder = bench_folder() / "playback"
    target, unit = folder / f"film-{units}.mkv", folder / "unit.mkv"
    if target.exists():
        return target
    folder.mkdir(exist_ok=True)
    sources = ["-f", "lavfi", "-i", "testsrc2=s=1920x1080:r=30,noise=alls=12:allf=t", "-f", "lavfi", "-i", "sine"]
    encode = "-c:v libx264 -preset veryfast -b:v 6000k -maxrate 8000k -bufsize 12000k -g 60 -pix_fmt yuv420p -c:a ac3"
    base = [ffmpeg(), "-v", "error", "-nostdin", "-y"]
    subprocess.run([*base, *sources, "-t", str(UNIT_SECONDS), *encode.split(), str(unit)], check=True)
    part = folder / "part.mkv"
    subprocess.run([*base, "-stream_loop", str(units - 1), "-i", str(unit), "-c", "copy", str(part)], check=True)
    part.rename(target)
    return target


class Viewer:
    """A browser: one kept connection and a session."""

    def __init__(self, port: int, cookie: str) -> None:
        self._port, self._cookie = port, cookie
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def get(self, address: str, **headers: str) -> tuple[int, bytes, float]:
        """Status, body, and seconds until its first byte."""
        began = time.perf_counter()
        self._connection.request("GET", address, headers={"Cookie": self._cookie, "Host": "localhost", **headers})
        response = self._connection.getresponse()
        first = response.read(1)
        waited = time.perf_counter() - began
        return response.status, first + response.read(), waited

    def part(self, address: str) -> bytes:
        """A part, asked for as a player does, again while it isn't there."""
        for _ in range(60):
            status, body, _ = self.get(address)
            if status == 200:
                return body
            if status != 503:
                break
            time.sleep(0.2)
        raise RuntimeError(f"{address} answered {status}: {body[:200].decode(errors='replace')}")


@contextmanager
def streamer() -> Iterator[psutil.Process]:
    """The process that makes streams, as `manage.py up` starts it, for five encoders."""
    command = [sys.executable, str(paths.PROJECT_ROOT / "manage.py"), "streamer"]
    environment = {**os.environ, "VIDEOTHEK_STREAM_ENCODERS": str(TRANSCODES), "VIDEOTHEK_STREAM_CACHE_GB": "1"}
    process = subprocess.Popen(command, cwd=paths.PROJECT_ROOT, env=environment)
    try:
        for _ in range(300):
            if paths.streamer_socket().exists():
                break
            time.sleep(0.1)
        yield psutil.Process(process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def encoders(process: psutil.Process) -> int:
    """FFmpeg programs that it runs."""
    return len(process.children(recursive=True))


# ---- Direct play ----------------------------------------------------------------------------------------------------
def seeks(viewer: Viewer, file: VideoFile) -> Row:
    chance = random.Random(5)
    address = f"/videos/{file.video_id}/stream"
    waits = [viewer.get(address, Range=f"bytes={chance.randrange(file.size_bytes - 1000)}-")[2] for _ in range(SEEKS)]
    median, worst = statistics.median(waits) * 1000, max(waits) * 1000
    return Row("direct: first byte after a seek", f"{median:.1f} ms", f"worst {worst:.0f} ms", "< 50 ms", median < 50)


def reads(viewer: Viewer, file: VideoFile) -> Row:
    """All of the file by pieces as a player asks for them, beside one plain answer with all of it."""
    address = f"/videos/{file.video_id}/stream"

    def whole() -> float:
        began = time.perf_counter()
        assert len(viewer.get(address)[1]) == file.size_bytes
        return time.perf_counter() - began

    def by_pieces() -> float:
        began, at = time.perf_counter(), 0
        while at < file.size_bytes:
            at += len(viewer.get(address, Range=f"bytes={at}-")[1])
        return time.perf_counter() - began

    rounds = [(whole(), by_pieces()) for _ in range(4)]
    plain, pieced = min(one for one, _ in rounds), min(other for _, other in rounds)
    speed = file.size_bytes / 1e6
    return Row(
        f"direct: ranged reads of {LARGEST_ASIDE_BYTES >> 20} MiB", f"{speed / pieced:,.0f} MB/s",
        f"whole {speed / plain:,.0f} MB/s", ">= 0.8x", plain / pieced >= 0.8,
    )  # fmt: skip


# ---- Streams --------------------------------------------------------------------------------------------------------
def start(viewer: Viewer, base: str, number: int, at_seconds: float) -> float:
    """Seconds from one tap to the first picture that could be shown there."""
    began = time.perf_counter()
    for name in (f"index.m3u8?at={at_seconds}", "init.mp4", f"{number}.m4s"):
        viewer.part(base + name)
    return time.perf_counter() - began


def starts(viewer: Viewer, other: Viewer, file: VideoFile, process: psutil.Process) -> list[Row]:
    rows = []
    for title, rendition, limit in (("remux", REMUX, 1.0), ("transcode of 1080p", TRANSCODE, 3.0)):
        base = base_of(file, rendition)
        beginning = start(viewer, base, 0, 0.0)
        playlist = viewer.part(f"{base}index.m3u8").decode()
        lengths = [float(line[8:-1]) for line in playlist.splitlines() if line.startswith("#EXTINF")]
        middle = len(lengths) // 2
        sought = start(viewer, base, middle, sum(lengths[:middle]) + 0.1)
        worst = max(beginning, sought)
        ours = f"{beginning:.2f} s"
        rows.append(
            Row(f"{title}: first segment", ours, f"after a seek {sought:.2f} s", f"< {limit:.0f} s", worst < limit)
        )
    before = encoders(process)
    base = base_of(file, TRANSCODE)
    waited = start(other, base, middle, sum(lengths[:middle]) + 0.1)
    after = encoders(process)
    rows.append(
        Row(
            "a second viewer of it",
            f"{waited * 1000:.0f} ms",
            f"{before} then {after} FFmpeg",
            "none more",
            after <= before,
        )
    )
    return rows


def base_of(file: VideoFile, rendition: Rendition) -> str:
    key = register_rendition(file=file, rendition=rendition)
    return f"/videos/{file.video_id}/hls/{key}/"


# ---- All at once ----------------------------------------------------------------------------------------------------
def paused_player(port: int, cookie: str, address: str) -> socket.socket:
    """Asks for all from somewhere on and reads nothing."""
    connected = socket.create_connection(("127.0.0.1", port))
    head = f"GET {address} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\nRange: bytes=1000-\r\n\r\n"
    connected.sendall(head.encode())
    return connected


def busy(port: int, cookies: Sequence[str], file: VideoFile, process: psutil.Process) -> list[Row]:
    """Paused players, viewers of streams that are encoded for them, and somebody who opens pages."""
    address = f"/videos/{file.video_id}/stream"
    paused = [paused_player(port, cookies[0], address) for _ in range(PAUSED)]
    is_over, made, most = threading.Event(), [0] * TRANSCODES, 0
    errors: list[str] = []

    def watch(number: int) -> None:
        viewer, base = Viewer(port, cookies[number]), bases[number]
        try:
            for name in ("index.m3u8", "init.mp4"):
                viewer.part(base + name)
            while not is_over.is_set():
                viewer.part(f"{base}{made[number]}.m4s")
                made[number] += 1
        except (OSError, RuntimeError, http.client.HTTPException) as error:
            errors.append(str(error))

    assert TRANSCODE.video is not None
    bases = [
        base_of(file, Rendition(replace(TRANSCODE.video, height=720 - 60 * number), TRANSCODE.audio))
        for number in range(TRANSCODES)
    ]
    connection.close()
    threads = [threading.Thread(target=watch, args=(number,)) for number in range(TRANSCODES)]
    for thread in threads:
        thread.start()
    viewer, times = Viewer(port, cookies[0]), []
    until = time.monotonic() + BUSY_SECONDS
    while time.monotonic() < until:
        status, _, waited = viewer.get("/")
        assert status == 200, status
        times.append(waited)
        most = max(most, encoders(process))
        time.sleep(0.05)
    is_over.set()
    for thread in threads:
        thread.join(60)
    for connected in paused:
        connected.close()
    ordered = sorted(times)
    p95 = ordered[int(len(ordered) * 0.95)] * 1000
    told = f"{PAUSED} paused players + {TRANSCODES} transcodes: "
    return [
        Row(f"{told}a page", f"p95 {p95:,.0f} ms", f"{len(times)} pages", "not blocked (< 2 s)", p95 < 2000),
        Row("  segments of each transcode", ", ".join(map(str, made)), f"{most} FFmpeg", "all go on", min(made) > 0),
        Row("  errors", str(len(errors)), "; ".join(errors)[:80], "0", not errors),
    ]  # fmt: skip


def idle_end(process: psutil.Process) -> Row:
    """Everybody has gone: what still runs in a minute."""
    began = time.monotonic()
    while encoders(process) and time.monotonic() - began < 70:
        time.sleep(0.5)
    took = time.monotonic() - began
    return Row("all viewers gone: no FFmpeg left", f"after {took:.0f} s", "", "< 60 s", took < 60)


def small_cache(file: VideoFile) -> Row:
    """The whole film through a cache that holds a few segments of it."""
    job = load_stream_job(register_rendition(file=file, rendition=REMUX))
    assert job is not None
    most = 0
    with tempfile.TemporaryDirectory(dir=bench_folder()) as folder:
        store = PartStore(Path(folder), limit_bytes=SMALL_CACHE_BYTES)
        one = Streamer(store, {job.key: job}.get, program=ffmpeg_program())
        number = 0
        while one.ask(job.key, f"{number}.m4s", wait_seconds=30).state == "ready":
            on_disk = [path for path in store.folder.rglob("*") if path.is_file()]
            most = max(most, sum(path.stat().st_size for path in on_disk if path.exists()))
            number += 1
        one.close()
    target = f"<= {SMALL_CACHE_BYTES / 1e6:.0f} MB"
    ours = f"{most / 1e6:.1f} MB"
    return Row("most bytes in the cache", ours, f"{number} segments", target, most <= SMALL_CACHE_BYTES)


def run(*, full: bool = False) -> bool:
    """Prints the table; False when a target is missed."""
    call_command("migrate", verbosity=0)
    ensure_owner()
    collect_static()
    # A copy would do as well, but a link costs nothing.
    place = bench_folder() / "home" / "films"
    place.mkdir(parents=True)
    source = make_film(UNITS_FULL if full else UNITS)
    try:
        os.link(source, place / "film.mkv")
    except OSError:
        shutil.copyfile(source, place / "film.mkv")
    file = known_film(place / "film.mkv", make_folder(path=place))
    owner = User.owners().get()
    cookies = [session_cookie(owner) for _ in range(TRANSCODES)]
    port = free_port()
    connection.close()
    rows: list[Row] = []
    with streamer() as process, web(port):
        viewer, other = Viewer(port, cookies[0]), Viewer(port, cookies[1])
        viewer.get("/")
        rows += [seeks(viewer, file), reads(viewer, file)]
        rows += starts(viewer, other, file, process)
        # They would hold encoders that the next ones need.
        rows.append(idle_end(process))
        rows += busy(port, cookies, file, process)
    rows.append(small_cache(file))
    return show("Watching", rows)


if __name__ == "__main__":
    sys.exit(0 if run(full="--full" in sys.argv) else 1)
