"""What begins by itself."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from library.models import VideoFile
from library.models.file import FileState
from playback.models import Marker
from processing.models import CronRun, Job, JobStatus, StageConfig, StageRecord
from processing.services import claim, ending, submit_jobs
from processing.services.claim import claim_next
from processing.services.keys import key_of
from processing.services.run import run_job
from processing.services.submit import IDLE, INGEST, MANUAL
from processing.services.triggers import submit_due_crons, submit_import, submit_missing
from processing.stages import Stage, StageInput, StageResult, get_stage, registry
from processing.stages.inputs import content, present_files
from processing.stages.registry import all_stages
from tests.library.factories import make_file, make_folder, make_user, make_video
from tests.processing.factories import make_job
from tests.processing.test_stage_settings import configure

pytestmark = pytest.mark.django_db
MakeStage = Callable[..., Stage]


@pytest.fixture(autouse=True)
def nothing_real(make_stage: MakeStage) -> None:
    """The stages of files do nothing, under their own names and settings; those that have a set time by themselves have
    none here."""
    for stage in all_stages():
        values = {field: getattr(stage, field) for field in Stage.__dataclass_fields__ if field not in ("name", "run")}
        if stage.trigger == "cron":
            values |= {"trigger": "manual", "cron": ""}
        if stage.name in ("probe", "frames", "duplicates", "faces") or stage.trigger == "cron":
            make_stage(lambda context: None, name=stage.name, **values)


def run_next(queue: str = "media") -> Job:
    job = claim_next(queue=queue, worker=claim.worker_name())
    assert job is not None
    run_job(job)
    job.refresh_from_db()
    return job


def waiting() -> list[tuple[str, int]]:
    """Stages that wait, with their targets."""
    return list(Job.objects.filter(status=JobStatus.PENDING).order_by("pk").values_list("stage", "target_id"))


# ---- on import ------------------------------------------------------------------------------------------------------
def test_a_new_file_is_probed() -> None:
    file = make_file(state=FileState.NEW)

    made = submit_import(file_ids=[file.pk], folder_id=file.folder_id, priority=INGEST)

    job = Job.objects.get()
    assert (made, job.stage, job.priority, job.folder) == (1, "probe", INGEST, file.folder)


def test_another_stage_may_begin_on_import_too() -> None:
    configure("duplicates", trigger="on_import")
    file = make_file(state=FileState.NEW)

    submit_import(file_ids=[file.pk], folder_id=file.folder_id)

    assert sorted(waiting()) == [("duplicates", file.pk), ("probe", file.pk)]


def test_a_stage_that_is_off_does_not_begin_on_import() -> None:
    configure("duplicates", trigger="on_import", is_enabled=False)
    file = make_file(state=FileState.NEW)

    submit_import(file_ids=[file.pk], folder_id=file.folder_id)

    assert waiting() == [("probe", file.pk)]


# ---- after other stages ---------------------------------------------------------------------------------------------
def test_by_default_pictures_follow_the_probe_and_duplicates_the_pictures() -> None:
    file = make_file()
    submit_jobs(stage="probe", target_ids=[file.pk], folder_id=file.folder_id, priority=INGEST)

    run_next()
    assert list(Job.objects.active().values_list("stage", "priority", "folder")) == [("frames", INGEST, file.folder_id)]
    run_next()
    assert sorted(Job.objects.active().values_list("stage", "priority")) == [("duplicates", IDLE), ("faces", IDLE)]
    run_next("maintenance")
    run_next("faces")
    assert not Job.objects.active().exists()


def test_what_follows_can_be_set_otherwise() -> None:
    configure("duplicates", trigger="after", after=["probe"])
    configure("frames", trigger="after", after=["duplicates"])
    file = make_file()
    submit_jobs(stage="probe", target_ids=[file.pk])

    run_next()
    assert waiting() == [("duplicates", file.pk)]
    run_next("maintenance")
    assert waiting() == [("frames", file.pk)]


def test_any_of_several_stages_is_enough(make_stage: MakeStage) -> None:
    make_stage(lambda context: None, name="other")
    configure("frames", trigger="after", after=["probe", "other"])
    file = make_file()
    make_job(stage="other", file=file)

    run_next()

    assert waiting() == [("frames", file.pk)]


@pytest.mark.parametrize(
    "values", [{"trigger": "manual"}, {"trigger": "cron", "cron": "0 3 * * *"}, {"is_enabled": False}], ids=str
)
def test_a_file_is_ready_after_the_probe_when_no_pictures_are_wanted(values: dict[str, Any]) -> None:
    configure("frames", **values)
    file = make_file(state=FileState.PROBED)
    submit_jobs(stage="probe", target_ids=[file.pk])

    run_next()

    file.refresh_from_db()
    assert (waiting(), file.state) == ([], FileState.READY)


def test_nothing_follows_a_failure(make_stage: MakeStage) -> None:
    def fail(context: Any) -> StageResult:
        raise RuntimeError

    make_stage(fail, name="other", max_attempts=1)
    configure("frames", trigger="after", after=["other"])
    make_job(stage="other", file=make_file(), max_attempts=1)

    assert run_next().status == JobStatus.FAILED
    assert waiting() == []


def test_a_stage_on_videos_follows_one_on_files(make_stage: MakeStage) -> None:
    make_stage(
        lambda context: None,
        name="summary",
        target_kind="video",
        label_of=lambda ids: dict.fromkeys(ids, "a video"),
        trigger="after",
        after=("probe",),
    )
    file = make_file()
    submit_jobs(stage="probe", target_ids=[file.pk])

    run_next()

    assert ("summary", file.video_id) in waiting()


def test_the_end_and_what_follows_are_all_or_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    file = make_file()
    submit_jobs(stage="probe", target_ids=[file.pk])
    job = claim_next(queue="media", worker=claim.worker_name())
    assert job is not None

    def stumble(job: Job) -> None:
        raise RuntimeError

    monkeypatch.setattr(ending, "follow", stumble)
    with pytest.raises(RuntimeError):
        ending.complete(job, StageResult(), 1.0)

    job.refresh_from_db()
    assert job.status == JobStatus.RUNNING
    assert not StageRecord.objects.exists()


def test_a_stage_that_nobody_knows_any_more_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    configure("duplicates", trigger="manual")
    configure("frames", trigger="after", after=["probe", "duplicates"])
    monkeypatch.delitem(registry._stages, "duplicates")
    file = make_file()
    submit_jobs(stage="probe", target_ids=[file.pk])

    assert run_next().status == JobStatus.COMPLETED
    assert waiting() == [("frames", file.pk)]


# ---- only where the input changed -----------------------------------------------------------------------------------
def _process(file: VideoFile, **columns: Any) -> list[str]:
    """The stages that run when the file is probed again; duplicates wait in another queue."""
    submit_jobs(stage="probe", target_ids=[file.pk], **columns)
    ran = []
    while Job.objects.filter(status=JobStatus.PENDING, queue="media").exists():
        ran.append(run_next().stage)
    while Job.objects.filter(status=JobStatus.PENDING, queue="maintenance").exists():
        ran.append(run_next("maintenance").stage)
    return ran


def test_pictures_are_not_made_again_of_the_same_content() -> None:
    file = make_file()
    assert _process(file) == ["probe", "frames", "duplicates"]
    VideoFile.objects.update(state=FileState.PROBED)

    assert _process(file) == ["probe"]
    file.refresh_from_db()
    assert file.state == FileState.READY


def test_they_are_when_the_content_has_changed() -> None:
    file = make_file()
    _process(file)
    VideoFile.objects.update(oshash="f" * 16)

    assert _process(file) == ["probe", "frames", "duplicates"]


def test_they_are_when_a_person_asked_for_all() -> None:
    file = make_file()
    _process(file)

    assert _process(file, is_forced=True, priority=MANUAL) == ["probe", "frames", "duplicates"]


def test_a_stage_whose_input_nobody_knows_follows_always(make_stage: MakeStage) -> None:
    make_stage(lambda context: None, name="other", trigger="after", after=("probe",))
    file = make_file()

    assert _process(file) == ["probe", "frames", "other", "duplicates"]
    assert _process(file) == ["probe", "other"]


# ---- at set times ---------------------------------------------------------------------------------------------------
def _set_time(name: str, text: str, *, answered_until: datetime) -> None:
    configure(name, trigger="cron", cron=text)
    CronRun.objects.filter(stage=name).update(answered_until=answered_until)


def test_a_stage_is_submitted_when_its_time_has_come() -> None:
    file = make_file()
    now = datetime(2026, 5, 2, 4, tzinfo=UTC)
    _set_time("frames", "30 3 * * *", answered_until=now - timedelta(hours=1))

    assert submit_due_crons(now) == 1
    assert waiting() == [("frames", file.pk)]
    assert CronRun.objects.get(stage="frames").answered_until == now


def test_it_is_not_before_its_time_nor_twice() -> None:
    make_file()
    now = datetime(2026, 5, 2, 3, 29, tzinfo=UTC)
    _set_time("frames", "30 3 * * *", answered_until=now - timedelta(hours=1))

    assert submit_due_crons(now) == 0
    assert submit_due_crons(now + timedelta(minutes=1)) == 1
    Job.objects.all().delete()
    assert submit_due_crons(now + timedelta(minutes=2)) == 0


def test_times_that_passed_while_nothing_ran_are_made_up_for_once() -> None:
    make_file()
    now = datetime(2026, 5, 9, 12, tzinfo=UTC)
    _set_time("frames", "30 3 * * *", answered_until=now - timedelta(days=5))

    assert submit_due_crons(now) == 1
    Job.objects.all().delete()
    assert submit_due_crons(now + timedelta(minutes=1)) == 0


def test_set_times_of_a_look_for_rot_are_for_files_that_were_well_before() -> None:
    file = make_file(video=make_video())
    now = datetime(2026, 5, 2, 4, tzinfo=UTC)
    for name in ("verify", "frames"):
        configure(name, trigger="cron", cron="30 3 * * *")
        key = key_of(get_stage(name), file.pk)
        StageRecord.objects.create(
            target_kind="file", target_id=file.pk, stage=name, status="completed", input_key=key, completed_key=key,
            finished_at=now,
        )  # fmt: skip
    CronRun.objects.update(answered_until=now - timedelta(hours=1))

    submit_due_crons(now)

    assert waiting() == [("verify", file.pk)]


@pytest.mark.parametrize("name", ["preview", "verify", "check", "marker-pictures"])
def test_the_ledger_knows_whether_a_look_or_a_clip_is_of_the_present_content(name: str) -> None:
    file = make_file(video=make_video())
    target = Marker.objects.create(user=make_user(), video=file.video, start_seconds=1) if "marker" in name else file
    stage = get_stage(name)

    before = key_of(stage, target.pk)
    VideoFile.objects.update(oshash="f" * 16)
    after = key_of(stage, target.pk)

    assert len(before) == len(after) == 32
    assert before != after


def test_a_time_is_local(settings: Any) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    timezone.get_default_timezone.cache_clear()  # type: ignore[attr-defined]
    try:
        make_file()
        noon = datetime(2026, 7, 2, 12, tzinfo=ZoneInfo("Europe/Berlin"))
        _set_time("frames", "30 3 * * *", answered_until=noon.replace(hour=3))
        assert submit_due_crons(noon.replace(hour=3, minute=29)) == 0
        assert submit_due_crons(noon.replace(hour=3, minute=30)) == 1
    finally:
        timezone.get_default_timezone.cache_clear()  # type: ignore[attr-defined]


def test_a_new_time_is_not_made_up_for_from_before_it_was_set() -> None:
    make_file()
    configure("frames", trigger="cron", cron="* * * * *")

    assert submit_due_crons(CronRun.objects.get().answered_until) == 0


def test_files_that_have_the_result_are_passed_over() -> None:
    done, lacking = make_file(), make_file()
    submit_jobs(stage="frames", target_ids=[done.pk])
    run_next()
    make_file(missing_since="2026-01-01T00:00Z")
    now = datetime(2026, 5, 2, 4, tzinfo=UTC)
    _set_time("frames", "30 3 * * *", answered_until=now - timedelta(hours=1))
    Job.objects.filter(status=JobStatus.PENDING).delete()

    submit_due_crons(now)

    assert waiting() == [("frames", lacking.pk)]


def test_a_stage_of_unknown_input_is_done_once_it_has_succeeded(make_stage: MakeStage) -> None:
    stage = make_stage(lambda context: None, name="other")
    done, lacking = make_file(), make_file()
    make_job(stage="other", file=done)
    run_next()

    assert submit_missing(stage=stage) == 1
    assert waiting() == [("other", lacking.pk)]


def test_a_stage_on_videos_is_submitted_for_those_in_the_library(make_stage: MakeStage) -> None:
    stage = make_stage(
        lambda context: None,
        name="summary",
        target_kind="video",
        label_of=lambda ids: dict.fromkeys(ids, "a video"),
    )
    video = make_video()
    make_video(trashed_at=timezone.now())

    submit_missing(stage=stage)

    assert waiting() == [("summary", video.pk)]


def test_at_its_time_every_active_folder_is_scanned() -> None:
    folder = make_folder()
    make_folder(is_active=False)
    now = datetime(2026, 5, 2, 4, tzinfo=UTC)
    _set_time("scan", "30 3 * * *", answered_until=now - timedelta(hours=1))

    submit_due_crons(now)

    assert waiting() == [("scan", folder.pk)]


def test_a_stage_that_is_off_is_not_submitted_at_its_time() -> None:
    make_file()
    now = datetime(2026, 5, 2, 4, tzinfo=UTC)
    _set_time("frames", "30 3 * * *", answered_until=now - timedelta(hours=1))
    StageConfig.objects.update(is_enabled=False)

    assert submit_due_crons(now) == 0


# ---- only when asked for --------------------------------------------------------------------------------------------
def test_a_manual_stage_begins_neither_on_import_nor_after_another(make_stage: MakeStage) -> None:
    make_stage(
        lambda context: None, name="other", input_of=lambda: StageInput(present_files(), content()), trigger="manual"
    )
    file = make_file()

    submit_import(file_ids=[file.pk], folder_id=file.folder_id)
    while Job.objects.filter(status=JobStatus.PENDING, queue="media").exists():
        run_next()
    submit_due_crons()

    assert not Job.objects.filter(stage="other").exists()
