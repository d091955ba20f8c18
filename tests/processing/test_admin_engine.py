"""The admin pages that steer the engine: queues, stages, dead letters, the ledger."""

from collections.abc import Callable
from datetime import time
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.db.models.functions import Now
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from library.models import User
from processing.models import (
    DeadLetter,
    Job,
    JobStatus,
    LetterStatus,
    QueueControl,
    StageConfig,
    StageRecord,
    WorkerProcess,
)
from processing.services.demand import hold_demand
from processing.services.stage_settings import stage_as_set
from processing.stages import Stage
from tests.library.factories import make_file, make_user
from tests.processing.factories import make_job
from tests.processing.test_letters import make_letter
from tests.processing.test_stage_settings import configure

pytestmark = pytest.mark.django_db
QUEUES = "admin:processing_queuecontrol_changelist"
LETTERS = "admin:processing_deadletter_changelist"
STAGES = "admin:processing_stageconfig_changelist"
LEDGER = "admin:processing_stagerecord_changelist"


@pytest.fixture
def owner() -> User:
    return make_user(username="owner", is_staff=True, is_superuser=True)


@pytest.fixture
def page(client: Client, owner: User) -> Client:
    client.force_login(owner)
    return client


@pytest.fixture
def looker(client: Client) -> Client:
    """Somebody who may look at everything here and change nothing."""
    user = make_user(is_staff=True, role="")
    names = [f"view_{model}" for model in ("queuecontrol", "deadletter", "stageconfig", "stagerecord", "job")]
    user.user_permissions.add(*Permission.objects.filter(codename__in=names))
    client.force_login(user)
    return client


def html_of(page: Client, name: str, query: str = "") -> str:
    response = page.get(reverse(name) + query)
    assert response.status_code == 200
    return response.content.decode()


def messages_of(response: Any) -> str:
    return " ".join(str(message) for message in response.context["messages"])


def make_worker(*, queue: str = "media", child_pid: int | None = None) -> WorkerProcess:
    pid = 1000 + WorkerProcess.objects.count()
    values = {"host": "nas", "pid": pid, "queue": queue, "heartbeat_at": Now(), "child_pid": child_pid}
    return WorkerProcess.objects.create(name=f"nas-abc:{pid}", **values)


def fill(count: int) -> None:
    for number in range(count):
        file = make_file()
        make_job(file=file, status=JobStatus.RUNNING, worker=f"nas-abc:{5000 + number}")
        make_job(file=file, stage="frames")
        done = {"status": JobStatus.COMPLETED, "started_at": Now(), "finished_at": Now(), "duration_seconds": 2.0}
        make_job(**done)
        make_worker(child_pid=5000 + number)
        make_letter(file=file, label="a/b.mp4")
        about = {"target_kind": "file", "target_id": file.pk, "stage": "probe", "status": "completed"}
        StageRecord.objects.create(**about, finished_at=timezone.now())


@pytest.mark.parametrize("name", [QUEUES, LETTERS, STAGES, LEDGER])
def test_a_page_asks_no_more_of_the_database_when_rows_are_added(page: Client, name: str) -> None:
    def queries() -> int:
        page.get(reverse(name))
        with CaptureQueriesContext(connection) as captured:
            assert page.get(reverse(name)).status_code == 200
        return len(captured)

    fill(2)
    before = queries()
    fill(8)

    assert queries() == before


@pytest.mark.parametrize("name", [QUEUES, LETTERS, STAGES, LEDGER])
def test_a_page_without_rows_says_what_there_is_to_do(page: Client, name: str) -> None:
    html = html_of(page, name)

    assert len(html) > 1000
    if name == QUEUES:
        assert "Scan a folder, or add one" in html
        assert "No worker is alive" in html


# ---- queues ---------------------------------------------------------------------------------------------------------
def test_the_queue_page_shows_work_pace_and_who_has_what_in_hand(page: Client) -> None:
    job = make_job(label="films/holiday.mp4", status=JobStatus.RUNNING, worker="nas-abc:77", progress_done=3)
    Job.objects.filter(pk=job.pk).update(started_at=Now(), progress_total=4)
    make_worker(child_pid=77)
    make_worker(queue="scan")
    for _ in range(5):
        ended = {"status": JobStatus.COMPLETED, "started_at": Now(), "finished_at": Now()}
        make_job(**ended, duration_seconds=2.0)
    for _ in range(1234):
        make_job(stage="frames")

    html = html_of(page, QUEUES)

    assert "holiday.mp4" in html
    assert "75 %" in html
    assert "1,234" in html
    assert "Nothing in hand" in html
    assert "2.0 s" in html


