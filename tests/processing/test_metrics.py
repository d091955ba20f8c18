"""The figures, and the address that tells them."""

import ipaddress
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test import Client
from django.test.utils import CaptureQueriesContext
from prometheus_client.parser import text_string_to_metric_families

from config import metrics as page
from library.models import VideoFile
from processing.models import Job, JobTally, WorkerProcess
from processing.queries.metrics import job_figures, worker_figures
from processing.services.reconcile import purge_history
from tests.library.factories import make_file, make_folder, make_video
from tests.processing.factories import make_job

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh():
    page._page.forget()
    yield
    page._page.forget()


def ended(status="completed", seconds=1.0, days=0.0, **columns) -> Job:
    """A job that took so long and ended so many days ago."""
    finished = Now() - timedelta(days=days)
    return make_job(status=status, started_at=finished - timedelta(seconds=seconds), finished_at=finished, **columns)


def samples(text: bytes) -> dict[tuple, float]:
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def scrape(client: Client, **more) -> dict[tuple, float]:
    response = client.get("/metrics", **more)
    assert response.status_code == 200
    return samples(response.content)


# ---- who may read it ------------------------------------------------------------------------------------------------
def test_nobody_gets_an_answer_until_it_is_switched_on(admin_client):
    assert admin_client.get("/metrics").status_code == 404


@pytest.mark.parametrize("given", [None, "Bearer wrong", "Basic secret-word", "Bearer ", "Bearer sécret"])
def test_without_the_token_nothing_is_told(client, settings, given):
    settings.METRICS_TOKEN = "secret-word"

    response = client.get("/metrics", headers={"Authorization": given} if given else {})

    assert (response.status_code, b"videothek" in response.content) == (401, False)


def test_the_token_opens_it(client, settings):
    settings.METRICS_TOKEN = "secret-word"

    response = client.get("/metrics", headers={"Authorization": "Bearer secret-word"})

    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/plain; version=")


@pytest.mark.parametrize(("address", "status"), [("10.1.2.3", 200), ("192.0.2.1", 401)])
def test_an_allowed_network_opens_it(client, settings, address, status):
    settings.METRICS_NETWORKS = [ipaddress.ip_network("10.0.0.0/8")]

    assert client.get("/metrics", REMOTE_ADDR=address).status_code == status


def test_a_client_cant_claim_an_allowed_address(client, settings):
    settings.METRICS_NETWORKS = [ipaddress.ip_network("10.0.0.0/8")]

    response = client.get("/metrics", REMOTE_ADDR="192.0.2.1", headers={"X-Forwarded-For": "10.1.2.3"})

    assert response.status_code == 401


# ---- what it tells --------------------------------------------------------------------------------------------------
@pytest.fixture
def reader(client, settings):
    settings.METRICS_TOKEN = "t"
    client.defaults["HTTP_AUTHORIZATION"] = "Bearer t"
    return client


def test_jobs_are_counted_by_what_they_are(reader):
    make_job(due_at=Now() - timedelta(seconds=90))
    make_job(due_at=Now() + timedelta(hours=1))
    make_job(status="running", lease_expires_at=Now() - timedelta(seconds=5))
    ended(seconds=0.3)
    ended(seconds=40)
    ended("failed", error_class="NoPictureError", stage="frames")

    told = scrape(reader)

    probe = ("queue", "media"), ("stage", "probe")
    assert told["videothek_jobs", *probe, ("status", "pending")] == 2
    assert told["videothek_jobs", *probe, ("status", "running")] == 1
    assert told["videothek_jobs_ended_total", *probe, ("status", "completed")] == 2
    assert 90 <= told["videothek_jobs_oldest_waiting_seconds", ("queue", "media")] < 100
    assert told["videothek_jobs_oldest_waiting_seconds", ("queue", "scan")] == 0
    assert told["videothek_job_leases_expired",] == 1
    assert told["videothek_job_failures_total", ("error_class", "NoPictureError"), ("stage", "frames")] == 1
    buckets = {
        le: told["videothek_job_duration_seconds_bucket", ("le", le), ("stage", "probe")]
        for le in ("0.1", "0.5", "15.0", "60.0", "+Inf")
    }
    assert buckets == {"0.1": 0, "0.5": 1, "15.0": 1, "60.0": 2, "+Inf": 2}
    assert told["videothek_job_duration_seconds_sum", ("stage", "probe")] == pytest.approx(40.3)


