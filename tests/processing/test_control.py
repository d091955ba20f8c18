import pytest
from django.db import IntegrityError, transaction

from library.models.file import FileState
from processing.models import Job, JobStatus, Priority, StageRecord
from processing.services import cancel_jobs, reprioritise_jobs, rerun_files, retry_jobs
from processing.services.claim import claim_next
from processing.services.keys import key_of
from processing.stages import get_stage
from tests.library.factories import make_file, make_user
from tests.processing.factories import make_job

pytestmark = pytest.mark.django_db


def _ids() -> list[int]:
    return list(Job.objects.values_list("pk", flat=True))


def test_a_failed_file_that_is_run_again_waits_again() -> None:
    file = make_file(state=FileState.FAILED, error="It is empty.")
    user = make_user()

    submitted = rerun_files(file_ids=[file.pk], requested_by=user)

    file.refresh_from_db()
    job = Job.objects.get()
    assert (submitted, file.state, file.error) == (1, FileState.NEW, "")
    assert (job.stage, job.priority, job.requested_by, job.folder) == ("probe", 1, user, file.folder)


def test_a_missing_file_is_not_run_again() -> None:
    file = make_file(missing_since="2026-01-01T00:00Z")

    assert rerun_files(file_ids=[file.pk]) == 0


def test_files_of_several_folders_are_run_again_together() -> None:
    files = [make_file() for _ in range(3)]

    assert rerun_files(file_ids=[file.pk for file in files], stage="frames") == 3
    assert Job.objects.filter(stage="frames").values("folder").distinct().count() == 3


@pytest.mark.parametrize("status", [JobStatus.FAILED, JobStatus.TIMED_OUT, JobStatus.CANCELLED])
def test_what_ended_badly_is_submitted_anew_and_stays_as_history(status: JobStatus) -> None:
    file = make_file(state=FileState.FAILED, error="Oh.")
    make_job(file=file, stage="frames", status=status, variant="large", params={"a": 1})

    submitted = retry_jobs(job_ids=_ids())

    old, new = Job.objects.order_by("pk")
    file.refresh_from_db()
    assert (submitted, old.status, new.status) == (1, status, JobStatus.PENDING)
    assert (new.variant, new.params, new.priority, new.attempts) == ("large", {"a": 1}, 1, 0)
    assert file.state == FileState.PROBED


def test_what_ended_well_is_not_retried() -> None:
    make_job(file=make_file(), status=JobStatus.COMPLETED)

    assert retry_jobs(job_ids=_ids()) == 0


def test_a_priority_changes_while_a_job_waits_or_runs_and_not_afterwards() -> None:
    waiting, running = make_job(), make_job(status=JobStatus.RUNNING)
    done = make_job(status=JobStatus.COMPLETED)

    changed = reprioritise_jobs(job_ids=_ids(), priority=Priority.LOOKING)

    assert changed == 2
    assert dict(Job.objects.values_list("pk", "priority")) == {waiting.pk: 3, running.pk: 3, done.pk: 0}
    assert reprioritise_jobs(job_ids=_ids(), priority=Priority.LOOKING) == 0


@pytest.mark.parametrize("priority", [-2, 4])
def test_there_are_five_priorities(priority: int) -> None:
    with pytest.raises(ValueError, match="no priority"):
        reprioritise_jobs(job_ids=_ids(), priority=priority)
    with pytest.raises(IntegrityError), transaction.atomic():
        make_job(priority=priority)


def test_the_order_is_looking_ingest_asked_for_automatic_idle() -> None:
    for priority in (0, 3, -1, 2, 1):
        make_job(priority=priority)

    order = [claim_next(queue="media", worker="w:1") for _ in range(5)]

    assert [job.priority for job in order if job] == [3, 2, 1, 0, -1]


def test_only_what_is_missing_is_run_again_when_that_is_asked_for() -> None:
    done, lacking = make_file(), make_file()
    key = key_of(get_stage("frames"), done.pk)
    about = {"target_kind": "file", "target_id": done.pk, "stage": "frames", "status": "completed"}
    StageRecord.objects.create(**about, completed_key=key, finished_at="2026-01-01T00:00Z")

    assert rerun_files(file_ids=[done.pk, lacking.pk], stage="frames", mode="missing") == 1
    assert Job.objects.get().target_id == lacking.pk


def test_waiting_and_running_jobs_are_cancelled_by_name() -> None:
    make_job()
    make_job(status=JobStatus.RUNNING)
    make_job(status=JobStatus.COMPLETED)

    cancelled = cancel_jobs(job_ids=_ids(), requested_by=make_user(username="anna"))

    assert cancelled == 2
    assert set(Job.objects.exclude(status=JobStatus.COMPLETED).values_list("status", "error", "lease_expires_at")) == {
        (JobStatus.CANCELLED, "Cancelled by anna.", None)
    }
