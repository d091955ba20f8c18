"""The engine: enqueueing at volume, overhead of a job, a killed worker, an emptied Redis.

Run by `make bench AREA=jobs`, which starts the servers that it needs.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.bench.jobs_settings"

import django
from django.core.management import call_command
from django.db import connection, reset_queries
from django.test.utils import CaptureQueriesContext

# The models can be imported only then.
django.setup()

from config import paths
from library.models import Folder, VideoFile
from processing.jobs import drain_queue
from processing.models import Job, JobStatus, WorkerProcess
from processing.services import submit_jobs
from processing.services.bell import rq_queue
from processing.services.commits import commit_without_waiting
from processing.services.queue_control import pause_queues, resume_queues, set_queue_limits
from tests.bench.place import bench_folder
from tests.bench.table import Row, show

_LONGEST_SECONDS = 120.0
_QUEUE = "maintenance"


def make_files(count: int) -> list[int]:
    """Rows of files that aren't there: the stages of this bench look at none."""
    folder = Folder.objects.create(name="bench", path=f"/nowhere/bench {time.monotonic_ns()}")
    rows = [
        VideoFile(folder=folder, relative_path=f"{n}.mp4", size_bytes=n, mtime_ns=1, oshash=f"{n:016x}")
        for n in range(count)
    ]
    return [row.pk for row in VideoFile.objects.bulk_create(rows, batch_size=5000)]


def enqueue(count: int) -> Row:
    """Seconds until so many rows are committed and the queue is told."""
    ids = make_files(count)
    reset_queries()
    with CaptureQueriesContext(connection) as queries:
        began = time.perf_counter()
        made = submit_jobs(stage="nothing", target_ids=ids)
        seconds = time.perf_counter() - began
    is_true = made == count == Job.objects.filter(status=JobStatus.PENDING).count()
    return Row(
        f"{count:,} jobs enqueued",
        f"{seconds:.2f} s",
        f"{len(queries)} statements",
        f"{5 * count / 10_000:.0f} s",
        is_true and seconds < 5 * count / 10_000,
    )


def overhead(count: int) -> list[Row]:
    """What a job costs besides its stage, which does nothing: claim, lease, ledger, end. In one process, one by one."""
    Job.objects.all().delete()
    ids = list(VideoFile.objects.values_list("pk", flat=True)[:count])
    rows = []
    for title, limit in (("", None), (", under a limit", 64)):
        set_queue_limits(queue=_QUEUE, concurrency=limit)
        submit_jobs(stage="nothing", target_ids=ids)
        began = time.perf_counter()
        drain_queue(_QUEUE)
        each = (time.perf_counter() - began) / count * 1000
        done = Job.objects.filter(status=JobStatus.COMPLETED).count()
        rows.append(Row(f"overhead of a job{title}", f"{each:.1f} ms", f"{done:,} done", "20 ms", each < 20))
        Job.objects.all().delete()
    set_queue_limits(queue=_QUEUE, concurrency=None)
    return rows


@contextmanager
def running(*arguments: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A command beside this process; gone afterwards."""
    command = [sys.executable, str(paths.PROJECT_ROOT / "manage.py"), *arguments]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def seconds_until(condition: Callable[[], object]) -> float:
    """Until it holds; the longest patience when it never does."""
    began = time.perf_counter()
    while not condition() and time.perf_counter() - began < _LONGEST_SECONDS:
        time.sleep(0.05)
    return time.perf_counter() - began


def _wait_for_workers(number: int) -> None:
    seconds_until(lambda: WorkerProcess.objects.count() >= number)


def killed_worker(notes: Path) -> Row:
    """`kill -9` of a worker with a job in hand, another one idle beside it: until the job has run again."""
    notes.unlink(missing_ok=True)
    folder = Folder.objects.create(name="killed", path=f"/nowhere/killed {time.monotonic_ns()}")
    with running("scheduler"), running("worker", "--queue", _QUEUE) as first:
        _wait_for_workers(1)
        submit_jobs(stage="hang", target_ids=[folder.pk], params={"notes": str(notes)})
        seconds_until(lambda: notes.exists() and notes.read_text().endswith("\n"))
        with running("worker", "--queue", _QUEUE):
            _wait_for_workers(2)
            os.kill(first.pid, signal.SIGKILL)
            first.wait()
            seconds = seconds_until(lambda: Job.objects.filter(stage="hang", status=JobStatus.COMPLETED).exists())
            # A second retry would come within a lease and a pass of the reconciler.
            time.sleep(1)
    job = Job.objects.get(stage="hang")
    runs = len(notes.read_text().splitlines())
    is_once = (job.status, job.attempts, runs) == (JobStatus.COMPLETED, 2, 2)
    return Row("kill -9 of a worker", f"{seconds:.1f} s, {runs} runs", "", "60 s, once again", is_once and seconds < 60)


def emptied_redis(count: int, notes: Path) -> Row:
    """Redis emptied with jobs waiting: until all have run, each once."""
    notes.unlink(missing_ok=True)
    Job.objects.all().delete()
    folders = [
        Folder.objects.create(name=f"emptied {n}", path=f"/nowhere/emptied {time.monotonic_ns()}") for n in range(count)
    ]
    with running("scheduler"), running("worker", "--queue", _QUEUE):
        _wait_for_workers(1)
        pause_queues(queues=[_QUEUE])
        submit_jobs(stage="record", target_ids=[folder.pk for folder in folders], params={"notes": str(notes)})
        resume_queues(queues=[_QUEUE])
        rq_queue(_QUEUE).connection.flushall()
        done = Job.objects.filter(stage="record", status=JobStatus.COMPLETED)
        seconds = seconds_until(lambda: done.count() == count)
    runs = len(notes.read_text().splitlines()) if notes.exists() else 0
    return Row(
        f"Redis emptied, {count} jobs waiting",
        f"{seconds:.1f} s, {runs} runs",
        "",
        "60 s, each once",
        runs == count and seconds < 60,
    )


def run(*, full: bool = False) -> bool:
    """Prints the table; False when a target is missed. `full` takes more jobs."""
    call_command("migrate", verbosity=0)
    # As the workers' children do, which run the jobs.
    commit_without_waiting()
    connection.close()
    notes = bench_folder() / "notes"
    rows = [enqueue(50_000 if full else 10_000), *overhead(2_000 if full else 500)]
    rows += [killed_worker(notes), emptied_redis(200, notes)]
    notes.unlink(missing_ok=True)
    return show("Jobs", rows)


if __name__ == "__main__":
    sys.exit(0 if run(full="--full" in sys.argv) else 1)
