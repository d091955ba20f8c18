import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import DatabaseError, connection, connections
from django.db.models.functions import Now

from library.models import VideoFile
from library.models.file import FileState
from processing.exceptions import ProcessingError, StageTimeoutError
from processing.jobs import drain_queue
from processing.media.errors import FileUnavailableError, UnreadableFileError
from processing.models import Job, JobStatus
from processing.services import cancel_jobs, claim, ending, interrupts, lease, submit_jobs
from processing.services.claim import claim_next
from processing.services.interrupts import WorkerStopping
from processing.services.run import run_job
from processing.stages import Followup, Stage, StageContext, StageResult, registry
from tests.library.factories import make_file
from tests.processing.factories import make_job

MakeStage = Callable[..., Stage]


def _run_next() -> Job:
    job = claim_next(queue="media", worker=claim.worker_name())
    assert job is not None
    run_job(job)
    job.refresh_from_db()
    return job


def _seconds_until_due(job: Job) -> int:
    now: datetime = Job.objects.annotate(now=Now()).values_list("now", flat=True)[0]
    return round((job.due_at - now).total_seconds() / 10) * 10


def _raising(error: BaseException) -> Callable[[StageContext], None]:
    def run(context: StageContext) -> None:
        raise error

    return run


def _in_another_thread(function: Callable[[], object]) -> None:
    def work() -> None:
        try:
            function()
        finally:
            connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def _wait_for_interrupt() -> None:
    time.sleep(30)
    raise AssertionError("nothing interrupted the stage")


@pytest.mark.django_db
def test_a_stage_that_succeeds_completes_its_job_with_its_facts(make_stage: MakeStage) -> None:
    make_stage(lambda context: StageResult({"tiles": 4}))
    make_job(stage="trial", error="From an earlier attempt.", error_class="E")

    job = _run_next()

    assert (job.status, job.result, job.error, job.error_class) == (JobStatus.COMPLETED, {"tiles": 4}, "", "")
    assert (job.worker, job.lease_expires_at) == ("", None)
    assert job.finished_at is not None


@pytest.mark.django_db
def test_what_follows_waits_as_soon_as_the_job_has_ended(make_stage: MakeStage) -> None:
    file = make_file()
    make_stage(lambda context: StageResult(followups=[Followup("frames", [context.target_id])]))
    make_job(stage="trial", file=file, priority=2)

    job = _run_next()

    following = Job.objects.get(stage="frames")
    assert job.status == JobStatus.COMPLETED
    assert (following.target_id, following.priority, following.folder) == (file.pk, 2, file.folder)


@pytest.mark.django_db(transaction=True)
def test_a_job_whose_followup_cannot_be_made_has_not_ended(make_stage: MakeStage) -> None:
    make_stage(lambda context: StageResult(followups=[Followup("nonsense", [context.target_id])]))
    make_job(stage="trial", file=make_file())

    job = _run_next()

    assert (job.status, job.error_class) == (JobStatus.FAILED, "UnknownStageError")


@pytest.mark.django_db
def test_a_followup_that_runs_with_the_old_input_runs_again(make_stage: MakeStage) -> None:
    file = make_file()
    running = make_job(stage="frames", file=file, status=JobStatus.RUNNING)
    make_stage(lambda context: StageResult(followups=[Followup("frames", [context.target_id])]))
    make_job(stage="trial", file=file)

    _run_next()

    running.refresh_from_db()
    assert running.is_asked_again


@pytest.mark.django_db
def test_a_permanent_error_fails_at_once_with_its_sentence_on_job_and_file(make_stage: MakeStage) -> None:
    told: list[tuple[object, ...]] = []
    make_stage(_raising(UnreadableFileError("It is empty.")), on_failed=lambda *facts: told.append(facts))
    make_job(stage="trial")

    job = _run_next()

    assert (job.status, job.error, job.error_class) == (JobStatus.FAILED, "It is empty.", "UnreadableFileError")
    assert told == [(job.target_id, "It is empty.")]


@pytest.mark.django_db
@pytest.mark.parametrize(("attempt", "delay_seconds"), [(1, 100), (2, 300), (3, 500)])
def test_a_passing_error_waits_longer_after_each_attempt(
    make_stage: MakeStage, attempt: int, delay_seconds: int
) -> None:
    gone = _raising(FileUnavailableError("The drive is away."))
    make_stage(gone, first_delay_seconds=100, delay_factor=3, max_delay_seconds=500)
    make_job(stage="trial", attempts=attempt - 1, max_attempts=4)

    job = _run_next()

    assert (job.status, job.error) == (JobStatus.PENDING, "The drive is away.")
    assert _seconds_until_due(job) == delay_seconds


