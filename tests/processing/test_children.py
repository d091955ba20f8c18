"""Programs that stages start: they end with their job, stand still for those who watch, and are found as orphans."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import psutil
import pytest
from django.db import connections
from django.db.models.functions import Now

from processing.models import DemandLease, Job, JobStatus
from processing.services import cancel_jobs, claim, interrupts, lease
from processing.services.children import MARK, Brood, brood, end_orphans
from processing.services.claim import claim_next, worker_name
from processing.services.demand import hold_demand, release_demand
from processing.services.reconcile import reconcile
from processing.services.run import run_job
from processing.stages import Stage, StageContext
from tests.processing.factories import make_job
from tests.processing.processes import is_alive, wait_until

MakeStage = Callable[..., Stage]
_SLEEP = [sys.executable, "-c", "import time; time.sleep(300)"]


@pytest.fixture
def program() -> Iterator[Callable[..., "subprocess.Popen[bytes]"]]:
    """Starts a program that does nothing for five minutes; none is left after the test."""
    started: list[subprocess.Popen[bytes]] = []

    def start(**environment: str) -> "subprocess.Popen[bytes]":
        started.append(subprocess.Popen(_SLEEP, env={**os.environ, **environment}))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture
def dead_worker() -> str:
    """The name of a worker on this machine whose process has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return worker_name(process.pid)


Program = Callable[..., "subprocess.Popen[bytes]"]


def _run_next() -> Job:
    job = claim_next(queue="media", worker=claim.worker_name())
    assert job is not None
    run_job(job)
    job.refresh_from_db()
    return job


def _clock() -> float:
    """Seconds that are left of the time limit; 0 while it stands still."""
    return signal.getitimer(signal.ITIMER_REAL)[0]


def _beside(function: Callable[[], object]) -> threading.Thread:
    def work() -> None:
        try:
            function()
        finally:
            connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_what_a_job_left_running_ends_with_it_and_nothing_else_does(program: Program) -> None:
    other = program()

    with brood():
        mine = program()

    assert not is_alive(mine.pid)
    assert is_alive(other.pid)


def test_what_a_job_starts_carries_its_workers_name() -> None:
    with brood():
        marked = subprocess.run([sys.executable, "-c", f"import os; print(os.environ['{MARK}'])"], capture_output=True)

    assert marked.stdout.decode().strip() == worker_name()
    assert MARK not in os.environ


def test_a_program_stands_still_and_goes_on(program: Program) -> None:
    own = Brood()
    process = psutil.Process(program().pid)

    own.stop()
    wait_until(lambda: process.status() == psutil.STATUS_STOPPED, "the program stands still")
    own.go_on()
    wait_until(lambda: process.status() != psutil.STATUS_STOPPED, "the program goes on")


def test_programs_of_dead_workers_are_ended_and_those_of_living_ones_are_not(
    program: Program, dead_worker: str
) -> None:
    orphan = program(**{MARK: dead_worker})
    elsewhere = program(**{MARK: "another-machine:1"})
    mine = program(**{MARK: worker_name()})
    unmarked = program()

    # Tests of others may have left some, too.
    assert end_orphans() >= 1
    wait_until(lambda: not is_alive(orphan.pid), "the orphan ends")
    assert all(is_alive(process.pid) for process in (elsewhere, mine, unmarked))


@pytest.mark.django_db
def test_the_reconciler_ends_orphans(program: Program, dead_worker: str) -> None:
    orphan = program(**{MARK: dead_worker})

    assert reconcile().orphans >= 1
    wait_until(lambda: not is_alive(orphan.pid), "the orphan ends")


