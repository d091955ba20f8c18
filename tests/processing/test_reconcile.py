import multiprocessing
import os
import tempfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db.models.functions import Now
from redis import Redis

from library.models import LibrarySettings, VideoFile
from library.models.file import FileState
from processing.models import Job, JobStatus, ProcessingSettings, WorkerProcess
from processing.queries.workers import worker_state
from processing.services.bell import rq_queue, slots
from processing.services.claim import machine, worker_name
from processing.services.reconcile import (
    purge_history,
    reconcile,
    release_worker,
    ring_for_waiting,
    submit_due_scans,
)
from processing.services.scratch import remove_abandoned, scratch_folder
from processing.stages import Stage
from tests.library.factories import make_file, make_folder
from tests.processing.factories import make_job

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_connection")]


@pytest.fixture(scope="module")
def dead_pid() -> Iterator[int]:
    """The number of a process that has ended."""
    process = multiprocessing.get_context("fork").Process(target=os._exit, args=(0,))
    process.start()
    process.join()
    assert process.pid is not None
    yield process.pid


def _make_worker(*, name: str, silent_seconds: float = 0, queue: str = "media") -> WorkerProcess:
    return WorkerProcess.objects.create(
        name=name, host="here", pid=1, queue=queue, heartbeat_at=Now() - timedelta(seconds=silent_seconds)
    )


def test_a_job_whose_lease_ran_out_waits_again() -> None:
    job = make_job(status=JobStatus.RUNNING, worker="elsewhere:7", lease_expires_at=Now() - timedelta(seconds=1))

    done = reconcile()

    job.refresh_from_db()
    assert done.released == 1
    assert (job.status, job.attempts, job.worker, job.error_class) == (JobStatus.PENDING, 1, "", "WorkerDied")
    assert job.error == "The worker died while working on it (1 of 4 attempts)."


def test_a_job_of_a_live_worker_is_left_alone() -> None:
    job = make_job(status=JobStatus.RUNNING)

    reconcile()

    job.refresh_from_db()
    assert job.status == JobStatus.RUNNING


def test_a_job_of_a_process_that_is_gone_waits_again_before_its_lease_ends(dead_pid: int) -> None:
    job = make_job(status=JobStatus.RUNNING, worker=worker_name(dead_pid))

    reconcile()

    job.refresh_from_db()
    assert job.status == JobStatus.PENDING


def test_a_process_of_another_machine_is_judged_by_its_lease_only(dead_pid: int) -> None:
    job = make_job(status=JobStatus.RUNNING, worker=f"elsewhere:{dead_pid}")

    reconcile()

    job.refresh_from_db()
    assert job.status == JobStatus.RUNNING


def test_a_job_that_kills_its_worker_each_time_fails_and_so_does_its_file(dead_pid: int) -> None:
    file = make_file(state=FileState.NEW)
    job = make_job(file=file, status=JobStatus.RUNNING, worker=worker_name(dead_pid), attempts=4, max_attempts=4)

    done = reconcile()

    job.refresh_from_db()
    file.refresh_from_db()
    assert (done.given_up, job.status, file.state) == (1, JobStatus.FAILED, FileState.FAILED)
    assert job.error == file.error
    assert "(4 of 4 attempts)" in job.error


def test_a_stage_that_stumbles_over_a_failure_does_not_stop_the_reconciler(
    make_stage: Callable[..., Stage], dead_pid: int
) -> None:
    def stumble(target_id: int, sentence: str) -> None:
        raise RuntimeError

    make_stage(lambda context: None, on_failed=stumble)
    dead: dict[str, Any] = {"status": JobStatus.RUNNING, "worker": worker_name(dead_pid)}
    make_job(stage="trial", attempts=4, max_attempts=4, **dead)
    other = make_job(**dead)

    reconcile()

    other.refresh_from_db()
    assert other.status == JobStatus.PENDING


def test_what_one_dead_worker_held_is_released_and_nothing_else() -> None:
    held = make_job(status=JobStatus.RUNNING, worker="here:1")
    make_job(status=JobStatus.RUNNING, worker="here:12")

    released = release_worker("here:1")

    held.refresh_from_db()
    assert (released, held.status) == (1, JobStatus.PENDING)


