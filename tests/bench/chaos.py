"""`make chaos`: real small files through real workers, while workers are killed, Redis is emptied and restarted and
PostgreSQL is restarted; at the end everything must have been done, each stage of each file once.

VIDEOTHEK_CHAOS_FILES (500) says how many files, VIDEOTHEK_CHAOS_SEED (random) which blows fall in which order. Status 1
when something was lost, done twice or left behind. `python -m tests.bench chaos` starts the servers that it needs.
"""

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import django
import imageio_ffmpeg
import psutil
from django.core.management import call_command
from django.db import DatabaseError, connections
from redis import Redis, RedisError

# The models can be imported only then.
django.setup()

from config import paths
from library.models import VideoFile
from library.models.file import FileState
from library.services import register_folder
from processing.models import DeadLetter, Job, JobStatus, StageRecord, Storyboard, Thumbnail
from processing.services import submit_scan
from processing.services.children import MARK
from processing.services.claim import machine
from processing.services.scratch import remove_abandoned
from tests.bench.place import bench_folder

T = TypeVar("T")

FILES = int(os.environ.get("VIDEOTHEK_CHAOS_FILES", "500"))
SEED = int(os.environ.get("VIDEOTHEK_CHAOS_SEED", str(random.SystemRandom().randrange(10**6))))
STAGES = ("probe", "frames", "duplicates")
WORKERS = ("scan", "media", "media", "faces", "maintenance")
# Blows fall this often, until so many have fallen; then the work must end by itself.
_EVERY_SECONDS = (1.0, 4.0)
_LONGEST_SECONDS = 60.0 + 4.0 * FILES
_OLD = 1_600_000_000


@dataclass(slots=True)
class Crew:
    """The processes that `up` would run, started again when they end, as `up` does."""

    folder: Path
    processes: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)
    restarts: int = 0

    def keep(self) -> None:
        """Starts whatever doesn't run."""
        for number, queue in enumerate(WORKERS):
            self._keep(f"worker-{queue}-{number}", "worker", "--queue", queue)
        self._keep("scheduler", "scheduler")

    def _keep(self, name: str, *arguments: str) -> None:
        process = self.processes.get(name)
        if process is not None and process.poll() is None:
            return
        self.restarts += process is not None
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "manage.py", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def pids(self) -> list[int]:
        """Workers and their children, but not the scheduler."""
        found: list[int] = []
        for name, process in self.processes.items():
            if name != "scheduler" and process.poll() is None:
                with contextlib.suppress(psutil.NoSuchProcess):
                    found += [process.pid, *(child.pid for child in psutil.Process(process.pid).children())]
        return found

    def stop(self) -> None:
        """SIGTERM to all; what has not ended within 15 seconds is killed."""
        for process in self.processes.values():
            process.terminate()
        deadline = time.monotonic() + 15
        for process in self.processes.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, deadline - time.monotonic()))
            process.kill()
            process.wait()


def make_films(root: Path, count: int) -> None:
    """Clips of one second of different content: bytes after the last box that no decoder reads, and every tenth one of
    pictures of its own."""
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    sources: list[bytes] = []
    for hue in range(10):
        source = root / "source.mp4"
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", "-f", "lavfi", "-i"]
        command += [f"testsrc2=size=128x72:rate=10,hue=h={hue * 36}", "-t", "1", "-preset", "ultrafast"]
        subprocess.run([*command, "-pix_fmt", "yuv420p", str(source)], check=True)
        sources.append(source.read_bytes())
        source.unlink()
    for number in range(count):
        path = root / f"clip {number:04d}.mp4"
        path.write_bytes(sources[number % 10] + b"\0\0\0\x10free" + f"{number:08d}".encode())
        os.utime(path, (_OLD, _OLD))


class Blows:
    """What happens to the poor machine."""

    def __init__(self, crew: Crew, home: Path, chance: random.Random) -> None:
        self.crew, self.home, self.chance = crew, home, chance
        self.fallen: Counter[str] = Counter()

    def strike(self) -> None:
        """One blow; killed workers are the most frequent."""
        kinds: list[tuple[int, Callable[[], bool]]] = [
            (10, self.kill_worker),
            (3, self.empty_redis),
            (2, self.restart_redis),
            (1, self.restart_postgres),
        ]
        # Each kind falls at least once, however few there are.
        rare = [blow for _, blow in kinds if not self.fallen[blow.__name__]]
        blow = rare[0] if rare else self.chance.choices([b for _, b in kinds], [n for n, _ in kinds])[0]
        if blow():
            self.fallen[blow.__name__] += 1

    def all_fell(self) -> bool:
        """Whether each kind has fallen."""
        return len(self.fallen) == 4

    def kill_worker(self) -> bool:
        """`kill -9` of a worker, or of its child with the job in hand."""
        pids = self.crew.pids()
        if not pids:
            return False
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.chance.choice(pids), signal.SIGKILL)
        return True

    def empty_redis(self) -> bool:
        """FLUSHALL."""
        with contextlib.suppress(RedisError):
            return bool(Redis(unix_socket_path=str(paths.redis_socket())).flushall())
        return False

    def restart_redis(self) -> bool:
        """`kill -9` of the server; whoever keeps it starts it again."""
        return self._signal("redis-server", signal.SIGKILL)

    def restart_postgres(self) -> bool:
        """A fast shutdown: every session is cut off. Whoever keeps the server starts it again."""
        return self._signal("postgres", signal.SIGINT)

    def _signal(self, name: str, number: signal.Signals) -> bool:
        for process in psutil.process_iter(["name", "cmdline"]):
            line = process.info["cmdline"] or []
            if process.info["name"] == name and any(str(self.home) in word for word in line):
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.send_signal(number)
                    return True
        return False


