"""What may be begun: pauses, quiet hours, limits, stages that are off, watching."""

import threading
from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connections, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone
from redis import Redis

from library.models import AuditEvent
from processing.models import DemandLease, Job, JobStatus, QueueControl
from processing.services import claim, gates
from processing.services.bell import rq_queue
from processing.services.claim import claim_in_folders, claim_next
from processing.services.demand import forget_old_demand, hold_demand, is_demanded, release_demand
from processing.services.queue_control import pause_queues, resume_queues, set_queue_limits
from processing.services.reconcile import ring_for_waiting
from processing.stages import Stage
from tests.library.factories import make_file, make_user
from tests.processing.factories import make_job
from tests.processing.test_stage_settings import configure

MakeStage = Callable[..., Stage]


def _claim() -> Job | None:
    return claim_next(queue="media", worker="w:1")


@pytest.mark.django_db
def test_nothing_is_taken_from_a_paused_queue_until_it_is_resumed() -> None:
    job = make_job()
    other = make_job(stage="scan")

    paused = pause_queues(queues=["media"])

    assert (paused, _claim(), claim_next(queue="scan", worker="w:1")) == (1, None, other)
    assert resume_queues(queues=["media"]) == 1
    assert _claim() == job


@pytest.mark.django_db
def test_all_queues_are_paused_and_resumed_at_once() -> None:
    pause_queues(queues=["scan"])

    assert pause_queues() == 4
    assert QueueControl.objects.filter(is_paused=True).count() == 5
    assert resume_queues() == 5


@pytest.mark.django_db
def test_a_pause_is_in_the_audit_log() -> None:
    make_user()
    pause_queues(queues=["media"])

    event = AuditEvent.objects.get(kind="settings_changed")
    assert (event.subject, event.detail["is_paused"][1]) == ("queue media", True)


@pytest.mark.django_db
def test_a_person_who_waits_in_front_of_ingest_is_not_held_up() -> None:
    file = make_file()
    job = make_job(file=file)
    pause_queues()

    assert claim_in_folders(queues=["media"], folder_ids=[file.folder_id], worker="w:1") == job


@pytest.mark.parametrize(
    ("begin", "end", "now", "is_quiet"),
    [
        (time(22), time(6), time(23), True),
        (time(22), time(6), time(5, 59), True),
        (time(22), time(6), time(6), False),
        (time(22), time(6), time(21, 59), False),
        (time(9), time(17), time(9), True),
        (time(9), time(17), time(17), False),
        (None, None, time(3), False),
    ],
)
def test_quiet_hours_may_go_over_midnight(begin: time | None, end: time | None, now: time, is_quiet: bool) -> None:
    assert gates.is_quiet(QueueControl(queue="media", quiet_from=begin, quiet_until=end), now) == is_quiet


@pytest.mark.django_db
def test_quiet_hours_are_local_and_nothing_is_begun_in_them(settings: Any) -> None:
    settings.TIME_ZONE = "Asia/Tokyo"
    timezone.get_default_timezone.cache_clear()  # type: ignore[attr-defined]
    try:
        job = make_job()
        now = timezone.localtime()
        set_queue_limits(
            queue="media",
            concurrency=None,
            quiet_from=_clock(now - timedelta(minutes=5)),
            quiet_until=_clock(now + timedelta(minutes=5)),
        )
        assert _claim() is None
        set_queue_limits(
            queue="media",
            concurrency=None,
            quiet_from=_clock(now + timedelta(minutes=5)),
            quiet_until=_clock(now + timedelta(minutes=9)),
        )
        assert _claim() == job
    finally:
        timezone.get_default_timezone.cache_clear()  # type: ignore[attr-defined]


def _clock(moment: datetime) -> time:
    return moment.time().replace(second=0, microsecond=0)


