"""What the owner sets for stages."""

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from library.models import AuditEvent
from processing.exceptions import CronError, StageConfigError
from processing.models import CronRun, Job, StageConfig
from processing.services.stage_settings import load_config, reset_config, save_config, stage_as_set, stages_as_set
from processing.services.submit import submit_jobs
from processing.stages import Stage, all_stages, get_stage, register_stage
from tests.library.factories import make_file, make_user
from tests.processing.factories import make_job

pytestmark = pytest.mark.django_db
MakeStage = Callable[..., Stage]


def configure(name: str, **values: Any) -> None:
    """Saves settings of a stage; what isn't named stays as it is."""
    config = load_config(name)
    if values.get("trigger", config.trigger) != "after":
        values.setdefault("after", [])
    if values.get("trigger", config.trigger) != "cron":
        values.setdefault("cron", "")
    for field, value in values.items():
        setattr(config, field, value)
    save_config(config)


@pytest.mark.parametrize("stage", all_stages(), ids=lambda stage: stage.name)
def test_without_a_row_the_defaults_hold_and_they_could_be_saved(stage: Stage) -> None:
    assert stage_as_set(stage.name) == stage

    save_config(load_config(stage.name))

    assert stage_as_set(stage.name) == stage


def test_what_is_set_takes_the_place_of_the_defaults() -> None:
    configure("frames", queue="gpu", slots=2, max_retries=5, timeout_seconds=60, is_heavy=False)

    stage = stages_as_set()["frames"]

    assert (stage.queue, stage.slots, stage.max_attempts, stage.timeout_seconds, stage.is_heavy) == (
        "gpu",
        2,
        6,
        60,
        False,
    )
    assert stage.after == ("probe",)


def test_what_waits_moves_with_its_stage() -> None:
    waiting = make_job(stage="frames")

    configure("frames", queue="gpu", max_retries=0)

    waiting.refresh_from_db()
    assert (waiting.queue, waiting.max_attempts) == ("gpu", 1)


def test_a_new_job_goes_to_the_queue_that_was_set() -> None:
    configure("frames", queue="gpu", max_retries=1)

    submit_jobs(stage="frames", target_ids=[make_file().pk])

    job = Job.objects.get()
    assert (job.queue, job.max_attempts) == ("gpu", 2)


def test_a_reset_brings_the_defaults_back() -> None:
    configure("frames", trigger="cron", cron="0 3 * * *", queue="gpu")

    reset_config("frames")

    assert stage_as_set("frames") == get_stage("frames")
    assert not CronRun.objects.exists()


def test_stages_in_a_circle_are_refused_with_their_names() -> None:
    configure("duplicates", trigger="after", after=["frames"])

    with pytest.raises(StageConfigError, match="circle: Making pictures → Looking for duplicates → Making pictures"):
        configure("frames", trigger="after", after=["duplicates"])
    assert stage_as_set("frames").after == ("probe",)


def test_a_stage_after_itself_is_refused() -> None:
    with pytest.raises(StageConfigError, match="circle"):
        configure("frames", trigger="after", after=["frames"])


def test_a_way_round_over_several_stages_is_a_circle(make_stage: MakeStage) -> None:
    make_stage(lambda context: None, name="one", trigger="after", after=("duplicates",))
    make_stage(lambda context: None, name="two", trigger="after", after=("one",))

    with pytest.raises(StageConfigError, match="circle"):
        configure("frames", trigger="after", after=["probe", "two"])


def test_two_ways_to_one_stage_are_no_circle(make_stage: MakeStage) -> None:
    make_stage(lambda context: None, name="one", trigger="after", after=("probe",))

    configure("duplicates", trigger="after", after=["frames", "one"])

    assert stage_as_set("duplicates").after == ("frames", "one")