def patiently(ask: Callable[[], T]) -> T:
    """The answer, however often the database is away meanwhile."""
    while True:
        try:
            return ask()
        except DatabaseError:
            connections.close_all()
            time.sleep(0.5)


def verdict(files: int) -> list[tuple[str, object, object]]:
    """What was counted and what it ought to be."""
    rows: list[tuple[str, object, object]] = [
        ("files ready", VideoFile.objects.filter(state=FileState.READY).count(), files),
        ("files with stills and storyboard", _both(Thumbnail, Storyboard), files),
    ]
    for stage in STAGES:
        done = Job.objects.filter(stage=stage, status=JobStatus.COMPLETED)
        once = done.values("target_id").distinct().count()
        records = StageRecord.objects.filter(stage=stage, status=JobStatus.COMPLETED).count()
        rows.append((f"{stage}: jobs completed, files, ledger", (done.count(), once, records), (files,) * 3))
    others = Job.objects.exclude(status=JobStatus.COMPLETED)
    rows += [
        ("jobs waiting, running or failed", others.count(), 0),
        ("dead letters", DeadLetter.objects.count(), 0),
        ("jobs with a worker or a lease", Job.objects.exclude(worker="", lease_expires_at=None).count(), 0),
        ("files lost, or known twice", abs(VideoFile.objects.count() - files), 0),
    ]
    return rows


def _both(*models: type) -> int:
    rows = VideoFile.objects.all()
    for model in models:
        rows = rows.filter(pk__in=model.objects.values("file"))  # type: ignore[attr-defined]
    return rows.count()


def left_behind(home: Path) -> list[str]:
    """Processes and temporary folders of jobs that outlived everything; those of another Videothek here don't count."""
    remove_abandoned()
    found, others = [], set()
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            environment = process.environ()
            if environment.get("VIDEOTHEK_HOME") != str(home):
                others.add(process.pid)
            elif MARK in environment:
                found.append(f"process {process.pid}: {' '.join(process.cmdline())[:80]}")
    prefix = f"videothek-job-{machine()}:"
    for path in Path(tempfile.gettempdir()).glob(f"{prefix}*"):
        if int(path.name.removeprefix(prefix).partition("-")[0]) not in others:
            found.append(str(path))
    return found


def is_done(files: int) -> bool:
    """Whether every file has come through and nothing waits or runs."""
    return StageRecord.objects.filter(stage=STAGES[-1]).count() >= files and not Job.objects.active().exists()


def run() -> int:
    """0 when nothing was lost, done twice or left behind."""
    home = Path(os.environ["VIDEOTHEK_HOME"])
    films = bench_folder() / "chaos"
    make_films(films, FILES)
    call_command("migrate", verbosity=0)
    folder = register_folder(path=str(films))
    submit_scan(folder=folder)
    crew = Crew(home)
    blows = Blows(crew, home, random.Random(SEED))
    print(f"{FILES} files, seed {SEED}")
    began = time.monotonic()
    next_blow = began + 4
    most_blows = 12 + FILES // 20
    try:
        while time.monotonic() - began < _LONGEST_SECONDS:
            if blows.all_fell() and patiently(lambda: is_done(FILES)):
                break
            crew.keep()
            if time.monotonic() >= next_blow and blows.fallen.total() < most_blows:
                blows.strike()
                next_blow = time.monotonic() + blows.chance.uniform(*_EVERY_SECONDS)
            time.sleep(0.25)
        seconds = time.monotonic() - began
    finally:
        crew.stop()
    rows = patiently(lambda: verdict(FILES))
    rows.append(("left behind", left_behind(home), []))
    connections.close_all()
    shutil.rmtree(films, ignore_errors=True)
    blown = ", ".join(f"{count} × {name.replace('_', ' ')}" for name, count in sorted(blows.fallen.items()))
    print(f"{seconds:.0f} s; {blown}; {crew.restarts} processes started again")
    again = patiently(lambda: Job.objects.filter(attempts__gt=1).count())
    print(f"{again} jobs took more than one attempt")
    bad = 0
    for name, found, wanted in rows:
        bad += found != wanted
        print(f"{'ok ' if found == wanted else 'BAD'} {name}: {found}" + ("" if found == wanted else f", not {wanted}"))
    return 1 if bad or not blows.all_fell() else 0


if __name__ == "__main__":
    sys.exit(run())