def test_what_is_asked_for_again_is_the_live_part_alone(page: Client) -> None:
    html = html_of(page, QUEUES, "?part=1")

    assert html.lstrip().startswith('<div id="queues-live"')
    assert 'name="quiet_from"' not in html


def test_work_that_nobody_does_and_work_that_makes_room_are_told(page: Client) -> None:
    make_job()
    hold_demand(holder="session")

    html = html_of(page, QUEUES)

    assert "media: work waits and no worker is alive" in html
    assert "Somebody is watching" in html


def test_a_queue_is_paused_and_resumed(page: Client) -> None:
    pause = reverse("admin:processing_queue_control", args=("media", "pause"))
    resume = reverse("admin:processing_queue_control", args=("media", "resume"))

    assert "is paused" in messages_of(page.post(pause, follow=True))
    assert QueueControl.objects.get().is_paused
    page.post(resume)
    assert not QueueControl.objects.get().is_paused


def test_all_queues_are_paused_at_once(page: Client) -> None:
    response = page.post(reverse("admin:processing_queue_all", args=("pause",)), follow=True)

    assert "5 queues were paused." in messages_of(response)
    assert "Resume all" in response.content.decode()


def test_more_jobs_at_once_than_there_are_workers_is_said_with_what_helps(page: Client) -> None:
    make_worker(queue="media")
    address = reverse("admin:processing_queue_control", args=("media", "limit"))

    few, many = (messages_of(page.post(address, {"concurrency": n}, follow=True)) for n in ("1", "3"))

    assert "workers" not in few
    assert "has 1 worker, and one does one job at a time" in many
    assert "VIDEOTHEK_MEDIA_WORKERS=3" in many


def test_limits_and_quiet_hours_are_saved(page: Client) -> None:
    address = reverse("admin:processing_queue_control", args=("media", "limit"))

    page.post(address, {"concurrency": "3", "quiet_from": "22:00", "quiet_until": "06:30"})

    row = QueueControl.objects.get()
    assert (row.concurrency, row.quiet_from, row.quiet_until) == (3, time(22), time(6, 30))
    page.post(address, {"concurrency": "", "quiet_from": "", "quiet_until": ""})
    row.refresh_from_db()
    assert (row.concurrency, row.quiet_from, row.quiet_until) == (None, None, None)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"concurrency": "0"}, "a number from 1 to 128"),
        ({"concurrency": "many"}, "a number from 1 to 128"),
        ({"quiet_from": "25:00", "quiet_until": "06:00"}, "is no time of the day"),
        ({"quiet_from": "22:00"}, "Quiet hours have a beginning and a different end."),
    ],
)
def test_what_makes_no_sense_is_said(page: Client, values: dict[str, str], sentence: str) -> None:
    response = page.post(reverse("admin:processing_queue_control", args=("media", "limit")), values, follow=True)

    assert sentence in messages_of(response)
    assert not QueueControl.objects.exists()


def test_queues_and_verbs_that_do_not_exist_are_not_found(page: Client) -> None:
    for arguments in (("nowhere", "pause"), ("media", "explode")):
        assert page.post(reverse("admin:processing_queue_control", args=arguments)).status_code == 404
    assert page.post(reverse("admin:processing_queue_all", args=("explode",))).status_code == 404


# ---- who may --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", [QUEUES, LETTERS, STAGES, LEDGER])
def test_who_may_only_look_is_offered_nothing(looker: Client, name: str) -> None:
    fill(1)

    html = html_of(looker, name)

    assert "Pause" not in html
    assert "Try all again" not in html


@pytest.mark.parametrize(
    "address",
    [
        lambda: reverse("admin:processing_queue_control", args=("media", "pause")),
        lambda: reverse("admin:processing_queue_all", args=("pause",)),
        lambda: reverse("admin:processing_deadletter_group", args=("retry",)),
        lambda: reverse("admin:processing_stage", args=("frames",)),
    ],
)
def test_who_may_only_look_changes_nothing(looker: Client, address: Callable[[], str]) -> None:
    assert looker.post(address(), {"slots": 3}).status_code == 403
    assert not QueueControl.objects.exists()
    assert not StageConfig.objects.exists()


@pytest.mark.parametrize("name", [QUEUES, LETTERS, STAGES, LEDGER])
def test_who_may_not_look_sees_nothing(client: Client, name: str) -> None:
    client.force_login(make_user(is_staff=True))

    assert client.get(reverse(name)).status_code == 403


