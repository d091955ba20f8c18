import threading
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks
from redis import Redis

from library.models import Folder, VideoFile
from processing.exceptions import UnknownStageError
from processing.models import Job, JobStatus, WorkerProcess
from processing.services import submit as submit_module
from processing.services import submit_jobs, submit_scan
from processing.services.bell import rq_queue, slots
from processing.services.reconcile import ring_for_waiting
from tests.library.factories import make_file, make_folder, make_user
from tests.processing.factories import make_job


def _messages(queue: str = "media") -> int:
    return rq_queue(queue).count


def _make_files(number: int) -> list[int]:
    folder = make_folder()
    rows = [VideoFile(folder=folder, relative_path=f"{n}.mp4", size_bytes=n, mtime_ns=1) for n in range(number)]
    return [row.pk for row in VideoFile.objects.bulk_create(rows)]


def _submit_from_threads(monkeypatch: pytest.MonkeyPatch, file_id: int, threads: int) -> None:
    """All look for an active job before any of them makes one."""
    barrier, insert = threading.Barrier(threads), submit_module._insert

    def insert_together(one: Job, labels: dict[int, str]) -> int:
        barrier.wait(60)
        return insert(one, labels)

    def submit() -> None:
        try:
            submit_jobs(stage="probe", target_ids=[file_id])
        finally:
            connections.close_all()

    monkeypatch.setattr(submit_module, "_insert", insert_together)
    running = [threading.Thread(target=submit) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()


@pytest.mark.django_db
def test_a_submitted_job_knows_its_stage_folder_and_label() -> None:
    file = make_file(relative_path="sub/film.mp4")

    made = submit_jobs(stage="probe", target_ids=[file.pk], folder_id=file.folder_id, priority=1)

    job = Job.objects.get()
    assert made == 1
    assert (job.queue, job.label, job.folder, job.priority) == ("media", "sub/film.mp4", file.folder, 1)
    assert (job.status, job.attempts, job.max_attempts) == (JobStatus.PENDING, 0, 4)


@pytest.mark.slow
@pytest.mark.django_db
def test_ten_thousand_jobs_are_made_in_a_few_statements() -> None:
    ids = _make_files(10_000)

    with CaptureQueriesContext(connection) as queries:
        made = submit_jobs(stage="frames", target_ids=ids)

    assert (made, Job.objects.count()) == (10_000, 10_000)
    assert len(queries) <= 10 * 6 + 2


@pytest.mark.django_db
def test_a_file_with_an_active_job_of_the_stage_gets_no_second_one() -> None:
    file = make_file()
    submit_jobs(stage="probe", target_ids=[file.pk])

    made = submit_jobs(stage="probe", target_ids=[file.pk, file.pk])

    assert made == 0
    assert Job.objects.count() == 1


@pytest.mark.django_db
def test_other_stages_and_variants_of_a_file_may_wait_together() -> None:
    file = make_file()

    submit_jobs(stage="probe", target_ids=[file.pk])
    submit_jobs(stage="frames", target_ids=[file.pk])
    submit_jobs(stage="frames", target_ids=[file.pk], variant="large")

    assert Job.objects.count() == 3


@pytest.mark.django_db
def test_an_ended_job_is_not_in_the_way_of_a_new_one() -> None:
    file = make_file()
    make_job(file=file, status=JobStatus.FAILED)

    made = submit_jobs(stage="probe", target_ids=[file.pk])

    assert made == 1


@pytest.mark.django_db
def test_a_target_that_is_gone_gets_no_job() -> None:
    made = submit_jobs(stage="probe", target_ids=[123_456])

    assert (made, Job.objects.count()) == (0, 0)


@pytest.mark.django_db
def test_a_stage_that_nobody_registered_is_refused() -> None:
    with pytest.raises(UnknownStageError, match="nonsense"):
        submit_jobs(stage="nonsense", target_ids=[1])


@pytest.mark.django_db(transaction=True)
def test_four_submitters_at_once_make_one_job(redis_connection: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    file = make_file()

    _submit_from_threads(monkeypatch, file.pk, 4)

    assert Job.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_without_the_unique_index_they_would_make_several(
    redis_connection: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    constraint = next(one for one in Job._meta.constraints if one.name == "processing_job_one_active")
    file = make_file()
    with connection.schema_editor() as editor:
        editor.remove_constraint(Job, constraint)

    _submit_from_threads(monkeypatch, file.pk, 4)

    assert Job.objects.count() == 4
    Job.objects.all().delete()
    with connection.schema_editor() as editor:
        editor.add_constraint(Job, constraint)


@pytest.mark.django_db
def test_the_database_itself_refuses_a_second_active_job() -> None:
    job = make_job()

    with pytest.raises(IntegrityError), transaction.atomic():
        make_job(target_id=job.target_id)


@pytest.mark.django_db
def test_a_job_that_waits_is_not_asked_again() -> None:
    job = make_job(file=make_file())

    made = submit_jobs(stage="probe", target_ids=[job.target_id], even_if_running=True)

    job.refresh_from_db()
    assert (made, job.is_asked_again) == (0, False)


@pytest.mark.django_db
def test_a_job_that_runs_is_asked_again_when_its_input_changed() -> None:
    job = make_job(file=make_file(), status=JobStatus.RUNNING)

    made = submit_jobs(stage="probe", target_ids=[job.target_id], even_if_running=True)

    job.refresh_from_db()
    assert (made, job.is_asked_again, Job.objects.count()) == (0, True, 1)


@pytest.mark.django_db
def test_the_queue_is_told_after_the_commit(
    redis_connection: Redis, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    file = make_file()

    with django_capture_on_commit_callbacks(execute=True):
        submit_jobs(stage="probe", target_ids=[file.pk])
        before = _messages()

    assert (before, _messages()) == (0, 1)


@pytest.mark.django_db(transaction=True)
def test_a_rollback_leaves_neither_row_nor_message(redis_connection: Redis) -> None:
    file = make_file()

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        submit_jobs(stage="probe", target_ids=[file.pk])
        raise ZeroDivisionError

    assert (Job.objects.count(), _messages()) == (0, 0)


@pytest.mark.django_db
def test_three_thousand_files_cost_few_queries_and_few_messages(
    redis_connection: Redis,
    django_assert_max_num_queries: DjangoAssertNumQueries,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    ids = _make_files(3000)

    with django_assert_max_num_queries(12), django_capture_on_commit_callbacks(execute=True):
        made = submit_jobs(stage="probe", target_ids=ids)

    assert made == 3000
    assert _messages() == slots("media")


@pytest.mark.django_db(transaction=True)
def test_without_redis_the_row_waits_and_is_rung_for_later(
    redis_connection: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = make_file()
    pool = rq_queue("media").connection.connection_pool
    monkeypatch.setitem(pool.connection_kwargs, "path", "/nowhere/redis.sock")
    submit_jobs(stage="probe", target_ids=[file.pk])
    rq_queue.cache_clear()

    rung = ring_for_waiting()

    assert (Job.objects.due().count(), rung, _messages()) == (1, 1, 1)


@pytest.mark.django_db
def test_a_scan_that_waits_is_returned_instead_of_a_second_one() -> None:
    folder = make_folder()
    first = submit_scan(folder=folder, trigger="scheduled")

    second = submit_scan(folder=folder, trigger="scheduled")

    assert first == second


@pytest.mark.django_db
def test_a_waiting_scan_takes_over_what_is_asked_for_later() -> None:
    folder = make_folder()
    submit_scan(folder=folder, trigger="ingest", subpath="a")

    job = submit_scan(folder=folder, trigger="manual", requested_by=make_user(), accept_missing=True)

    assert job.params == {"trigger": "ingest", "accept_missing": True, "subpath": ""}


@pytest.mark.django_db
def test_a_scan_that_someone_asks_for_goes_before_a_scheduled_one() -> None:
    folder = make_folder()
    submit_scan(folder=folder, trigger="scheduled")

    job = submit_scan(folder=folder, trigger="manual")

    assert Job.objects.get(pk=job.pk).priority == 1


@pytest.mark.django_db
def test_a_scan_that_runs_is_left_as_it_is() -> None:
    folder = make_folder()
    running = make_job(stage="scan", target_id=folder.pk, status=JobStatus.RUNNING, params={"subpath": "a"})

    job = submit_scan(folder=folder)

    assert (job, job.params) == (running, {"subpath": "a"})


@pytest.mark.django_db
def test_a_scan_of_a_folder_that_is_gone_is_refused() -> None:
    folder = make_folder()
    Folder.objects.filter(pk=folder.pk).delete()

    with pytest.raises(Folder.DoesNotExist):
        submit_scan(folder=folder)


def _worker_elsewhere(*, queue: str, queues: list[str], seconds_ago: int = 0) -> None:
    WorkerProcess.objects.create(
        name=f"nas:{WorkerProcess.objects.count()}",
        host="nas",
        pid=1,
        queue=queue,
        heartbeat_at=Now() - timedelta(seconds=seconds_ago),
        capabilities={"queues": queues},
    )


@pytest.mark.django_db
def test_workers_on_other_machines_are_told_too_where_this_one_has_none(settings) -> None:
    settings.GPU_WORKERS = 0
    for _ in range(3):
        _worker_elsewhere(queue="media", queues=["media", "gpu"])
    _worker_elsewhere(queue="gpu", queues=["gpu"], seconds_ago=3600)

    assert (slots("gpu"), slots("scan")) == (3, 1)


@pytest.mark.django_db
def test_a_worker_that_may_still_come_finds_a_message(settings) -> None:
    settings.GPU_WORKERS = 0

    assert slots("gpu") == 1
