"""What machines did and how they are set, on its way in."""

from datetime import UTC, datetime
from typing import Any

import pytest

from importers.records import Record, Ref
from importers.services.running import start_run
from library.models import LibrarySettings
from processing.models import (
    Conversion,
    DeadLetter,
    IntegrityFinding,
    Job,
    Plugin,
    PluginMetadata,
    Preset,
    ProcessingSettings,
    StageConfig,
)
from processing.services.stage_settings import stage_as_set
from processing.stages import get_stage
from tests.importers.kinds import bring, counts, line, reasons
from tests.importers.memory import World, record
from tests.library.factories import make_file, make_video

pytestmark = pytest.mark.django_db

MOMENT = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)


def test_a_conversion_finds_its_preset_and_the_file_it_was_made_from(owner):
    file = make_file()
    preset = Preset.objects.order_by("pk").first()
    assert preset is not None

    bring(record("processing.conversion", video=file.video_id, preset_key=preset.key, status="completed"))

    row = Conversion.objects.get()
    assert (row.preset, row.preset_name, row.title) == (preset, preset.name, file.video.title)
    assert (row.source_path, row.source_bytes) == (file.fs_path, file.size_bytes)


def test_a_conversion_of_a_video_that_is_gone_keeps_what_it_says(owner):
    bring(
        record(
            "processing.conversion", preset_key="own", title="Old", source_path="/x.mkv", source_bytes=5,
            status="failed", error="broke",
        )
    )  # fmt: skip

    row = Conversion.objects.get()
    assert (row.preset, row.preset_name, row.title, row.source_bytes) == (None, "own", "Old", 5)


@pytest.mark.parametrize("kind", ["processing.job", "processing.conversion"])
@pytest.mark.parametrize("status", ["pending", "running"])
def test_what_had_not_ended_stays_behind(owner, kind, status):
    run = bring(record(kind, stage="probe", status=status) if kind.endswith("job") else record(kind, status=status))

    assert (counts(run), reasons(run)) == ({"skipped": 1}, {"unfinished": 1})


def test_a_job_is_history_of_its_target(owner):
    video = make_video()

    bring(record("processing.job", stage="probe", status="completed", target_id=video.pk, label="One", attempts=2))

    row = Job.objects.get(label="One")
    assert (row.target_kind, row.target_id, row.queue, row.attempts) == ("video", video.pk, get_stage("probe").queue, 2)


def test_the_history_of_a_target_that_is_gone_stays(owner):
    World(
        {
            "jobs": {
                "1": record("processing.job", stage="probe", status="failed", target_id=Ref("films", "9"), label="x")
            },
            "films": {},
        }
    ).put()

    run = start_run(system="memory", location="main")

    assert counts(run, "jobs") == {"created": 1}
    assert Job.objects.get(label="x").target_id == 0


def letter(**more: Any) -> Record:
    return record("processing.deadletter", stage="probe", status="pending_review", failed_at=MOMENT, **more)


def test_an_open_letter_about_the_same_is_the_same(owner):
    DeadLetter.objects.create(target_kind="video", target_id=5, stage="probe", failed_at=MOMENT, error="ours")

    run = bring(letter(target_id=5, error="theirs"), letter(target_id=6))

    assert counts(run) == {"merged": 1, "created": 1}
    assert DeadLetter.objects.get(target_id=5).error == "ours"


def test_letters_whose_targets_are_gone_stay_apart(owner):
    run = bring(letter(), letter())

    assert counts(run) == {"created": 2}


def test_a_closed_letter_has_a_moment_and_one_that_was_being_tried_waits(owner):
    bring(
        record("processing.deadletter", stage="probe", status="abandoned", target_id=5, failed_at=MOMENT),
        record("processing.deadletter", stage="probe", status="retrying", target_id=6, failed_at=MOMENT),
    )

    rows = DeadLetter.objects.order_by("target_id").values_list("status", "closed_at")
    assert list(rows) == [("abandoned", MOMENT), ("pending_review", None)]


def test_a_finding_that_was_made_here_stays(owner):
    file = make_file()
    IntegrityFinding.objects.create(file=file, kind="content", code="no_audio", severity="info", sentence="ours")

    def finding(code: str) -> Record:
        return record(
            "processing.integrityfinding", file=file.pk, kind="content", code=code, severity="error", sentence="x"
        )

    run = bring(finding("no_audio"), finding("low_bitrate"))

    assert counts(run) == {"merged": 1, "created": 1}
    assert IntegrityFinding.objects.get(code="no_audio").sentence == "ours"


def test_a_stage_says_what_the_code_says_where_the_source_is_silent(owner):
    bring(record("processing.stageconfig", stage="probe", max_retries=7))

    code, row = get_stage("probe"), stage_as_set("probe")
    assert row.max_attempts == 8
    assert (row.trigger, row.queue, row.timeout_seconds) == (code.trigger, code.queue, code.timeout_seconds)


def test_two_rows_about_a_stage_become_one_and_what_the_owner_set_stays(owner):
    run = bring(
        record("processing.stageconfig", stage="probe", max_retries=7),
        record("processing.stageconfig", stage="probe", first_delay_seconds=60.0),
    )
    assert counts(run) == {"created": 1, "merged": 1}
    StageConfig.objects.update(max_retries=2)

    run = bring(record("processing.stageconfig", stage="probe", max_retries=9), table="others")

    row = StageConfig.objects.get()
    assert (row.max_retries, row.first_delay_seconds) == (2, 60)
    assert reasons(run, "others") == {"ours_kept": 1}


@pytest.mark.parametrize(
    "values",
    [
        {"stage": "nothing"},
        {"stage": "probe", "trigger": "cron", "cron": "every day"},
        {"stage": "probe", "trigger": "after", "after": []},
    ],
)
def test_a_stage_that_cannot_begin_so_is_told(owner, values):
    run = bring(record("processing.stageconfig", **values))

    assert (counts(run), reasons(run)) == ({"skipped": 1}, {"bad_value": 1})


def test_facts_of_plugins_come_with_one_that_is_not_installed(owner):
    video = make_video()
    World(
        {
            "plugins": {"1": record("processing.plugin", name="The Movie DB!", is_enabled=True)},
            "facts": {
                "1": record(
                    "processing.pluginmetadata", video=video.pk, plugin=Ref("plugins", "1"), field="title", value="A",
                    confidence=1.7, fetched_at=MOMENT,
                )
            },
        }
    ).put()  # fmt: skip

    start_run(system="memory", location="main")

    row = Plugin.objects.get(name="The-Movie-DB")
    assert (row.title, row.state) == ("The Movie DB!", "gone")
    assert (PluginMetadata.objects.get().plugin, PluginMetadata.objects.get().confidence) == (row, 1)


def test_settings_follow_where_they_still_say_their_defaults(owner):
    ProcessingSettings.objects.create(thumbnail_quality=50)

    run = bring(
        record("processing.processingsettings", thumbnail_quality=90, sprite_quality=60, thumbnail_small_px=7),
        record("library.librarysettings", trash_days=30),
    )

    row = ProcessingSettings.objects.get()
    assert (row.thumbnail_quality, row.sprite_quality, row.thumbnail_small_px) == (50, 60, 320)
    assert LibrarySettings.objects.get().trash_days == 30
    assert reasons(run) == {"bad_value": 1, "ours_kept": 1}
    assert line("1").outcome == "merged"
