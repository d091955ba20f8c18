"""Real worker and scheduler processes, killed in all the ways that machines find."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connection
from django.db.models.functions import Now
from redis import Redis
from rq.queue import Queue

from config.embedded.redis import binary
from processing.management.commands import scheduler
from processing.models import Job, JobStatus, WorkerProcess
from processing.services.bell import DRAIN, ring, rq_queue
from processing.services.claim import machine
from processing.services.reconcile import reconcile
from processing.services.submit import submit_jobs
from processing.stages import registry
from tests.library.factories import make_folder
from tests.processing import processes
from tests.processing.processes import is_alive, signal_and_wait, wait_until
from tests.processing.stageapp.definitions import STAGES

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_connection")]
Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture(autouse=True, scope="module")
def _stages_of_the_test_app() -> Iterator[None]:
    """Known here too, for submitting them."""
    registry._stages.update({stage.name: stage for stage in STAGES})
    yield
    for stage in STAGES:
        registry._stages.pop(stage.name)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a command; all are gone after the test."""
    started = []

    def begin(*arguments: str, **extra: str) -> "subprocess.Popen[bytes]":
        started.append(processes.start(*arguments, log=tmp_path / "log", **extra))
        return started[-1]

    yield begin
    for process in started:
        processes.stop(process)