@pytest.mark.django_db
def test_a_passing_error_fails_the_job_at_its_last_attempt(make_stage: MakeStage) -> None:
    told: list[str] = []
    make_stage(
        _raising(FileUnavailableError("The drive is away.")), on_failed=lambda target, sentence: told.append(sentence)
    )
    make_job(stage="trial", attempts=3, max_attempts=4)

    job = _run_next()

    assert (job.status, job.error, told) == (JobStatus.FAILED, "The drive is away.", ["The drive is away."])


@pytest.mark.django_db
def test_someone_waiting_in_front_of_ingest_gets_the_next_attempt_at_once(make_stage: MakeStage) -> None:
    make_stage(_raising(FileUnavailableError("The drive is away.")), first_delay_seconds=3600)
    make_job(stage="trial", priority=2)

    job = _run_next()

    assert _seconds_until_due(job) == 0


@pytest.mark.django_db(transaction=True)
def test_a_stage_over_its_time_is_stopped_and_tried_again(make_stage: MakeStage) -> None:
    make_stage(lambda context: _wait_for_interrupt(), timeout_seconds=0.1)
    make_job(stage="trial")

    job = _run_next()

    assert (job.status, job.error_class) == (JobStatus.PENDING, StageTimeoutError.__name__)
    assert "took longer than" in job.error


@pytest.mark.django_db(transaction=True)
def test_a_stage_over_its_time_at_the_last_attempt_is_timed_out(make_stage: MakeStage) -> None:
    make_stage(lambda context: _wait_for_interrupt(), timeout_seconds=0.1)
    make_job(stage="trial", max_attempts=1)

    job = _run_next()

    assert job.status == JobStatus.TIMED_OUT


@pytest.mark.django_db(transaction=True)
def test_a_query_that_is_cut_off_does_not_spoil_what_is_written_next(make_stage: MakeStage) -> None:
    def query(context: StageContext) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(30)")

    make_stage(query, timeout_seconds=0.2)
    make_job(stage="trial")

    job = _run_next()

    assert job.error_class == StageTimeoutError.__name__


@pytest.mark.django_db
def test_something_unforeseen_is_logged_and_becomes_a_sentence(
    make_stage: MakeStage, caplog: pytest.LogCaptureFixture
) -> None:
    make_stage(_raising(KeyError("streams")), max_attempts=1)
    make_job(stage="trial", max_attempts=1)

    job = _run_next()

    assert (job.status, job.error_class) == (JobStatus.FAILED, "KeyError")
    assert job.error.startswith("Something unforeseen went wrong (KeyError: 'streams').")
    assert [record.exc_info is not None for record in caplog.records if record.levelno == logging.ERROR] == [True]


@pytest.mark.django_db
def test_a_full_disk_is_a_sentence_and_tried_again(make_stage: MakeStage) -> None:
    make_stage(_raising(OSError(28, "No space left on device")))
    make_job(stage="trial")

    job = _run_next()

    assert job.status == JobStatus.PENDING
    assert job.error.startswith("No space left on device while working on it")


@pytest.mark.django_db
def test_an_error_whose_text_the_database_cannot_hold_is_kept_escaped(make_stage: MakeStage) -> None:
    make_stage(_raising(ProcessingError("bad\0name\udcff" + "x" * 5000)))
    make_job(stage="trial")

    job = _run_next()

    assert job.error.startswith("bad\\0name\\udcffxxx")
    assert len(job.error) == 2000


@pytest.mark.django_db
def test_facts_that_are_not_json_fail_the_job_and_not_the_worker(make_stage: MakeStage) -> None:
    make_stage(lambda context: StageResult({"when": object()}))
    make_job(stage="trial", max_attempts=1)

    job = _run_next()

    assert (job.status, job.error_class) == (JobStatus.FAILED, "TypeError")


@pytest.mark.django_db
def test_a_stage_that_cannot_take_note_of_a_failure_does_not_stop_the_worker(make_stage: MakeStage) -> None:
    def stumble(target_id: int, sentence: str) -> None:
        raise RuntimeError

    make_stage(_raising(UnreadableFileError("It is empty.")), on_failed=stumble)
    make_job(stage="trial")

    job = _run_next()

    assert (job.status, job.error) == (JobStatus.FAILED, "It is empty.")