@pytest.mark.django_db(transaction=True)
def test_a_cancelled_job_ends_the_program_that_it_waits_for(
    make_stage: MakeStage, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "RENEW_SECONDS", 0.05)
    started: list[subprocess.Popen[bytes]] = []

    def wait_for_program(context: StageContext) -> None:
        started.append(program())
        _beside(lambda: cancel_jobs(job_ids=Job.objects.values_list("pk", flat=True))).join()
        started[0].wait()

    make_stage(wait_for_program)
    make_job(stage="trial")

    job = _run_next()

    assert (job.status, is_alive(started[0].pid)) == (JobStatus.CANCELLED, False)


@pytest.mark.django_db(transaction=True)
def test_a_job_over_its_time_ends_the_program_that_it_waits_for(make_stage: MakeStage, program: Program) -> None:
    started: list[subprocess.Popen[bytes]] = []

    def wait_for_program(context: StageContext) -> None:
        started.append(program())
        started[0].wait()

    make_stage(wait_for_program, timeout_seconds=0.2)
    make_job(stage="trial")

    job = _run_next()

    assert (job.error_class, is_alive(started[0].pid)) == ("StageTimeoutError", False)


@pytest.mark.django_db(transaction=True)
def test_a_heavy_job_stands_still_while_somebody_watches_and_goes_on_after_that(
    make_stage: MakeStage, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "RENEW_SECONDS", 0.02)
    seen: list[str] = []

    def work(context: StageContext) -> None:
        process = psutil.Process(program().pid)
        _beside(lambda: hold_demand(holder="session")).join()
        wait_until(lambda: process.status() == psutil.STATUS_STOPPED, "the program stands still")
        seen.append("still")

        def release() -> None:
            time.sleep(0.2)
            seen.append("released")
            release_demand(holder="session")

        waiting = _beside(release)
        context.report(1, 2)
        seen.append("reported")
        waiting.join()
        wait_until(lambda: process.status() != psutil.STATUS_STOPPED, "the program goes on")

    make_stage(work, is_heavy=True)
    make_job(stage="trial")

    job = _run_next()

    assert (job.status, seen) == (JobStatus.COMPLETED, ["still", "released", "reported"])


@pytest.mark.django_db(transaction=True)
def test_the_time_limit_stands_still_too(make_stage: MakeStage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "RENEW_SECONDS", 0.02)
    left: list[float] = []

    def work(context: StageContext) -> None:
        hold_demand(holder="session")
        wait_until(lambda: _clock() == 0, "the clock stands still")
        DemandLease.objects.update(expires_at=Now())
        wait_until(lambda: _clock() > 0, "the clock goes on")
        left.append(_clock())

    make_stage(work, is_heavy=True, timeout_seconds=50)
    make_job(stage="trial")

    job = _run_next()

    assert job.status == JobStatus.COMPLETED
    assert 0 < left[0] <= 50
    assert _clock() == 0


@pytest.mark.django_db(transaction=True)
def test_other_work_goes_on_while_somebody_watches(make_stage: MakeStage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "RENEW_SECONDS", 0.01)

    def work(context: StageContext) -> None:
        hold_demand(holder="session")
        before = Job.objects.get().lease_expires_at
        wait_until(lambda: Job.objects.get().lease_expires_at != before, "the lease is renewed")
        context.report(1, 2)

    make_stage(work)
    make_job(stage="trial")

    assert _run_next().status == JobStatus.COMPLETED


@pytest.mark.django_db(transaction=True)
def test_a_job_that_stands_still_can_be_cancelled(make_stage: MakeStage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "RENEW_SECONDS", 0.02)
    steps: list[str] = []

    def work(context: StageContext) -> None:
        hold_demand(holder="session")
        wait_until(lambda: _clock() == 0, "the job makes room")
        beside = _beside(lambda: cancel_jobs(job_ids=Job.objects.values_list("pk", flat=True)))
        context.report(1, 2)
        beside.join()
        time.sleep(60)
        steps.append("never")

    make_stage(work, is_heavy=True)
    make_job(stage="trial")

    job = _run_next()

    assert (job.status, steps) == (JobStatus.CANCELLED, [])
    assert not interrupts.is_stopping()