@pytest.fixture
def worker(start: Start) -> "subprocess.Popen[bytes]":
    """A worker of the maintenance queue that listens."""
    process = start("worker", "--queue", "maintenance")
    wait_until(lambda: WorkerProcess.objects.filter(pid=process.pid).exists(), "the worker signs on")
    return process


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    """Where the stages of the test app leave a line each time they run."""
    return tmp_path / "notes"


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A Redis that may be killed."""
    socket = tmp_path / "redis.sock"
    command = [str(binary()), "--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    wait_until(socket.exists, "Redis listens")
    yield process
    process.kill()
    process.wait()


def _submit(stage: str, notes: Path) -> Job:
    folder = make_folder(name="Films")
    submit_jobs(stage=stage, target_ids=[folder.pk], params={"notes": str(notes)})
    return Job.objects.get(target_id=folder.pk)


def _status(job: Job) -> str:
    return Job.objects.values_list("status", flat=True).get(pk=job.pk)


def _wait_for_end(job: Job) -> None:
    wait_until(lambda: _status(job) not in ("pending", "running"), f"{job} ends")


def _wait_for_child(notes: Path) -> int:
    """The process that runs the stage, once it does."""
    wait_until(lambda: notes.exists() and notes.read_text().endswith("\n"), "the stage begins")
    return int(notes.read_text().split()[-1])


def test_a_worker_runs_a_job_in_a_process_of_its_own(worker: "subprocess.Popen[bytes]", notes: Path) -> None:
    job = _submit("record", notes)

    _wait_for_end(job)

    job.refresh_from_db()
    assert (job.status, job.attempts, job.result) == (JobStatus.COMPLETED, 1, {"name": "Films"})
    assert _wait_for_child(notes) != worker.pid


def test_a_worker_signs_on_and_off(worker: "subprocess.Popen[bytes]") -> None:
    row = WorkerProcess.objects.get()

    status = signal_and_wait(worker, signal.SIGTERM)

    assert (row.name, row.queue, status) == (f"{machine()}:{worker.pid}", "maintenance", 0)
    assert not WorkerProcess.objects.exists()


def test_a_job_whose_process_is_killed_runs_again_exactly_once(worker: "subprocess.Popen[bytes]", notes: Path) -> None:
    job = _submit("hang", notes)
    child = _wait_for_child(notes)

    os.kill(child, signal.SIGKILL)
    _wait_for_end(job)

    job.refresh_from_db()
    assert (job.status, job.attempts) == (JobStatus.COMPLETED, 2)
    assert len(notes.read_text().splitlines()) == 2


def test_a_job_that_crashes_its_process_each_time_fails_after_its_last_attempt(
    worker: "subprocess.Popen[bytes]", notes: Path
) -> None:
    job = _submit("crash", notes)

    _wait_for_end(job)

    job.refresh_from_db()
    assert (job.status, job.attempts, job.error_class) == (JobStatus.FAILED, 4, "WorkerDied")
    assert len(notes.read_text().splitlines()) == 4


def test_when_the_worker_itself_is_killed_its_child_dies_and_the_job_waits_again(
    worker: "subprocess.Popen[bytes]", notes: Path
) -> None:
    job = _submit("hang", notes)
    child = _wait_for_child(notes)

    signal_and_wait(worker, signal.SIGKILL)
    wait_until(lambda: not is_alive(child), "the child dies")
    reconcile()

    job.refresh_from_db()
    assert (job.status, job.attempts, job.error_class) == (JobStatus.PENDING, 1, "WorkerDied")
    assert not WorkerProcess.objects.exists()
    assert rq_queue("maintenance").count == 1


def test_a_sigterm_puts_the_job_back_uncounted_and_ends_the_worker(
    worker: "subprocess.Popen[bytes]", notes: Path
) -> None:
    job = _submit("hang", notes)
    child = _wait_for_child(notes)

    status = signal_and_wait(worker, signal.SIGTERM)

    job.refresh_from_db()
    assert (status, is_alive(child)) == (0, False)
    assert (job.status, job.attempts, job.worker) == (JobStatus.PENDING, 0, "")
    assert rq_queue("maintenance").count == 1


def test_what_redis_forgot_runs_after_a_reconciliation(
    worker: "subprocess.Popen[bytes]", notes: Path, redis_connection: Redis
) -> None:
    os.kill(worker.pid, signal.SIGSTOP)
    jobs = [_submit("record", notes) for _ in range(5)]
    redis_connection.flushdb()
    os.kill(worker.pid, signal.SIGCONT)

    reconcile()

    for job in jobs:
        _wait_for_end(job)
    assert len(notes.read_text().splitlines()) == 5


def test_a_redis_emptied_in_the_middle_of_a_job_costs_nothing(
    worker: "subprocess.Popen[bytes]", notes: Path, redis_connection: Redis
) -> None:
    job = _submit("hang", notes)
    child = _wait_for_child(notes)
    redis_connection.flushdb()

    os.kill(child, signal.SIGKILL)

    wait_until(lambda: _status(job) != "running", "the job is released")
    reconcile()
    _wait_for_end(job)
    job.refresh_from_db()
    assert (job.status, job.attempts) == (JobStatus.COMPLETED, 2)


def test_a_message_without_work_is_harmless(worker: "subprocess.Popen[bytes]", notes: Path) -> None:
    ring("maintenance")

    job = _submit("record", notes)

    _wait_for_end(job)
    assert worker.poll() is None


def test_a_redis_that_goes_away_ends_the_worker_and_costs_its_job_nothing(
    start: Start, notes: Path, tmp_path: Path, own_redis: "subprocess.Popen[bytes]"
) -> None:
    process = start("worker", "--queue", "maintenance", VIDEOTHEK_TEST_REDIS=str(tmp_path / "redis.sock"))
    job = _submit("hang", notes)
    Queue("maintenance", connection=Redis(unix_socket_path=str(tmp_path / "redis.sock"))).enqueue(DRAIN, "maintenance")
    child = _wait_for_child(notes)

    own_redis.kill()
    status = process.wait(processes.PATIENCE_SECONDS)

    job.refresh_from_db()
    assert (status != 0, is_alive(child)) == (True, False)
    assert (job.status, job.attempts) == (JobStatus.PENDING, 0)
    assert not WorkerProcess.objects.exists()


def test_the_scheduler_releases_and_rings_until_it_is_told_to_stop(start: Start) -> None:
    job = _submit("record", Path("/nowhere"))
    held = {"status": JobStatus.RUNNING, "worker": "gone:1", "attempts": 1}
    Job.objects.filter(pk=job.pk).update(lease_expires_at=Now(), **held)
    process = start("scheduler")

    wait_until(lambda: _status(job) == "pending", "the scheduler releases the job")
    wait_until(lambda: rq_queue("maintenance").count, "the scheduler rings")

    assert signal_and_wait(process, signal.SIGTERM) == 0


def test_a_second_scheduler_does_nothing_while_the_first_lives() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, %s)", scheduler._LOCK)
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", scheduler._LOCK)
            taken = cursor.fetchone()[0]
    finally:
        other.close()

    assert (scheduler._holds_lock(), taken) == (True, False)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s, %s)", scheduler._LOCK)
