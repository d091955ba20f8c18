"""The ledger: how each stage last ended on each target."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from library.filters import get_facet
from library.filters.registry import Ask
from library.models import Video, VideoFile
from library.services.purge import purge
from library.services.trash import trash
from processing.media.errors import FileUnavailableError, UnreadableFileError
from processing.models import Job, JobStatus, ProcessingSettings, StageRecord
from processing.queries.ledger import stage_lines
from processing.services import cancel_jobs, claim, submit_jobs
from processing.services.claim import claim_next
from processing.services.keys import key_of, keys_of
from processing.services.reconcile import purge_history, release
from processing.services.run import run_job
from processing.services.upkeep import forget_gone_targets, submit_outdated
from processing.stages import Stage, StageContext, StageInput, get_stage, registry
from processing.stages.inputs import content, present_files
from tests.library.factories import make_file, make_folder
from tests.processing.factories import make_job
from tests.processing.test_stage_settings import configure

pytestmark = pytest.mark.django_db
MakeStage = Callable[..., Stage]


def run_next() -> Job:
    job = claim_next(queue="media", worker=claim.worker_name())
    assert job is not None
    run_job(job)
    job.refresh_from_db()
    return job


@pytest.fixture
def trial(make_stage: MakeStage) -> Stage:
    """A stage whose result depends on the content; it ends well."""
    return make_stage(
        lambda context: None, input_of=lambda: StageInput(present_files(), content()), trigger="on_import"
    )


def _fail(error: Exception) -> Callable[[StageContext], None]:
    def run(context: StageContext) -> None:
        raise error

    return run


def test_a_success_is_written_with_its_key_its_worker_and_how_long_it_took(trial: Stage) -> None:
    file = make_file()
    make_job(stage="trial", file=file)

    job = run_next()

    record = StageRecord.objects.get()
    assert (record.target_kind, record.target_id, record.stage, record.variant) == ("file", file.pk, "trial", "")
    assert (record.status, record.attempts, record.error) == (JobStatus.COMPLETED, 1, "")
    assert record.input_key == record.completed_key == job.input_key == key_of(trial, file.pk)
    assert record.worker == claim.worker_name()
    assert record.duration_seconds == job.duration_seconds
    assert job.duration_seconds is not None
    assert (job.duration_seconds >= 0, record.finished_at) == (True, job.finished_at)


def test_a_failure_is_written_and_leaves_the_key_of_the_last_success(trial: Stage, make_stage: MakeStage) -> None:
    file = make_file()
    make_job(stage="trial", file=file)
    run_next()
    before = key_of(trial, file.pk)
    VideoFile.objects.update(oshash="f" * 16)
    make_stage(_fail(UnreadableFileError("It is empty.")), input_of=trial.input_of, trigger="on_import")
    make_job(stage="trial", file=file)

    run_next()

    record = StageRecord.objects.get()
    assert (record.status, record.error_class, record.error) == (
        JobStatus.FAILED,
        "UnreadableFileError",
        "It is empty.",
    )
    assert (record.completed_key, record.input_key) == (before, key_of(trial, file.pk))
    assert before != record.input_key


def test_an_attempt_that_will_be_made_again_is_no_end(make_stage: MakeStage) -> None:
    make_stage(_fail(FileUnavailableError("Away.")))
    make_job(stage="trial", file=make_file())

    run_next()

    assert not StageRecord.objects.exists()


def test_variants_have_entries_of_their_own(trial: Stage) -> None:
    file = make_file()
    make_job(stage="trial", file=file)
    make_job(stage="trial", file=file, variant="large")

    run_next()
    run_next()

    assert StageRecord.objects.count() == 2


def test_a_cancelled_job_is_written_where_nothing_better_is_known(trial: Stage) -> None:
    done, fresh = make_file(), make_file()
    make_job(stage="trial", file=done)
    run_next()
    make_job(stage="trial", file=done)
    make_job(stage="trial", file=fresh)

    cancel_jobs(job_ids=Job.objects.active().values_list("pk", flat=True))

    assert dict(StageRecord.objects.values_list("target_id", "status")) == {
        done.pk: JobStatus.COMPLETED,
        fresh.pk: JobStatus.CANCELLED,
    }


def test_what_killed_its_worker_each_time_is_not_taken_for_outdated(trial: Stage) -> None:
    job = make_job(stage="trial", file=make_file(), status=JobStatus.RUNNING, attempts=4)

    release(job)

    assert StageRecord.objects.get().input_key == key_of(trial, job.target_id)
    assert submit_outdated() == 0


def test_a_worker_that_lost_its_job_writes_nothing(make_stage: MakeStage) -> None:
    make_stage(lambda context: Job.objects.update(attempts=7) and None)
    make_job(stage="trial", file=make_file())

    run_next()

    assert not StageRecord.objects.exists()


# ---- keys -----------------------------------------------------------------------------------------------------------
def _change_content(file: VideoFile) -> None:
    VideoFile.objects.filter(pk=file.pk).update(oshash="f" * 16)


def _change_size(file: VideoFile) -> None:
    VideoFile.objects.filter(pk=file.pk).update(size_bytes=5)


def _change_settings(file: VideoFile) -> None:
    ProcessingSettings.objects.create(sprite_quality=60)


def _touch(file: VideoFile) -> None:
    VideoFile.objects.filter(pk=file.pk).update(mtime_ns=5, relative_path="elsewhere.mp4")


def _change_other_settings(file: VideoFile) -> None:
    ProcessingSettings.objects.create(job_history_days=60)


@pytest.mark.parametrize(
    ("change", "is_changed"),
    [
        (_change_content, True),
        (_change_size, True),
        (_change_settings, True),
        (_touch, False),
        (_change_other_settings, False),
    ],
)
def test_the_key_of_the_pictures_changes_with_what_counts(change: Callable[..., None], is_changed: bool) -> None:
    file = make_file()
    before = key_of(get_stage("frames"), file.pk)

    change(file)

    assert (key_of(get_stage("frames"), file.pk) != before) == is_changed


def test_it_changes_with_the_version_and_with_the_parameters() -> None:
    file = make_file()
    stage = get_stage("frames")
    keys = {
        key_of(stage, file.pk),
        key_of(replace(stage, version=stage.version + 1), file.pk),
        key_of(stage, file.pk, {"a": 1}),
        key_of(get_stage("probe"), file.pk),
    }

    assert len(keys) == 4
    assert all(len(key) == 32 for key in keys)


def test_keys_of_many_take_one_query_besides_the_settings() -> None:
    folder = make_folder()
    files = [make_file(folder=folder) for _ in range(5)]

    with CaptureQueriesContext(connection) as queries:
        keys = keys_of(get_stage("frames"), [file.pk for file in files])

    assert (len(keys), len(queries)) == (5, 2)


# ---- only where it is missing ---------------------------------------------------------------------------------------
def test_missing_passes_over_what_is_of_the_present_input(trial: Stage) -> None:
    files = [make_file() for _ in range(3)]
    for file in files[:2]:
        make_job(stage="trial", file=file)
        run_next()
    _change_content(files[1])
    ids = [file.pk for file in files]

    made = submit_jobs(stage="trial", target_ids=ids, mode="missing")

    assert made == 2
    assert set(Job.objects.active().values_list("target_id", flat=True)) == {files[1].pk, files[2].pk}
    assert submit_jobs(stage="trial", target_ids=ids, mode="all") == 1


def test_missing_asks_for_what_failed(make_stage: MakeStage) -> None:
    make_stage(_fail(UnreadableFileError("Empty.")), input_of=lambda: StageInput(present_files(), content()))
    file = make_file()
    make_job(stage="trial", file=file)
    run_next()

    assert submit_jobs(stage="trial", target_ids=[file.pk], mode="missing") == 1


# ---- upkeep ---------------------------------------------------------------------------------------------------------
def test_upkeep_finds_what_is_outdated_and_nothing_else(trial: Stage) -> None:
    files = [make_file() for _ in range(3)]
    for file in files[:2]:
        make_job(stage="trial", file=file)
        run_next()
    _change_content(files[0])

    assert submit_outdated() == 1
    assert list(Job.objects.active().values_list("stage", "target_id", "priority")) == [("trial", files[0].pk, -1)]
    assert submit_outdated() == 0


def test_a_new_version_of_a_stage_makes_everything_anew(trial: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(2):
        make_job(stage="trial", file=make_file())
        run_next()
    monkeypatch.setitem(registry._stages, "trial", replace(trial, version=2))

    assert submit_outdated() == 2
    run_next()
    run_next()
    assert submit_outdated() == 0


def test_a_broken_file_is_not_tried_again_until_it_changes(make_stage: MakeStage, trial: Stage) -> None:
    make_stage(_fail(UnreadableFileError("Empty.")), input_of=trial.input_of, trigger="on_import")
    file = make_file()
    make_job(stage="trial", file=file)
    run_next()

    assert submit_outdated() == 0
    _change_content(file)
    assert submit_outdated() == 1


def test_what_does_not_begin_by_itself_is_not_made_anew_by_itself(trial: Stage) -> None:
    file = make_file()
    make_job(stage="trial", file=file)
    run_next()
    _change_content(file)
    configure("trial", trigger="manual")

    assert submit_outdated() == 0


@pytest.mark.parametrize("column", ["missing_since", "trashed_at"])
def test_nothing_is_made_of_what_is_not_there_or_not_wanted(trial: Stage, column: str) -> None:
    file = make_file()
    make_job(stage="trial", file=file)
    run_next()
    _change_content(file)
    VideoFile.objects.update(**{column: "2026-01-01T00:00Z"})

    assert submit_outdated() == 0


def test_upkeep_asks_as_much_of_the_database_for_many_files(trial: Stage) -> None:
    def queries_for(count: int) -> int:
        folder = make_folder()
        for _ in range(count):
            make_job(stage="trial", file=make_file(folder=folder))
            run_next()
        VideoFile.objects.update(oshash=f"{count:016x}")
        with CaptureQueriesContext(connection) as queries:
            submit_outdated()
        Job.objects.active().delete()
        VideoFile.objects.update(missing_since="2026-01-01T00:00Z")
        return len(queries)

    assert queries_for(2) == queries_for(12)


# ---- longer than the history, as long as the target -----------------------------------------------------------------
def test_the_ledger_outlives_the_history_of_jobs(trial: Stage) -> None:
    make_job(stage="trial", file=make_file())
    run_next()
    Job.objects.update(finished_at="2020-01-01T00:00Z")

    purge_history()

    assert (Job.objects.count(), StageRecord.objects.count()) == (0, 1)


def test_it_goes_with_a_purged_file_and_the_history_keeps_its_name(trial: Stage) -> None:
    file = make_file(relative_path="holiday.mp4")
    submit_jobs(stage="trial", target_ids=[file.pk])
    run_next()
    trash(kind="video", ids=[file.video_id])

    purge(kind="video", ids=[file.video_id])

    assert not Video.objects.exists()
    assert not StageRecord.objects.exists()
    assert Job.objects.get().label == "a file"


def test_entries_of_rows_that_sql_deleted_are_removed(trial: Stage) -> None:
    file, other = make_file(), make_file()
    for one in (file, other):
        make_job(stage="trial", file=one)
        run_next()
    VideoFile.objects.filter(pk=file.pk).delete()

    assert forget_gone_targets() == 1
    assert StageRecord.objects.get().target_id == other.pk


# ---- reading --------------------------------------------------------------------------------------------------------
def test_a_files_stages_are_told_with_what_is_known_of_them(trial: Stage) -> None:
    file = make_file()
    make_job(stage="trial", file=file)
    run_next()
    make_job(stage="frames", file=file)

    with CaptureQueriesContext(connection) as queries:
        lines = stage_lines("file", file.pk)

    assert len(queries) == 2
    told = {line.stage: line.status for line in lines}
    assert {name: status for name, status in told.items() if status} == {
        "frames": JobStatus.PENDING,
        "trial": JobStatus.COMPLETED,
    }
    assert {"probe", "duplicates", "preview", "verify"} <= set(told)


def _videos(*values: str) -> set[int]:
    condition = get_facet("stage_state").to_q(Ask("any", list(values), None))
    return set(Video.objects.filter(condition).values_list("pk", flat=True))


def test_videos_are_filtered_by_the_state_of_a_stage() -> None:
    def make(status: str | None, active: str | None = None) -> Any:
        file = make_file()
        about = {"target_kind": "file", "target_id": file.pk, "stage": "frames"}
        if status:
            StageRecord.objects.create(**about, status=status, finished_at="2026-01-01T00:00Z")
        if active:
            make_job(stage="frames", file=file, status=active)
        return file.video_id

    done, failed, late, never = make("completed"), make("failed"), make("timed_out"), make(None)
    waits, runs, again = make(None, "pending"), make(None, "running"), make("failed", "pending")

    assert _videos("frames.completed") == {done}
    assert _videos("frames.failed") == {failed, late}
    assert _videos("frames.waiting") == {waits, again}
    assert _videos("frames.running") == {runs}
    assert _videos("frames.never") == {never}
    assert _videos("frames.completed", "frames.never") == {done, never}
