"""Real worker processes, ended in all the ways that machines find."""

import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from redis import Redis
from rq.queue import Queue

from config.embedded.redis import binary
from processing.models import JobStatus, WorkerProcess
from processing.queries.engine import worker_holds
from processing.services import cancel_jobs
from processing.services.bell import DRAIN, rq_queue
from processing.services.claim import machine
from processing.services.reconcile import reconcile
from tests.processing import processes
from tests.processing.processes import (
    is_alive,
    signal_and_wait,
    submit,
    wait_for_child,
    wait_until,
)

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("redis_connection", "stages_of_the_test_app"),
]
Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def worker(start: Start) -> "subprocess.Popen[bytes]":
    """A worker of the maintenance queue that listens; the test may end it."""
    process = start("worker", "--queue", "maintenance")
    wait_until(lambda: WorkerProcess.objects.filter(pid=process.pid).exists(), "the worker signs on")
    return process


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


@pytest.mark.slow
def test_a_worker_signs_on_and_off(worker: "subprocess.Popen[bytes]") -> None:
    row = WorkerProcess.objects.get()

    code = signal_and_wait(worker, signal.SIGTERM)

    assert (row.name, row.queue, code) == (f"{machine()}:{worker.pid}", "maintenance", 0)
    assert not WorkerProcess.objects.exists()


def test_when_the_worker_itself_is_killed_its_child_dies_and_the_job_waits_again(
    worker: "subprocess.Popen[bytes]", notes: Path
) -> None:
    job = submit("hang", notes)
    child = wait_for_child(notes)

    signal_and_wait(worker, signal.SIGKILL)
    wait_until(lambda: not is_alive(child), "the child dies")
    reconcile()

    job.refresh_from_db()
    assert (job.status, job.attempts, job.error_class) == (JobStatus.PENDING, 1, "WorkerDied")
    assert not WorkerProcess.objects.exists()
    assert rq_queue("maintenance").count == 1


@pytest.mark.slow
def test_a_sigterm_puts_the_job_back_uncounted_and_ends_the_worker(
    worker: "subprocess.Popen[bytes]", notes: Path
) -> None:
    job = submit("hang", notes)
    child = wait_for_child(notes)

    code = signal_and_wait(worker, signal.SIGTERM)

    job.refresh_from_db()
    assert (code, is_alive(child)) == (0, False)
    assert (job.status, job.attempts, job.worker) == (JobStatus.PENDING, 0, "")
    assert rq_queue("maintenance").count == 1


@pytest.mark.slow
def test_a_redis_that_goes_away_ends_the_worker_and_costs_its_job_nothing(
    start: Start, notes: Path, tmp_path: Path, own_redis: "subprocess.Popen[bytes]"
) -> None:
    process = start("worker", "--queue", "maintenance", VIDEOTHEK_TEST_REDIS=str(tmp_path / "redis.sock"))
    job = submit("hang", notes)
    Queue("maintenance", connection=Redis(unix_socket_path=str(tmp_path / "redis.sock"))).enqueue(DRAIN, "maintenance")
    child = wait_for_child(notes)

    own_redis.kill()
    code = process.wait(processes.PATIENCE_SECONDS)

    job.refresh_from_db()
    assert (code != 0, is_alive(child)) == (True, False)
    assert (job.status, job.attempts) == (JobStatus.PENDING, 0)
    assert not WorkerProcess.objects.exists()


@pytest.mark.slow
def test_a_program_of_a_killed_worker_is_ended(worker: "subprocess.Popen[bytes]", notes: Path) -> None:
    submit("program", notes)
    program = wait_for_child(notes)

    signal_and_wait(worker, signal.SIGKILL)
    assert is_alive(program)
    wait_until(lambda: reconcile().orphans, "the reconciler finds the program")

    wait_until(lambda: not is_alive(program), "the program ends")


def test_cancelling_a_job_ends_its_program(worker: "subprocess.Popen[bytes]", notes: Path) -> None:
    job = submit("program", notes)
    program = wait_for_child(notes)

    cancel_jobs(job_ids=[job.pk])

    wait_until(lambda: not is_alive(program), "the program ends")
    assert worker.poll() is None


@pytest.mark.slow
def test_a_worker_says_which_process_of_its_has_the_job(worker: "subprocess.Popen[bytes]", notes: Path) -> None:
    job = submit("hang", notes)
    child = wait_for_child(notes)
    wait_until(lambda: WorkerProcess.objects.filter(child_pid=child), "the worker says so")

    (hold,) = worker_holds()

    assert (hold.worker.pid, hold.job, hold.is_alive) == (worker.pid, job, True)
