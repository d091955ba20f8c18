"""The admin pages about work."""

from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from library.models import User
from processing.models import Job, WorkerProcess
from tests.library.factories import make_file, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> User:
    return make_user(username="owner", is_staff=True, is_superuser=True)


@pytest.fixture
def page(client: Client, owner: User) -> Client:
    client.force_login(owner)
    return client


def make_job(**columns) -> Job:
    values = {"stage": "probe", "queue": "media", "target_kind": "file", **columns}
    if "target_id" not in values:
        file = make_file()
        values |= {"target_id": file.pk, "folder": file.folder, "label": values.get("label", file.shown_path)}
    if values.get("status") == "running":
        now = timezone.now()
        values = {"started_at": now, "lease_expires_at": now + timedelta(seconds=30), "attempts": 1, **values}
    return Job.objects.create(**values)


def make_worker(*, queue: str = "media", silent_seconds: int = 0) -> WorkerProcess:
    pid = 1000 + WorkerProcess.objects.count()
    heard = timezone.now() - timedelta(seconds=silent_seconds)
    return WorkerProcess.objects.create(name=f"nas:{pid}", host="nas", pid=pid, queue=queue, heartbeat_at=heard)


def cards(response) -> dict[str, Any]:
    return {section.key: data for section, data in response.context["dashboard"]}


def queries_of(page: Client, address: str) -> int:
    """How many queries the page takes; asked once before, so that nothing is counted that happens only once."""
    page.get(address)
    with CaptureQueriesContext(connection) as queries:
        assert page.get(address).status_code == 200
    return len(queries)


def messages_of(response) -> list[str]:
    return [str(message) for message in response.context["messages"]]


@pytest.mark.parametrize("name", ["processing_job", "processing_workerprocess"])
def test_a_list_asks_no_more_of_the_database_when_rows_are_added(page, owner, name):
    address = reverse(f"admin:{name}_changelist")

    def fill(count: int) -> None:
        for _ in range(count):
            make_job(requested_by=owner)
            make_worker()

    fill(2)
    before = queries_of(page, address)
    fill(10)

    assert queries_of(page, address) == before


@pytest.mark.parametrize("name", ["processing_job", "processing_workerprocess"])
def test_a_list_without_rows_is_a_page(page, name):
    assert page.get(reverse(f"admin:{name}_changelist")).status_code == 200


def test_a_failed_job_shows_its_sentence(page):
    make_job(status="failed", error="The file is empty (0 bytes).")

    assert "The file is empty (0 bytes)." in page.get(reverse("admin:processing_job_changelist")).content.decode()


def test_a_label_with_markup_is_shown_as_text(page):
    job = make_job(label="<script>alert(1)</script>.mp4")

    listed = page.get(reverse("admin:processing_job_changelist")).content.decode()
    alone = page.get(reverse("admin:processing_job_change", args=(job.pk,))).content.decode()

    assert "<script>alert(1)</script>" not in listed + alone


@pytest.mark.parametrize(
    ("query", "count"), [("stage=probe", 1), ("queue=scan", 1), ("status__exact=failed", 1), ("", 3)]
)
def test_jobs_are_found_by_stage_queue_and_status(page, query, count):
    make_job()
    make_job(stage="frames", status="failed")
    make_job(stage="scan", queue="scan")

    rows = page.get(f"{reverse('admin:processing_job_changelist')}?{query}").context["cl"].result_list

    assert len(rows) == count


def test_failed_jobs_can_be_retried_and_others_are_left_alone(page, owner):
    failed, done = make_job(status="failed"), make_job(status="completed")

    response = page.post(
        reverse("admin:processing_job_changelist"),
        {"action": "retry", "_selected_action": [failed.pk, done.pk]},
        follow=True,
    )

    again = Job.objects.get(status="pending")
    assert (again.target_id, again.requested_by) == (failed.target_id, owner)
    assert messages_of(response)[0] == "1 job waits for another attempt."
    assert messages_of(response)[1].startswith("1 job was left alone")