# ---- stages ---------------------------------------------------------------------------------------------------------
def _values(page: Client, stage: str) -> dict[str, Any]:
    form = page.get(reverse("admin:processing_stage", args=(stage,))).context["form"]
    values = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in values.items() if value not in (None, False)}


def test_the_list_of_stages_says_when_each_begins(page: Client) -> None:
    configure("frames", is_enabled=False)
    configure("duplicates", trigger="cron", cron="30 3 * * *")

    html = html_of(page, STAGES)

    assert "When a file is new or has changed" in html
    assert "At set times: 30 3 * * *" in html
    assert html.count(">changed<") == 2


def test_a_form_that_changes_nothing_keeps_the_defaults(page: Client) -> None:
    before = stage_as_set("frames")

    page.post(reverse("admin:processing_stage", args=("frames",)), _values(page, "frames"))

    assert StageConfig.objects.filter(stage="frames").exists()
    assert stage_as_set("frames") == before


def test_a_stage_is_changed_and_says_by_whom(page: Client) -> None:
    address = reverse("admin:processing_stage", args=("frames",))
    values = {**_values(page, "frames"), "slots": 2, "trigger": "cron", "cron": "30 3 * * *"}

    response = page.post(address, values, follow=True)

    stage = stage_as_set("frames")
    assert (stage.slots, stage.trigger, stage.cron, stage.after) == (2, "cron", "30 3 * * *", ())
    (change,) = response.context["changes"]
    assert change.who == "owner"
    assert ("At once", "no limit", "2") in change.fields
    assert "Next:" in response.content.decode()


def test_a_reset_is_a_change_too(page: Client) -> None:
    configure("frames", slots=2)
    address = reverse("admin:processing_stage", args=("frames",))

    response = page.post(address, {"reset": "1"}, follow=True)

    assert not StageConfig.objects.exists()
    assert ("At once", "2", "no limit") in response.context["changes"][0].fields


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"trigger": "cron", "cron": "every night"}, "five are needed"),
        ({"trigger": "after", "after": ["duplicates"]}, "circle"),
        ({"trigger": "after", "after": []}, "Say after which stages"),
        ({"max_retries": "11"}, "less than or equal to 10"),
        ({"max_delay_seconds": "5"}, "shorter than the first one"),
    ],
)
def test_settings_that_make_no_sense_are_refused_beside_what_was_typed(
    page: Client, values: dict[str, Any], sentence: str
) -> None:
    typed = {**_values(page, "frames"), "slots": 7, **values}

    response = page.post(reverse("admin:processing_stage", args=("frames",)), typed)

    html = response.content.decode()
    assert sentence in html
    assert 'value="7"' in html
    assert not StageConfig.objects.exists()


def test_a_stage_offers_only_the_ways_in_which_it_can_begin(page: Client) -> None:
    html = page.get(reverse("admin:processing_stage", args=("probe",))).content.decode()

    assert 'value="on_import"' in html
    assert 'value="cron"' not in html


def test_a_stage_that_does_not_exist_is_not_found(page: Client) -> None:
    assert page.get(reverse("admin:processing_stage", args=("nonsense",))).status_code == 404


# ---- dead letters ---------------------------------------------------------------------------------------------------
def test_letters_are_listed_with_their_reason_and_grouped(page: Client) -> None:
    make_letter(label="films/holiday.mp4")
    make_letter(error_class="StageTimeoutError", error="It took too long.")

    html = html_of(page, LETTERS)

    assert "holiday.mp4" in html
    assert "1 × StageTimeoutError" in html
    assert "It took too long." in html


def test_letters_are_narrowed_by_kind_stage_and_state(page: Client) -> None:
    make_letter()
    make_letter(error_class="StageTimeoutError")
    make_letter(stage="frames", status=LetterStatus.ABANDONED)

    def count(query: str) -> int:
        return len(page.get(reverse(LETTERS) + query).context["cl"].result_list)

    assert count("?error_class=StageTimeoutError") == 1
    assert count("?stage=probe&error_class=UnreadableFileError") == 1
    assert count("?status__exact=pending_review") == 2


def test_all_of_one_kind_are_tried_again(page: Client) -> None:
    make_letter()
    make_letter()
    other = make_letter(error_class="StageTimeoutError")
    values = {"stage": "probe", "error_class": "UnreadableFileError"}

    response = page.post(reverse("admin:processing_deadletter_group", args=("retry",)), values, follow=True)

    assert "2 letters are being tried again." in messages_of(response)
    other.refresh_from_db()
    assert other.status == LetterStatus.PENDING_REVIEW


