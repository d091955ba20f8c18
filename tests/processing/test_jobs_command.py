"""`manage.py jobs`: every subcommand."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from library.models.file import FileState
from processing.models import DeadLetter, Job, JobStatus, LetterStatus, QueueControl, StageRecord
from processing.services.keys import key_of
from processing.stages import get_stage
from tests.library.factories import make_file
from tests.processing.factories import make_job
from tests.processing.test_letters import make_letter

pytestmark = pytest.mark.django_db


def jobs(*arguments: object) -> str:
    out = StringIO()
    call_command("jobs", *map(str, arguments), stdout=out)
    return out.getvalue()


def jobs_json(*arguments: object) -> Any:
    return json.loads(jobs(*arguments, "--json"))


def status_of(job: Job) -> str:
    job.refresh_from_db()
    return job.status


def test_list_shows_queues_and_the_newest_jobs_first() -> None:
    make_job(label="old.mp4")
    make_job(label="new.mp4", status=JobStatus.FAILED, error="It is empty.")

    out = jobs("list")

    assert "media: 1 waiting, 0 running, 0 workers" in out
    assert out.index("new.mp4: It is empty.") < out.index("old.mp4")


def test_list_as_json_has_every_field_and_can_be_narrowed() -> None:
    job = make_job(stage="frames", label="a.mp4", status=JobStatus.RUNNING, priority=2)
    make_job()
    make_job(stage="scan")

    shown = jobs_json("list", "--stage", "frames", "--status", "running", "--queue", "media", "--limit", 5)

    assert [one["id"] for one in shown["jobs"]] == [job.pk]
    assert shown["jobs"][0] | {"worker": None} == {
        "id": job.pk,
        "stage": "frames",
        "queue": "media",
        "status": "running",
        "priority": "ingest",
        "target": f"file:{job.target_id}",
        "label": "a.mp4",
        "attempts": 1,
        "max_attempts": 4,
        "seconds": None,
        "worker": None,
        "error_class": None,
        "error": None,
    }
    assert {one["queue"]: one["waiting"] for one in shown["queues"]}["scan"] == 1


def test_pause_and_resume_name_queues_or_all() -> None:
    assert "1 paused" in jobs("pause", "media")
    assert QueueControl.objects.get().is_paused
    assert "4 paused" in jobs("pause", "--all")
    assert "5 resumed" in jobs("resume", "--all")
    assert "paused" not in jobs("list")


def test_pause_and_resume_tell_numbers_as_json() -> None:
    told = [json.loads(jobs(verb, "media", "--json")) for verb in ("pause", "pause", "resume")]

    assert told == [{"paused": 1}, {"paused": 0}, {"resumed": 1}]


@pytest.mark.parametrize("arguments", [("pause",), ("pause", "media", "--all"), ("resume", "nowhere")])
def test_queues_must_be_named_and_exist(arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError) as error:
        jobs(*arguments)
    assert error.value.returncode == 2


def test_cancel_takes_out_what_is_named() -> None:
    one, other = make_job(), make_job()

    assert jobs_json("cancel", one.pk) == {"cancelled": 1}
    assert (status_of(one), status_of(other)) == (JobStatus.CANCELLED, JobStatus.PENDING)


def test_cancel_takes_out_a_whole_stage() -> None:
    frames, probe = make_job(stage="frames"), make_job()

    assert "1 cancelled" in jobs("cancel", "--stage", "frames")
    assert (status_of(frames), status_of(probe)) == (JobStatus.CANCELLED, JobStatus.PENDING)


@pytest.mark.parametrize("verb", ["cancel", "retry"])
def test_without_a_choice_nothing_is_done(verb: str) -> None:
    job = make_job()

    with pytest.raises(CommandError) as error:
        jobs(verb)
    assert (error.value.returncode, status_of(job)) == (2, JobStatus.PENDING)


def test_retry_tries_again_what_failed() -> None:
    failed = make_job(file=make_file(), status=JobStatus.FAILED)
    make_job(file=make_file(), status=JobStatus.CANCELLED)

    assert jobs_json("retry", "--all") == {"waiting": 1}
    assert Job.objects.active().get().target_id == failed.target_id


def test_priority_changes_what_waits() -> None:
    job, other = make_job(), make_job(stage="scan")

    assert jobs_json("priority", "looking", "--queue", "media") == {"changed": 1}
    assert set(Job.objects.values_list("pk", "priority")) == {(job.pk, 3), (other.pk, 0)}


def test_rerun_missing_passes_over_what_is_there() -> None:
    done, lacking = make_file(), make_file()
    key = key_of(get_stage("frames"), done.pk)
    about = {"target_kind": "file", "target_id": done.pk, "stage": "frames", "status": "completed"}
    StageRecord.objects.create(**about, completed_key=key, input_key=key, finished_at="2026-01-01T00:00Z")

    assert jobs_json("rerun", "frames", "--missing") == {"waiting": 1}
    assert Job.objects.get().target_id == lacking.pk


def test_rerun_all_takes_everything_with_what_follows() -> None:
    make_file()
    make_file()

    assert jobs_json("rerun", "probe", "--all") == {"waiting": 2}
    assert set(Job.objects.values_list("stage", "is_forced", "priority")) == {("probe", True, 1)}


def test_rerun_takes_a_selection() -> None:
    file = make_file(state=FileState.FAILED)
    make_file()

    assert jobs_json("rerun", "frames", "--files", file.pk) == {"waiting": 1}
    assert Job.objects.get().target_id == file.pk


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("rerun", "frames", "--files", 999_999), "There is no file 999999"),
        (("rerun", "scan", "--all"), "doesn't work on files"),
    ],
)
def test_rerun_says_what_it_can_not_do(arguments: tuple[object, ...], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        jobs(*arguments)


def test_dead_letters_are_listed_and_narrowed() -> None:
    letter = make_letter(label="a.mp4")
    make_letter(error_class="StageTimeoutError", stage="frames")

    assert "UnreadableFileError  a.mp4: It is empty.\n" in jobs("dead-letters")
    shown = jobs_json("dead-letters", "--stage", "probe", "--error", "UnreadableFileError")
    assert [(one["id"], one["failures"], one["status"]) for one in shown] == [(letter.pk, 1, "pending_review")]


def test_dead_letters_of_one_kind_of_error_are_retried() -> None:
    letter, other = make_letter(), make_letter(error_class="StageTimeoutError")

    assert jobs_json("dead-letters", "--error", "UnreadableFileError", "--retry") == {"waiting": 1}
    assert Job.objects.get().target_id == letter.target_id
    assert DeadLetter.objects.get(pk=other.pk).status == LetterStatus.PENDING_REVIEW


def test_dead_letters_are_abandoned_by_number() -> None:
    letter, other = make_letter(), make_letter()

    assert "1 abandoned" in jobs("dead-letters", "--ids", letter.pk, "--abandon")
    assert set(DeadLetter.objects.values_list("pk", "status")) == {
        (letter.pk, LetterStatus.ABANDONED),
        (other.pk, LetterStatus.PENDING_REVIEW),
    }


def test_a_letter_of_a_stage_that_is_gone_says_so() -> None:
    make_letter(stage="gone")

    with pytest.raises(CommandError, match="Nothing here knows the stage 'gone'"):
        jobs("dead-letters", "--retry")