@pytest.mark.django_db
def test_a_job_of_a_stage_that_is_gone_fails_with_a_sentence(
    make_stage: MakeStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_job(queue="media", stage="probe")
    monkeypatch.delitem(registry._stages, "probe")

    job = _run_next()

    assert (job.status, job.error_class) == (JobStatus.FAILED, "UnknownStageError")


@pytest.mark.django_db
def test_a_stage_whose_function_cannot_be_imported_fails_its_job(make_stage: MakeStage) -> None:
    make_stage(lambda context: None, run="nowhere.run")
    make_job(stage="trial", max_attempts=1)

    job = _run_next()

    assert (job.status, job.error_class) == (JobStatus.FAILED, "ModuleNotFoundError")


@pytest.mark.django_db
def test_a_stopping_worker_puts_its_job_back_without_counting_it(make_stage: MakeStage) -> None:
    make_stage(_raising(WorkerStopping()))
    make_job(stage="trial", attempts=1)

    with pytest.raises(WorkerStopping):
        _run_next()

    job = Job.objects.get()
    assert (job.status, job.attempts, job.worker) == (JobStatus.PENDING, 1, "")


@pytest.mark.django_db(transaction=True)
def test_a_sigterm_in_the_middle_of_a_stage_ends_the_drain_and_puts_the_job_back(make_stage: MakeStage) -> None:
    def stop(context: StageContext) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        _wait_for_interrupt()

    make_stage(stop)
    make_job(stage="trial")
    make_job(stage="trial")

    drain_queue("media")

    assert list(Job.objects.values_list("status", "attempts")) == [(JobStatus.PENDING, 0)] * 2


@pytest.mark.django_db(transaction=True)
def test_a_sigterm_between_two_stages_cuts_nothing_in_two(
    make_stage: MakeStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def complete(job: Job, result: StageResult, seconds: float) -> bool:
        os.kill(os.getpid(), signal.SIGTERM)
        return genuine(job, result, seconds)

    genuine = ending.complete
    monkeypatch.setattr(ending, "complete", complete)
    make_stage(lambda context: None)
    make_job(stage="trial")
    make_job(stage="trial")

    drain_queue("media")

    assert list(Job.objects.order_by("pk").values_list("status", "attempts")) == [
        (JobStatus.COMPLETED, 1),
        (JobStatus.PENDING, 0),
    ]


@pytest.mark.django_db(transaction=True)
def test_the_lease_is_renewed_while_a_stage_runs(make_stage: MakeStage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "RENEW_SECONDS", 0.01)
    seen = []

    def watch(context: StageContext) -> None:
        begun = Job.objects.get().lease_expires_at
        while Job.objects.get().lease_expires_at == begun:
            time.sleep(0.01)
        seen.append(True)

    make_stage(watch)
    make_job(stage="trial")

    job = _run_next()

    assert (job.status, seen) == (JobStatus.COMPLETED, [True])


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_away_for_a_moment_does_not_end_the_lease(
    make_stage: MakeStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[Job] = []
    renewed = threading.Event()

    def renew(job: Job) -> bool:
        calls.append(job)
        if len(calls) == 1:
            raise DatabaseError("away")
        renewed.set()
        return True

    monkeypatch.setattr(lease, "RENEW_SECONDS", 0.01)
    monkeypatch.setattr(claim, "renew", renew)
    make_stage(lambda context: None if renewed.wait(60) else _wait_for_interrupt())
    make_job(stage="trial")

    job = _run_next()

    assert job.status == JobStatus.COMPLETED


@pytest.mark.django_db(transaction=True)
def test_a_job_cancelled_while_it_runs_is_stopped_by_its_lease(
    make_stage: MakeStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def get_cancelled(context: StageContext) -> None:
        _in_another_thread(lambda: cancel_jobs(job_ids=Job.objects.values_list("pk", flat=True)))
        _wait_for_interrupt()

    monkeypatch.setattr(lease, "RENEW_SECONDS", 0.05)
    make_stage(get_cancelled)
    make_job(stage="trial")

    job = _run_next()

    assert (job.status, job.error) == (JobStatus.CANCELLED, "Cancelled.")


@pytest.mark.django_db
def test_a_job_cancelled_while_it_runs_is_stopped_by_its_next_report(
    make_stage: MakeStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = []

    def work(context: StageContext) -> None:
        cancel_jobs(job_ids=Job.objects.values_list("pk", flat=True))
        context.report(1, 2)
        steps.append("after the report")

    monkeypatch.setattr(lease, "REPORT_SECONDS", 0)
    make_stage(work)
    make_job(stage="trial")

    job = _run_next()

    assert (job.status, steps) == (JobStatus.CANCELLED, [])


@pytest.mark.django_db
def test_a_worker_that_lost_its_job_writes_no_end_and_no_followup(make_stage: MakeStage) -> None:
    def lose(context: StageContext) -> StageResult:
        Job.objects.update(attempts=7, worker="successor:1")
        return StageResult({"a": 1}, [Followup("frames", [context.target_id])])

    make_stage(lose)
    make_job(stage="trial", file=make_file())

    job = _run_next()

    assert (job.status, job.worker, job.result) == (JobStatus.RUNNING, "successor:1", {})
    assert not Job.objects.filter(stage="frames").exists()


@pytest.mark.django_db
def test_a_worker_that_lost_its_job_reports_no_failure(make_stage: MakeStage) -> None:
    told: list[str] = []

    def lose(context: StageContext) -> None:
        Job.objects.update(attempts=7)
        raise UnreadableFileError("It is empty.")

    make_stage(lose, on_failed=lambda target, sentence: told.append(sentence))
    make_job(stage="trial")

    job = _run_next()

    assert (job.status, job.error, told) == (JobStatus.RUNNING, "", [])


@pytest.mark.django_db
def test_progress_is_shown_on_the_row(make_stage: MakeStage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "REPORT_SECONDS", 0)
    make_stage(lambda context: context.report(3, 9))
    make_job(stage="trial")

    job = _run_next()

    assert (job.progress_done, job.progress_total) == (3, 9)


@pytest.mark.django_db
def test_progress_is_written_once_a_second_however_often_a_stage_reports(
    make_stage: MakeStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[int] = []

    def write(job: Job, done: int, total: int) -> bool:
        written.append(done)
        return True

    def work(context: StageContext) -> None:
        for number in range(100):
            context.report(number, 100)

    monkeypatch.setattr(claim, "report_progress", write)
    make_stage(work)
    make_job(stage="trial")

    _run_next()

    assert written == []


@pytest.mark.django_db
def test_a_file_replaced_while_it_is_probed_is_probed_again(
    make_stage: MakeStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = make_file(state=FileState.NEW)

    def probe_the_old_one(context: StageContext) -> None:
        VideoFile.objects.filter(pk=file.pk).update(mtime_ns=1)
        submit_jobs(stage="trial", target_ids=[file.pk], even_if_running=True)

    make_stage(probe_the_old_one)
    make_job(stage="trial", file=file)

    _run_next()

    statuses = list(Job.objects.order_by("pk").values_list("status", flat=True))
    assert statuses == [JobStatus.COMPLETED, JobStatus.PENDING]


@pytest.mark.django_db
def test_a_drain_works_off_everything_that_is_due(make_stage: MakeStage) -> None:
    make_stage(lambda context: None)
    for _ in range(3):
        make_job(stage="trial")
    later = make_job(stage="trial", due_at=Now() + timedelta(hours=1))

    drain_queue("media")

    assert Job.objects.filter(status=JobStatus.COMPLETED).count() == 3
    assert list(Job.objects.active()) == [later]


@pytest.mark.django_db(transaction=True)
def test_a_thread_may_run_a_job_without_signals(make_stage: MakeStage) -> None:
    make_stage(lambda context: None, timeout_seconds=5)
    make_job(stage="trial")

    _in_another_thread(_run_next)

    assert Job.objects.get().status == JobStatus.COMPLETED


def test_a_stage_is_interrupted_only_once_so_that_it_can_clean_up() -> None:
    cleaned = []

    with pytest.raises(interrupts.HoldLost), interrupts.listening(), interrupts.armed(60):
        try:
            interrupts.lose_hold()
            _wait_for_interrupt()
        finally:
            interrupts.lose_hold()
            cleaned.append(True)

    assert cleaned == [True]


def test_outside_a_stage_a_lost_hold_interrupts_nothing() -> None:
    done = []
    with interrupts.listening():
        interrupts.lose_hold()
        with interrupts.armed(60):
            done.append("inside")
        interrupts.lose_hold()
        done.append("outside")

    assert done == ["inside", "outside"]
