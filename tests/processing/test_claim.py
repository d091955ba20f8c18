import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connections, transaction
from django.db.models import F
from django.db.models.functions import Now

from processing.models import Job, JobStatus
from processing.services import claim
from processing.services.claim import claim_in_folders, claim_next
from tests.library.factories import make_file
from tests.processing.factories import make_job


def _take_all(take: Callable[[str, threading.Barrier], int | None], threads: int) -> Counter[int]:
    """Which job was taken how often by threads that take until there is none."""
    taken: list[int] = []
    barrier = threading.Barrier(threads)

    def work(name: str) -> None:
        try:
            barrier.wait(60)
            while (pk := take(name, barrier)) is not None:
                taken.append(pk)
        finally:
            connections.close_all()

    running = [threading.Thread(target=work, args=(f"thread:{number}",)) for number in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return Counter(taken)


def _claim(name: str, barrier: threading.Barrier) -> int | None:
    job = claim_next(queue="media", worker=name)
    return job.pk if job else None


def _look_then_take(name: str, barrier: threading.Barrier) -> int | None:
    """What a claim would be without the lock: all look before one of them writes."""
    job = Job.objects.due().filter(queue="media").order_by("id").first()
    barrier.wait(60)
    if job is None:
        return None
    lease = Now() + timedelta(seconds=30)
    Job.objects.filter(pk=job.pk).update(status=JobStatus.RUNNING, worker=name, lease_expires_at=lease)
    barrier.wait(60)
    return job.pk


@pytest.mark.django_db
def test_the_highest_priority_goes_first_and_then_the_oldest() -> None:
    now = Now()
    late = make_job(due_at=now - timedelta(minutes=1))
    early = make_job(due_at=now - timedelta(minutes=2))
    urgent = make_job(priority=1)

    order = [claim_next(queue="media", worker="w:1") for _ in range(4)]

    assert order == [urgent, early, late, None]


@pytest.mark.django_db
def test_a_job_is_not_taken_before_its_time() -> None:
    make_job(due_at=Now() + timedelta(seconds=60))

    assert claim_next(queue="media", worker="w:1") is None


@pytest.mark.django_db
def test_a_job_of_another_queue_is_left_alone() -> None:
    make_job(stage="scan")

    assert claim_next(queue="media", worker="w:1") is None


@pytest.mark.django_db
def test_a_claimed_job_is_held_counted_and_begins_anew() -> None:
    make_job(attempts=1, progress_done=7, progress_total=9, is_asked_again=True)

    job = claim_next(queue="media", worker="w:1")

    assert job is not None
    job.refresh_from_db()
    assert (job.status, job.worker, job.attempts) == (JobStatus.RUNNING, "w:1", 2)
    assert (job.progress_done, job.progress_total, job.is_asked_again) == (0, 0, False)
    assert Job.objects.filter(lease_expires_at__gt=Now(), started_at__lte=Now()).exists()


@pytest.mark.django_db
def test_a_foreground_command_takes_jobs_of_its_folders_only() -> None:
    mine, other = make_file(), make_file()
    make_job(file=other, priority=2)
    job = make_job(file=mine)

    taken = claim_in_folders(queues=("scan", "media"), folder_ids=[mine.folder_id], worker="w:1")

    assert taken == job


@pytest.mark.django_db(transaction=True)
def test_four_threads_take_forty_jobs_once_each() -> None:
    jobs = {make_job().pk for _ in range(40)}

    taken = _take_all(_claim, 4)

    assert set(taken) == jobs
    assert set(taken.values()) == {1}


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_a_job_would_be_taken_more_than_once() -> None:
    for _ in range(3):
        make_job()

    taken = _take_all(_look_then_take, 4)

    assert max(taken.values()) > 1


@pytest.mark.django_db(transaction=True)
def test_a_claim_passes_over_a_row_that_someone_is_changing() -> None:
    first, second = make_job(), make_job()
    taken: list[Job | None] = []

    def work() -> None:
        taken.append(claim_next(queue="media", worker="w:1"))
        connections.close_all()

    with transaction.atomic():
        Job.objects.select_for_update().get(pk=first.pk)
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()

    assert taken == [second]


@pytest.mark.django_db
@pytest.mark.parametrize("number", range(5))
def test_a_worker_that_was_taken_for_dead_can_write_nothing(number: int) -> None:
    job = make_job(status=JobStatus.RUNNING)
    Job.objects.filter(pk=job.pk).update(attempts=F("attempts") + 1)
    writes: list[Callable[[], bool]] = [
        lambda: claim.finish(job, status=JobStatus.COMPLETED, result={"a": 1}),
        lambda: claim.give_back(job),
        lambda: claim.renew(job),
        lambda: claim.report_progress(job, 1, 2),
        lambda: claim.retry_later(job, delay_seconds=1, error="Oh.", error_class="E"),
    ]

    written = writes[number]()

    after = Job.objects.get(pk=job.pk)
    assert not written
    assert (after.status, after.progress_done, after.error, after.result) == (JobStatus.RUNNING, 0, "", {})


@pytest.mark.django_db
def test_a_job_that_is_given_back_counts_as_not_begun() -> None:
    make_job()
    job = claim_next(queue="media", worker="w:1")
    assert job is not None

    claim.give_back(job)

    job.refresh_from_db()
    assert (job.status, job.attempts, job.worker, job.started_at) == (JobStatus.PENDING, 0, "", None)


@pytest.mark.django_db
def test_a_job_asked_again_while_it_ran_leaves_a_new_one_waiting() -> None:
    job = make_job(file=make_file(), status=JobStatus.RUNNING, is_asked_again=True, priority=1)

    claim.finish(job, status=JobStatus.COMPLETED)

    ended, new = Job.objects.order_by("pk")
    assert (ended.status, new.status) == (JobStatus.COMPLETED, JobStatus.PENDING)
    assert (new.target_id, new.priority, new.is_asked_again) == (job.target_id, 1, False)


def test_the_name_of_a_worker_tells_machines_apart_and_ends_with_the_process() -> None:
    assert claim.worker_name(42) == f"{claim.machine()}:42"


def test_a_process_of_another_machine_is_never_taken_for_dead() -> None:
    assert not claim.is_dead_here("elsewhere-abc:99999999")
    assert claim.is_dead_here(f"{claim.machine()}:99999999")
    assert not claim.is_dead_here(claim.worker_name())