@pytest.mark.parametrize(
    ("stage", "values", "error", "sentence"),
    [
        ("frames", {"trigger": "after", "after": ["nonsense"]}, Exception, "'nonsense'"),
        ("frames", {"trigger": "after", "after": []}, StageConfigError, "Say after which"),
        ("frames", {"trigger": "after", "after": ["scan"]}, StageConfigError, "one can't follow the other"),
        ("frames", {"trigger": "cron", "cron": "every day"}, CronError, "five are needed"),
        ("frames", {"trigger": "cron", "cron": ""}, CronError, "five are needed"),
        ("probe", {"trigger": "manual"}, StageConfigError, "can't begin that way"),
        ("scan", {"trigger": "on_import"}, StageConfigError, "can't begin that way"),
    ],
)
def test_what_makes_no_sense_is_refused(
    stage: str, values: dict[str, Any], error: type[Exception], sentence: str
) -> None:
    with pytest.raises(error, match=sentence):
        configure(stage, **values)
    assert not StageConfig.objects.exists()


_OUT_OF_RANGE = [
    {"max_retries": 11},
    {"first_delay_seconds": 0.5},
    {"first_delay_seconds": 3601, "max_delay_seconds": 7200},
    {"max_delay_seconds": 86401},
    {"max_delay_seconds": 10},
    {"delay_factor": 0.9},
    {"delay_factor": 5.1},
    {"timeout_seconds": 0},
    {"slots": 0},
    {"queue": "nowhere"},
]


@pytest.mark.parametrize("values", _OUT_OF_RANGE, ids=str)
def test_the_form_refuses_what_is_out_of_range(values: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        configure("frames", **values)


@pytest.mark.parametrize("values", _OUT_OF_RANGE, ids=str)
def test_so_does_the_database(values: dict[str, Any]) -> None:
    config = load_config("frames")
    for field, value in values.items():
        setattr(config, field, value)

    with pytest.raises(IntegrityError), transaction.atomic():
        config.save()


@pytest.mark.parametrize(
    "values",
    [
        {"trigger": "cron", "cron": "", "after": []},
        {"trigger": "manual", "cron": "0 3 * * *", "after": []},
        {"trigger": "after", "after": []},
        {"trigger": "manual", "after": ["probe"]},
        {"trigger": "never", "after": []},
    ],
    ids=str,
)
def test_the_database_refuses_triggers_without_their_details(values: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        StageConfig.objects.create(stage="frames", **values)


def test_a_change_is_in_the_audit_log_and_in_the_history() -> None:
    make_user()
    configure("frames", slots=2)
    configure("frames", slots=3)

    event = AuditEvent.objects.filter(kind="settings_changed").first()
    assert event is not None
    assert (event.subject, event.detail) == ("stage frames", {"slots": [2, 3]})
    assert apps.get_model("processing.StageConfigEvent").objects.count() == 2


def test_a_stage_in_code_whose_trigger_lacks_its_details_is_a_programming_error(make_stage: MakeStage) -> None:
    stage = make_stage(lambda context: None, name="one", trigger="after")

    with pytest.raises(ValueError, match="doesn't go with"):
        register_stage(stage)


# The delays before the second attempt, the third ...: of every stage as it comes.
_DELAYS = {
    "scan": [60, 120, 240],
    "bulk_edit": [5, 10, 20],
    "probe": [30, 60, 120],
    "frames": [60, 120, 240],
    "duplicates": [60, 120, 240],
    "keep-best": [],
}


@pytest.mark.parametrize("name", _DELAYS)
def test_every_retry_of_every_stage_has_its_delay(name: str) -> None:
    stage = stage_as_set(name)

    assert [stage.delay_seconds(attempt) for attempt in range(1, stage.max_attempts)] == _DELAYS[name]


def test_retries_that_were_set_have_delays_that_were_set() -> None:
    configure("frames", max_retries=5, first_delay_seconds=10, delay_factor=3, max_delay_seconds=200)

    stage = stage_as_set("frames")

    assert [stage.delay_seconds(attempt) for attempt in range(1, stage.max_attempts)] == [10, 30, 90, 200, 200]
