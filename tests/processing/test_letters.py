"""Dead letters: written when the engine gives up, closed by success or by a person."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from library.models.file import FileState
from library.services.purge import purge
from library.services.trash import trash
from processing.exceptions import TargetGoneError
from processing.media.errors import FileUnavailableError, UnreadableFileError
from processing.models import DeadLetter, Job, JobStatus, LetterStatus, ProcessingSettings
from processing.queries.engine import error_groups
from processing.services import cancel_jobs, claim, retry_jobs
from processing.services.claim import claim_next
from processing.services.letters import abandon_letters, abandon_old_letters, retry_letters
from processing.services.reconcile import release
from processing.services.run import run_job
from processing.stages import Stage, StageContext
from tests.library.factories import make_file, make_folder, make_user
from tests.processing.factories import make_job

pytestmark = pytest.mark.django_db
MakeStage = Callable[..., Stage]


def run_next() -> Job:
    job = claim_next(queue="media", worker=claim.worker_name())
    assert job is not None
    run_job(job)
    job.refresh_from_db()
    return job


def fail_with(make_stage: MakeStage, error: Exception) -> None:
    def run(context: StageContext) -> None:
        raise error

    make_stage(run)


def make_letter(*, error_class: str = "UnreadableFileError", **columns: Any) -> DeadLetter:
    file = columns.pop("file", None) or make_file()
    values = {
        "target_kind": "file",
        "target_id": file.pk,
        "stage": "probe",
        "folder": file.folder,
        "error_class": error_class,
        "error": "It is empty.",
        "failed_at": Now(),
    }
    if columns.get("status") in (LetterStatus.ABANDONED, LetterStatus.RESOLVED):
        values["closed_at"] = Now()
    letter = DeadLetter.objects.create(**values | columns)
    letter.refresh_from_db()
    return letter


# ---- written --------------------------------------------------------------------------------------------------------
def test_an_error_that_stays_makes_a_letter_at_once(make_stage: MakeStage) -> None:
    fail_with(make_stage, UnreadableFileError("It is empty."))
    job = make_job(stage="trial", file=make_file(), label="a.mp4", params={"a": 1}, variant="large")

    run_next()

    letter = DeadLetter.objects.get()
    assert (letter.status, letter.failures, letter.attempts, letter.job) == (LetterStatus.PENDING_REVIEW, 1, 1, job)
    assert (letter.error_class, letter.error, letter.first_error) == (
        "UnreadableFileError",
        "It is empty.",
        "It is empty.",
    )
    assert (letter.label, letter.params, letter.variant, letter.folder) == ("a.mp4", {"a": 1}, "large", job.folder)


def test_an_error_that_may_pass_makes_one_when_the_attempts_are_used_up(make_stage: MakeStage) -> None:
    fail_with(make_stage, FileUnavailableError("The drive is away."))
    job = make_job(stage="trial", file=make_file(), max_attempts=2)

    run_next()
    assert not DeadLetter.objects.exists()
    Job.objects.filter(pk=job.pk).update(due_at=Now())
    run_next()

    assert DeadLetter.objects.get().attempts == 2


def test_so_does_a_time_out(make_stage: MakeStage) -> None:
    job = make_job(stage="probe", file=make_file(), status=JobStatus.RUNNING, attempts=4)

    release(job)

    assert DeadLetter.objects.get().error_class == "WorkerDied"


def test_a_target_that_left_is_nothing_to_look_at(make_stage: MakeStage) -> None:
    fail_with(make_stage, TargetGoneError("The file was removed."))
    make_job(stage="trial", file=make_file())

    assert run_next().status == JobStatus.FAILED
    assert not DeadLetter.objects.exists()


def test_another_failure_is_counted_on_the_open_letter(make_stage: MakeStage) -> None:
    file = make_file()
    fail_with(make_stage, UnreadableFileError("It is empty."))
    make_job(stage="trial", file=file)
    run_next()
    fail_with(make_stage, UnreadableFileError("It is broken."))
    make_job(stage="trial", file=file)

    run_next()

    letter = DeadLetter.objects.get()
    assert (letter.failures, letter.first_error, letter.error) == (2, "It is empty.", "It is broken.")


def test_there_is_one_open_letter_about_one_thing() -> None:
    file = make_file()
    make_letter(file=file, status=LetterStatus.RETRYING)

    with pytest.raises(IntegrityError), transaction.atomic():
        make_letter(file=file)
    make_letter(file=file, status=LetterStatus.ABANDONED)


@pytest.mark.parametrize(
    "values",
    [{"status": "lost"}, {"status": "pending_review", "closed_at": Now()}, {"status": "abandoned", "closed_at": None}],
    ids=str,
)
def test_the_database_knows_the_states(values: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make_letter(**values)


# ---- closed ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("status", [LetterStatus.PENDING_REVIEW, LetterStatus.RETRYING])
def test_a_success_closes_the_letter(make_stage: MakeStage, status: LetterStatus) -> None:
    make_stage(lambda context: None)
    file = make_file()
    letter = make_letter(file=file, stage="trial", status=status)
    other = make_letter(file=file, stage="frames")
    make_job(stage="trial", file=file)

    run_next()

    letter.refresh_from_db()
    other.refresh_from_db()
    assert (letter.status, letter.closed_at is not None) == (LetterStatus.RESOLVED, True)
    assert other.status == LetterStatus.PENDING_REVIEW


def test_a_person_abandons_letters() -> None:
    letters = [make_letter(), make_letter(), make_letter(status=LetterStatus.RETRYING)]

    closed = abandon_letters(letters=DeadLetter.objects.all(), requested_by=make_user(username="anna"))

    letters[0].refresh_from_db()
    assert (closed, letters[0].status, letters[0].note) == (2, LetterStatus.ABANDONED, "Abandoned by anna.")


def test_what_nobody_looks_at_for_a_week_is_abandoned() -> None:
    old = make_letter(failed_at=Now() - timedelta(days=7, minutes=1))
    new = make_letter(failed_at=Now() - timedelta(days=6, hours=23))
    tried = make_letter(failed_at=Now() - timedelta(days=9), status=LetterStatus.RETRYING)

    assert abandon_old_letters() == 1
    for letter, status in ((old, "abandoned"), (new, "pending_review"), (tried, "retrying")):
        letter.refresh_from_db()
        assert letter.status == status


@pytest.mark.parametrize(("days", "abandoned"), [(0, 0), (30, 0), (3, 1)])
def test_how_long_is_a_setting(days: int, abandoned: int) -> None:
    ProcessingSettings.objects.create(dead_letter_days=days)
    make_letter(failed_at=Now() - timedelta(days=8))

    assert abandon_old_letters() == abandoned


def test_closed_letters_go_with_the_history() -> None:
    make_letter(status=LetterStatus.RESOLVED, closed_at=Now() - timedelta(days=31))
    kept = make_letter(status=LetterStatus.RESOLVED, closed_at=Now() - timedelta(days=29))

    abandon_old_letters()

    assert DeadLetter.objects.get() == kept


def test_a_letter_outlives_its_job() -> None:
    letter = make_letter(job=make_job(status=JobStatus.FAILED), label="a.mp4")

    Job.objects.all().delete()

    letter.refresh_from_db()
    assert (letter.job, letter.label) == (None, "a.mp4")


def test_it_is_closed_when_its_file_is_deleted() -> None:
    file = make_file()
    letter = make_letter(file=file)
    trash(kind="video", ids=[file.video_id])

    purge(kind="video", ids=[file.video_id])

    letter.refresh_from_db()
    assert (letter.status, letter.note) == (LetterStatus.ABANDONED, "The file was deleted.")


# ---- tried again ----------------------------------------------------------------------------------------------------
def test_a_retry_waits_at_a_persons_priority_and_the_file_waits_with_it() -> None:
    file = make_file(state=FileState.FAILED, error="It is empty.")
    letter = make_letter(file=file, params={"a": 1}, variant="large")
    user = make_user()

    retried = retry_letters(letters=DeadLetter.objects.all(), requested_by=user)

    job = Job.objects.get()
    letter.refresh_from_db()
    file.refresh_from_db()
    assert (retried, letter.status, file.state) == (1, LetterStatus.RETRYING, FileState.NEW)
    assert (job.priority, job.params, job.variant, job.requested_by, job.attempts) == (1, {"a": 1}, "large", user, 0)


def test_a_retry_that_fails_waits_to_be_looked_at_again(make_stage: MakeStage) -> None:
    fail_with(make_stage, UnreadableFileError("It is still empty."))
    letter = make_letter(stage="trial")
    retry_letters(letters=DeadLetter.objects.all())

    run_next()

    letter.refresh_from_db()
    assert (letter.status, letter.failures, letter.error) == (LetterStatus.PENDING_REVIEW, 2, "It is still empty.")


def test_a_retry_that_succeeds_closes_it(make_stage: MakeStage) -> None:
    make_stage(lambda context: None)
    letter = make_letter(stage="trial")
    retry_letters(letters=DeadLetter.objects.all())

    run_next()

    letter.refresh_from_db()
    assert letter.status == LetterStatus.RESOLVED


def test_a_retry_that_is_cancelled_waits_to_be_looked_at() -> None:
    letter = make_letter()
    retry_letters(letters=DeadLetter.objects.all())

    cancel_jobs(job_ids=Job.objects.values_list("pk", flat=True))

    letter.refresh_from_db()
    assert (letter.status, letter.note) == (LetterStatus.PENDING_REVIEW, "Its retry was cancelled.")


def test_all_letters_of_one_kind_of_error_are_tried_again_in_a_few_statements() -> None:
    folder = make_folder()
    for _ in range(20):
        make_letter(file=make_file(folder=folder))
    other = make_letter(error_class="StageTimeoutError")

    with CaptureQueriesContext(connection) as queries:
        retried = retry_letters(letters=DeadLetter.objects.filter(error_class="UnreadableFileError"))

    other.refresh_from_db()
    assert (retried, other.status) == (20, LetterStatus.PENDING_REVIEW)
    assert Job.objects.active().count() == 20
    assert len(queries) < 25


def test_an_abandoned_letter_can_be_tried_again() -> None:
    letter = make_letter(status=LetterStatus.ABANDONED)

    assert retry_letters(letters=DeadLetter.objects.all()) == 1
    letter.refresh_from_db()
    assert (letter.status, letter.closed_at) == (LetterStatus.RETRYING, None)


def test_an_abandoned_letter_stays_closed_beside_a_newer_one() -> None:
    file = make_file()
    old = make_letter(file=file, status=LetterStatus.ABANDONED)
    new = make_letter(file=file)

    assert retry_letters(letters=DeadLetter.objects.all()) == 1
    old.refresh_from_db()
    new.refresh_from_db()
    assert (old.status, new.status) == (LetterStatus.ABANDONED, LetterStatus.RETRYING)


def test_a_letter_whose_target_is_gone_is_abandoned() -> None:
    letter = make_letter(target_id=999_999_999)

    assert retry_letters(letters=DeadLetter.objects.all()) == 0
    letter.refresh_from_db()
    assert (letter.status, letter.note) == (LetterStatus.ABANDONED, "What it was about is not there any more.")


def test_what_succeeded_since_is_not_tried_again() -> None:
    make_letter(status=LetterStatus.RESOLVED)

    assert retry_letters(letters=DeadLetter.objects.all()) == 0
    assert not Job.objects.exists()


def test_a_job_that_is_retried_from_the_job_list_closes_its_letter_too(make_stage: MakeStage) -> None:
    fail_with(make_stage, UnreadableFileError("It is empty."))
    job = make_job(stage="trial", file=make_file())
    run_next()
    make_stage(lambda context: None)
    retry_jobs(job_ids=[job.pk])

    run_next()

    assert DeadLetter.objects.get().status == LetterStatus.RESOLVED


def test_errors_are_grouped_by_stage_and_kind_with_their_latest_sentence() -> None:
    make_letter(failed_at=Now() - timedelta(hours=1))
    make_letter(error="It is newer.")
    make_letter(error_class="StageTimeoutError", stage="frames")
    make_letter(status=LetterStatus.ABANDONED)

    groups = error_groups()

    assert [(group.stage, group.error_class, group.count, group.error) for group in groups] == [
        ("probe", "UnreadableFileError", 2, "It is newer."),
        ("frames", "StageTimeoutError", 1, "It is empty."),
    ]