def test_counters_never_fall_when_the_history_is_cleaned_up(reader):
    for days in (0, 30, 40):
        ended(seconds=3, days=days)
    ended("failed", days=30, error_class="Broken")
    ended("cancelled", days=30)
    before = scrape(reader)

    assert purge_history() == 4
    page._page.forget()
    after = scrape(reader)

    assert _counters(after) == _counters(before) != {}
    assert Job.objects.count() == 1
    assert sum(JobTally.objects.values_list("jobs", flat=True)) == 4


def _counters(told: dict[tuple, float]) -> dict[tuple, float]:
    return {
        name: value for name, value in told.items() if name[0].startswith("videothek_job") and "waiting" not in name[0]
    }


def test_the_tally_adds_up_over_several_clean_ups():
    for _ in range(2):
        ended(seconds=0.3, days=30)
        ended(seconds=4, days=30)
        purge_history()

    row = JobTally.objects.get()

    assert (row.jobs, row.within) == (4, [0, 2, 2, 4, 4, 4, 4, 4, 4])
    assert row.seconds == pytest.approx(8.6)


def test_a_job_that_was_deleted_before_it_ended_is_not_counted():
    make_job()
    Job.objects.all().delete()

    assert not JobTally.objects.exists()


def test_workers_are_counted_for_each_queue_that_they_serve():
    for name, queue, queues in (("a:1", "media", ["media", "gpu"]), ("a:2", "media", None)):
        told = {"queues": queues} if queues else {}
        WorkerProcess.objects.create(name=name, host="a", pid=1, queue=queue, heartbeat_at=Now(), capabilities=told)
    WorkerProcess.objects.create(name="a:3", host="a", pid=3, queue="scan", heartbeat_at=Now() - timedelta(minutes=5))

    assert dict(worker_figures()) == {"media": 2, "gpu": 1}


def test_the_library_is_measured(reader):
    folder = make_folder()
    make_file(folder=folder, relative_path="a.mp4", size_bytes=1000, state="ready")
    gone = make_file(folder=folder, relative_path="b.mp4", size_bytes=500, state="ready")
    VideoFile.objects.filter(pk=gone.pk).update(missing_since=Now())
    make_video(trashed_at=Now())

    told = scrape(reader)

    assert told["videothek_files", ("state", "ready")] == 1
    assert (told["videothek_files_missing",], told["videothek_files_bytes",]) == (1, 1000)
    assert told["videothek_videos_trashed",] == 1


def test_the_number_of_statements_is_fixed(reader):
    for count in (1, 12):
        for _ in range(count):
            make_job()
            ended()
        page._page.forget()
        with CaptureQueriesContext(connection) as asked:
            reader.get("/metrics")

        assert len(asked) == 8


def test_a_second_scrape_at_once_asks_nothing(reader):
    reader.get("/metrics")

    with CaptureQueriesContext(connection) as asked:
        reader.get("/metrics")

    assert len(asked) == 0


def test_nothing_to_tell_is_no_error():
    figures = job_figures()

    assert (figures.active, dict(figures.ended), figures.expired_leases) == ({}, {}, 0)


def test_requests_are_timed_by_the_name_of_their_address(settings):
    settings.METRICS_TOKEN = "t"
    client = Client()
    client.get("/healthz")
    client.get("/no/such/page")

    told = scrape(client, headers={"Authorization": "Bearer t"})

    labels = ("method", "GET"), ("status", "2xx"), ("view", "healthz")
    assert told["videothek_request_duration_seconds_count", *labels] >= 1
    assert not any("/no/such" in str(name) for name in told)