def test_retrying_a_stage_that_nobody_knows_any_more_says_so(page):
    job = make_job(stage="gone", status="failed")

    response = page.post(reverse("admin:processing_job_control", args=(job.pk, "retry")), follow=True)

    assert "Nothing here knows the stage 'gone'" in messages_of(response)[0]


def test_a_waiting_job_can_be_cancelled_from_its_page(page):
    job = make_job()

    page.post(reverse("admin:processing_job_control", args=(job.pk, "cancel")))

    job.refresh_from_db()
    assert job.status == "cancelled"


@pytest.mark.parametrize(
    ("status", "offered"),
    [("failed", "Retry"), ("pending", "Cancel"), ("running", "Cancel"), ("completed", "It is done")],
)
def test_a_job_page_offers_what_can_be_done(page, status, offered):
    job = make_job(status=status)

    assert offered in page.get(reverse("admin:processing_job_change", args=(job.pk,))).content.decode()


def test_a_job_can_not_be_controlled_by_a_link(page):
    job = make_job()

    assert page.get(reverse("admin:processing_job_control", args=(job.pk, "cancel"))).status_code == 405


def test_who_may_only_look_at_jobs_is_offered_no_action_and_has_none(client):
    user = make_user(is_staff=True, role="")
    user.user_permissions.add(Permission.objects.get(codename="view_job"))
    client.force_login(user)
    job = make_job()

    listed = client.get(reverse("admin:processing_job_changelist"))
    posted = client.post(reverse("admin:processing_job_control", args=(job.pk, "cancel")))

    assert listed.context["action_form"] is None
    assert posted.status_code == 403


def test_a_silent_worker_is_told_from_one_that_is_alive(page):
    make_worker()
    make_worker(silent_seconds=600)

    html = page.get(reverse("admin:processing_workerprocess_changelist")).content.decode()

    assert (html.count(">Alive<"), html.count(">Silent<")) == (1, 1)


@pytest.mark.parametrize("name", ["django_rq_dashboard_changelist", "django_rq_home_json"])
def test_the_queues_in_redis_are_shown_to_owners(page, redis_connection, name):
    assert page.get(reverse(f"admin:{name}")).status_code == 200


@pytest.mark.parametrize("name", ["django_rq_dashboard_changelist", "django_rq_home", "django_rq_home_json"])
def test_the_queues_in_redis_are_hidden_from_other_staff(client, name):
    client.force_login(make_user(is_staff=True))

    assert client.get(reverse(f"admin:{name}")).status_code == 403


def test_the_first_page_shows_running_jobs_with_their_progress(page):
    make_worker()
    make_job(status="running", progress_done=30, progress_total=120)
    make_job()

    work = cards(page.get(reverse("admin:index")))["work"]

    assert ([row["percent"] for row in work["jobs"]], work["waiting"], work["stuck"]) == ([25], 1, [])


def test_the_first_page_says_when_work_waits_and_nobody_is_there(page):
    make_job()
    make_worker(silent_seconds=600)

    assert cards(page.get(reverse("admin:index")))["work"]["stuck"] == ["media"]


def test_the_first_page_shows_the_last_failures_with_their_sentences(page):
    make_job(status="failed", finished_at=timezone.now(), error="The disk is full.")
    make_job(status="timed_out", finished_at=timezone.now(), error="It took too long.")

    html = page.get(reverse("admin:index")).content.decode()

    assert "The disk is full." in html
    assert "It took too long." in html


def test_a_change_of_settings_is_recorded_with_its_author(page, owner):
    address = reverse("admin:processing_processingsettings_change", args=(1,))
    form = page.get(address).context["adminform"].form

    page.post(address, {**form.initial, "storyboard_tiles": 60})

    event = apps.get_model("processing.ProcessingSettingsEvent").objects.get()
    assert (event.storyboard_tiles, event.pgh_context.metadata["user"]) == (60, owner.pk)


def test_choices_are_told_in_words_in_the_history(page):
    address = reverse("admin:processing_processingsettings_change", args=(1,))
    form = page.get(address).context["adminform"].form
    page.post(address, {**form.initial, "thumbnail_small_px": 480})

    changes = page.get(address).context["changes"]

    assert changes[0].fields == [("Thumbnail small (px)", "320 px", "480 px")]
