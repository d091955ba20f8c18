"""A real worker process whose children are killed in all the ways that machines find."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker
from redis import Redis

from processing.models import JobStatus
from processing.services.bell import ring
from processing.services.reconcile import reconcile
from tests.processing import processes
from tests.processing.processes import (
    status,
    submit,
    wait_for_child,
    wait_for_end,
    wait_until,
)

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("redis_connection", "stages_of_the_test_app"),
]
Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture(scope="module")
def lasting_worker(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator["subprocess.Popen[bytes]"]:
    """One that several tests use, since a start takes seconds; they leave it alive."""
    with django_db_blocker.unblock():
        process = processes.start("worker", "--queue", "maintenance", log=tmp_path_factory.mktemp("worker") / "log")
    yield process
    processes.stop(process)


def test_a_worker_runs_a_job_in_a_process_of_its_own(lasting_worker: "subprocess.Popen[bytes]", notes: Path) -> None:
    job = submit("record", notes)

    wait_for_end(job)

    assert (job.status, job.attempts, job.result) == (JobStatus.COMPLETED, 1, {"name": "Films"})
    assert wait_for_child(notes) != lasting_worker.pid


def test_a_job_whose_process_is_killed_runs_again_exactly_once(
    lasting_worker: "subprocess.Popen[bytes]", notes: Path
) -> None:
    job = submit("hang", notes)
    child = wait_for_child(notes)

    os.kill(child, signal.SIGKILL)
    wait_for_end(job)

    assert (job.status, job.attempts) == (JobStatus.COMPLETED, 2)
    assert len(notes.read_text().splitlines()) == 2


def test_a_job_that_crashes_its_process_each_time_fails_after_its_last_attempt(
    lasting_worker: "subprocess.Popen[bytes]", notes: Path
) -> None:
    job = submit("crash", notes)

    wait_for_end(job)

    assert (job.status, job.attempts, job.error_class) == (JobStatus.FAILED, 4, "WorkerDied")
    assert len(notes.read_text().splitlines()) == 4


def test_what_redis_forgot_runs_after_a_reconciliation(
    lasting_worker: "subprocess.Popen[bytes]", notes: Path, redis_connection: Redis
) -> None:
    os.kill(lasting_worker.pid, signal.SIGSTOP)
    jobs = [submit("record", notes) for _ in range(5)]
    redis_connection.flushdb()
    os.kill(lasting_worker.pid, signal.SIGCONT)

    reconcile()

    for job in jobs:
        wait_for_end(job)
    assert len(notes.read_text().splitlines()) == 5


def test_a_redis_emptied_in_the_middle_of_a_job_costs_nothing(
    lasting_worker: "subprocess.Popen[bytes]", notes: Path, redis_connection: Redis
) -> None:
    job = submit("hang", notes)
    child = wait_for_child(notes)
    redis_connection.flushdb()

    os.kill(child, signal.SIGKILL)

    wait_until(lambda: status(job) != "running", "the job is released")
    reconcile()
    wait_for_end(job)
    assert (job.status, job.attempts) == (JobStatus.COMPLETED, 2)


def test_a_message_without_work_is_harmless(lasting_worker: "subprocess.Popen[bytes]", notes: Path) -> None:
    ring("maintenance")

    job = submit("record", notes)

    wait_for_end(job)
    assert lasting_worker.poll() is None