def test_waiting_rows_that_redis_lost_are_rung_for(redis_connection: Redis) -> None:
    make_job(stage="scan")
    for _ in range(10):
        make_job()

    rung = ring_for_waiting()

    assert rung == slots("media") + 1
    assert (rq_queue("media").count, rq_queue("scan").count) == (slots("media"), 1)


def test_a_queue_with_a_message_is_not_rung_for() -> None:
    make_job()
    ring_for_waiting()

    assert ring_for_waiting() == 0


def test_rows_that_are_not_due_are_not_rung_for() -> None:
    make_job(due_at=Now() + timedelta(minutes=1))

    assert ring_for_waiting() == 0


def test_workers_that_died_or_fell_silent_are_forgotten(dead_pid: int) -> None:
    alive = _make_worker(name=worker_name())
    _make_worker(name=worker_name(dead_pid))
    _make_worker(name="elsewhere:7", silent_seconds=300)

    reconcile()

    assert list(WorkerProcess.objects.all()) == [alive]


@pytest.mark.parametrize(
    ("gpu_workers", "missing"), [(1, ("faces", "gpu", "maintenance", "media")), (0, ("faces", "maintenance", "media"))]
)
def test_readiness_names_the_queues_without_a_live_worker(settings: Any, gpu_workers: int, missing: tuple[str]) -> None:
    settings.GPU_WORKERS = gpu_workers
    _make_worker(name="a:1", queue="scan")
    _make_worker(name="a:2", queue="media", silent_seconds=60)

    state = worker_state()

    assert (state.alive, state.missing_queues) == (1, missing)


def test_ended_jobs_are_kept_as_long_as_the_settings_say() -> None:
    ProcessingSettings.objects.create(job_history_days=3)
    for days in (2, 4):
        make_job(status=JobStatus.COMPLETED, finished_at=Now() - timedelta(days=days))
    old_but_waiting = make_job(due_at=Now() - timedelta(days=9))

    removed = purge_history()

    assert removed == 1
    assert Job.objects.count() == 2
    assert Job.objects.filter(pk=old_but_waiting.pk).exists()


def test_a_folder_is_scanned_when_its_last_scan_is_long_ago() -> None:
    now = Now()
    make_folder(last_scanned_at=now - timedelta(minutes=61))
    make_folder(last_scanned_at=now - timedelta(minutes=59))
    make_folder(last_scanned_at=None)
    make_folder(last_scanned_at=None, is_active=False)

    assert submit_due_scans() == 2
    assert set(Job.objects.values_list("stage", "params__trigger")) == {("scan", "scheduled")}


def test_no_folder_is_scanned_by_itself_when_the_interval_is_zero() -> None:
    LibrarySettings.objects.create(scan_interval_minutes=0)
    make_folder()

    assert submit_due_scans() == 0


def test_a_folder_that_cannot_be_read_is_tried_once_in_an_interval() -> None:
    folder = make_folder(last_scanned_at=None)
    make_job(stage="scan", target_id=folder.pk, status=JobStatus.FAILED)

    assert submit_due_scans() == 0


def test_temporary_folders_of_dead_processes_are_removed(dead_pid: int, monkeypatch: pytest.MonkeyPatch) -> None:
    left = Path(tempfile.mkdtemp(prefix=f"videothek-job-{worker_name(dead_pid)}-"))
    (left / "sprite.webp").write_bytes(b"half")
    elsewhere = Path(tempfile.mkdtemp(prefix=f"videothek-job-{machine()}x:{dead_pid}-"))

    with scratch_folder() as mine:
        removed = remove_abandoned()

        assert removed >= 1
        assert (left.exists(), mine.exists(), elsewhere.exists()) == (False, True, True)
    elsewhere.rmdir()


def test_nothing_is_done_where_nothing_is_wrong() -> None:
    assert not VideoFile.objects.exists()

    done = reconcile()

    assert (done.released, done.given_up, done.rung) == (0, 0, 0)