@pytest.mark.django_db
@pytest.mark.parametrize("values", [{"quiet_from": time(3)}, {"quiet_from": time(3), "quiet_until": time(3)}])
def test_quiet_hours_need_a_beginning_and_another_end(values: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        QueueControl.objects.create(queue="media", **values)
    with pytest.raises(ValidationError):
        set_queue_limits(queue="media", concurrency=None, **values)


@pytest.mark.django_db
def test_a_lowered_number_counts_from_the_next_claim_on() -> None:
    for _ in range(3):
        make_job()
    assert _claim()
    assert _claim()

    set_queue_limits(queue="media", concurrency=1)
    assert _claim() is None

    Job.objects.filter(status=JobStatus.RUNNING).update(status=JobStatus.COMPLETED, lease_expires_at=None)
    assert _claim()
    assert _claim() is None


@pytest.mark.django_db
def test_a_stage_without_a_free_slot_leaves_the_others_their_turn() -> None:
    configure("frames", slots=1)
    make_job(stage="frames", priority=2)
    make_job(stage="frames", priority=2)
    probe = make_job()

    first, second, third = _claim(), _claim(), _claim()

    assert first is not None
    assert (first.stage, second, third) == ("frames", probe, None)


@pytest.mark.django_db
def test_among_the_stages_with_free_slots_the_best_goes_first() -> None:
    configure("frames", slots=1)
    make_job(stage="frames", status=JobStatus.RUNNING)
    make_job(stage="frames", priority=2)
    now = Now()
    late = make_job(due_at=now - timedelta(minutes=1))
    early = make_job(due_at=now - timedelta(minutes=2))
    urgent = make_job(priority=1)
    make_job(due_at=now + timedelta(hours=1), priority=2)

    assert [_claim() for _ in range(4)] == [urgent, early, late, None]


@pytest.mark.django_db
def test_slots_count_over_all_queues() -> None:
    make_job(stage="frames", status=JobStatus.RUNNING)
    configure("frames", slots=1, queue="gpu")
    make_job(stage="frames", queue="gpu")

    assert claim_next(queue="gpu", worker="w:1") is None


@pytest.mark.django_db
def test_a_stage_that_is_off_is_not_taken() -> None:
    configure("frames", is_enabled=False)
    frames = make_job(stage="frames")

    assert _claim() is None
    configure("frames", is_enabled=True)
    assert _claim() == frames


@pytest.mark.django_db
def test_heavy_work_is_not_begun_while_somebody_watches() -> None:
    frames, probe = make_job(stage="frames", priority=2), make_job()
    hold_demand(holder="session 1")
    hold_demand(holder="session 2")

    assert (_claim(), _claim()) == (probe, None)
    release_demand(holder="session 1")
    assert _claim() is None
    release_demand(holder="session 2")
    assert _claim() == frames


@pytest.mark.django_db
def test_a_lease_that_nobody_renews_runs_out() -> None:
    hold_demand(holder="session 1", seconds=30)
    DemandLease.objects.update(expires_at=Now())

    assert not is_demanded()
    assert forget_old_demand() == 1


@pytest.mark.django_db
def test_a_lease_is_renewed_by_whoever_holds_it() -> None:
    hold_demand(holder="session 1", seconds=1)
    before = DemandLease.objects.get().expires_at

    hold_demand(holder="session 1", seconds=60)

    assert (DemandLease.objects.get().expires_at - before).total_seconds() > 50


@pytest.mark.django_db
def test_a_paused_queue_is_not_rung_for(redis_connection: Redis) -> None:
    make_job()
    pause_queues(queues=["media"])
    redis_connection.flushdb()

    assert (ring_for_waiting(), rq_queue("media").count) == (0, 0)


@pytest.mark.django_db
def test_a_queue_is_rung_for_what_may_be_begun_only(redis_connection: Redis) -> None:
    make_job(stage="frames")
    make_job(stage="frames")
    hold_demand(holder="session 1")

    assert ring_for_waiting() == 0
    make_job()
    assert ring_for_waiting() == 1


@pytest.mark.django_db(transaction=True)
def test_the_end_of_a_pause_is_rung(redis_connection: Redis) -> None:
    make_job()
    pause_queues(queues=["media"])
    redis_connection.flushdb()

    resume_queues(queues=["media"])

    assert rq_queue("media").count > 0


@pytest.mark.django_db(transaction=True)
def test_watching_that_ends_is_rung(redis_connection: Redis) -> None:
    hold_demand(holder="session 1")

    release_demand(holder="session 1")

    assert rq_queue("media").count > 0


def _run_beside(work: Callable[[int], None], threads: int) -> None:
    def run(number: int) -> None:
        try:
            work(number)
        finally:
            connections.close_all()

    running = [threading.Thread(target=run, args=(number,)) for number in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()


def _claim_at_once(threads: int) -> int:
    """How many of so many threads get a job when all claim at the same time."""
    barrier = threading.Barrier(threads)
    taken: list[Job] = []

    def work(number: int) -> None:
        barrier.wait(60)
        job = claim_next(queue="media", worker=f"thread:{number}")
        if job is not None:
            taken.append(job)

    _run_beside(work, threads)
    return len(taken)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("limit", ["queue", "stage"])
def test_eight_claims_at_once_never_pass_a_limit_of_two(limit: str) -> None:
    if limit == "queue":
        set_queue_limits(queue="media", concurrency=2)
    else:
        configure("probe", slots=2)
    for _ in range(10):
        make_job()

    assert _claim_at_once(8) == 2
    assert Job.objects.filter(status=JobStatus.RUNNING).count() == 2


@pytest.mark.django_db(transaction=True)
def test_without_the_turns_they_would(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: all count before one of them takes."""
    barrier = threading.Barrier(8)
    gate_of = gates.pass_gate

    def count_together(queue: str, number: int) -> gates.Gate:
        gate = gate_of(queue, number)
        barrier.wait(60)
        return gate

    monkeypatch.setattr(gates, "wait_turn", lambda keys: None)
    monkeypatch.setattr(claim, "pass_gate", count_together)
    set_queue_limits(queue="media", concurrency=2)
    for _ in range(10):
        make_job()

    assert _claim_at_once(8) > 2


@pytest.mark.django_db(transaction=True)
def test_claims_under_a_limit_take_every_job_once(make_stage: MakeStage) -> None:
    configure("probe", slots=3)
    jobs = {make_job().pk for _ in range(30)}
    taken: list[int] = []

    def work(number: int) -> None:
        while Job.objects.filter(status=JobStatus.PENDING).exists():
            job = claim_next(queue="media", worker=f"thread:{number}")
            if job is not None:
                taken.append(job.pk)
                with transaction.atomic():
                    claim.finish(job, status=JobStatus.COMPLETED)

    _run_beside(work, 4)

    assert sorted(taken) == sorted(jobs)
    assert Job.objects.filter(attempts=F("max_attempts") - 3).count() == 30