@pytest.mark.parametrize(("what", "status"), [("retry", "retrying"), ("abandon", "abandoned")])
def test_one_letter_is_dealt_with_from_its_page(page: Client, owner: User, what: str, status: str) -> None:
    letter = make_letter()
    shown = page.get(reverse("admin:processing_deadletter_change", args=(letter.pk,))).content.decode()
    assert "It is empty." in shown

    page.post(reverse("admin:processing_deadletter_control", args=(letter.pk, what)))

    letter.refresh_from_db()
    assert letter.status == status


@pytest.mark.parametrize("what", ["retry", "abandon"])
def test_chosen_letters_are_dealt_with_from_the_list(page: Client, what: str) -> None:
    letters = [make_letter(), make_letter()]

    page.post(reverse(LETTERS), {"action": what, "_selected_action": [letter.pk for letter in letters]})

    assert not DeadLetter.objects.filter(status=LetterStatus.PENDING_REVIEW).exists()


def test_a_letter_of_a_stage_that_is_gone_says_so(page: Client) -> None:
    letter = make_letter(stage="gone")

    response = page.post(
        reverse("admin:processing_deadletter_control", args=(letter.pk, "retry")), follow=True, HTTP_REFERER=""
    )

    assert "Nothing here knows the stage" in messages_of(response)


def test_the_first_page_counts_what_failed_for_good(page: Client) -> None:
    make_letter()
    make_letter()

    html = page.get(reverse("admin:index")).content.decode()

    assert "2 dead letters" in html
    assert "2 × UnreadableFileError" in html


# ---- jobs -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "kind", ["folder", "file", "bulk_edit", "duplicates", "video", "marker", "conversion", "library"]
)
def test_a_job_on_any_kind_of_target_has_a_page(page: Client, kind: str) -> None:
    job = Job.objects.create(stage="probe", queue="media", target_kind=kind, target_id=7, label="Something")

    html = page.get(reverse("admin:processing_job_change", args=(job.pk,))).content.decode()

    assert "Something" in html


@pytest.mark.parametrize(("action", "priority"), [("first", 3), ("last", -1)])
def test_chosen_jobs_are_done_first_or_last(page: Client, action: str, priority: int) -> None:
    waiting, done = make_job(), make_job(status=JobStatus.COMPLETED)
    values = {"action": action, "_selected_action": [waiting.pk, done.pk]}

    response = page.post(reverse("admin:processing_job_changelist"), values, follow=True)

    waiting.refresh_from_db()
    assert waiting.priority == priority
    assert "1 job was left alone" in messages_of(response)


# ---- the ledger -----------------------------------------------------------------------------------------------------
def test_the_ledger_names_files_and_is_narrowed_to_failures(page: Client) -> None:
    file = make_file(relative_path="films/holiday.mp4")
    about = {"target_kind": "file", "target_id": file.pk, "finished_at": timezone.now()}
    StageRecord.objects.create(**about, stage="probe", status="completed")
    StageRecord.objects.create(**about, stage="frames", status="failed", error="The disk is full.")

    html = html_of(page, LEDGER, "?status__exact=failed")

    assert "holiday.mp4" in html
    assert "The disk is full." in html
    assert len(page.get(reverse(LEDGER) + "?stage=probe").context["cl"].result_list) == 1


def test_the_whole_library_has_no_number(page: Client) -> None:
    about = {"target_kind": "library", "target_id": 0, "finished_at": timezone.now()}
    StageRecord.objects.create(**about, stage="faces-cluster", status="completed")

    html = page.get(reverse(LEDGER)).content.decode()

    assert "Whole library" in html
    assert "Whole library 0" not in html


def test_entries_of_the_ledger_are_run_again(page: Client) -> None:
    file = make_file()
    about = {"target_kind": "file", "target_id": file.pk, "finished_at": timezone.now()}
    record = StageRecord.objects.create(**about, stage="frames", status="failed")

    page.post(reverse(LEDGER), {"action": "run_again", "_selected_action": [record.pk]})

    assert (Job.objects.get().stage, Job.objects.get().is_forced) == ("frames", True)


def test_a_files_page_lists_its_stages(page: Client, make_stage: Callable[..., Stage]) -> None:
    file = make_file()
    about = {"target_kind": "file", "target_id": file.pk, "finished_at": timezone.now()}
    StageRecord.objects.create(**about, stage="frames", status="failed", error="The disk is full.", attempts=4)
    make_job(file=file, stage="duplicates")

    html = page.get(reverse("admin:library_videofile_change", args=(file.pk,))).content.decode()

    assert "The disk is full." in html
    assert "attempt 4" in html
    assert "not yet" in html
