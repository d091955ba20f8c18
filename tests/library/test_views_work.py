"""The line of progress: what it counts, and when it rests."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from library.models import Folder, ScanLog, VideoFile
from library.models.file import FileState
from library.words import time_left
from processing.models import Job
from processing.queries.work import current_work
from tests.library.factories import make_file, make_folder, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder() -> Folder:
    return make_folder(name="Own footage")


def make_job(*, status: str = "pending", stage: str = "frames", kind: str = "file", target: int = 1, **columns) -> Job:
    if status == "running":
        columns["lease_expires_at"] = timezone.now() + timedelta(minutes=1)
    return Job.objects.create(stage=stage, queue="media", target_kind=kind, target_id=target, status=status, **columns)


def make_scan(folder: Folder, *, started_at: datetime, **columns) -> ScanLog:
    values = {"status": "completed", "finished_at": started_at + timedelta(seconds=5), **columns}
    return ScanLog.objects.create(folder=folder, started_at=started_at, **values)


def make_waiting(folder: Folder, number: int, *, minutes_ago: float = 0) -> None:
    for _ in range(number):
        file = make_file(folder=folder, state=FileState.NEW)
        make_job(target=file.pk, stage="probe", folder=folder)
    # The trigger would say "now".
    at = timezone.now() - timedelta(minutes=minutes_ago)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        VideoFile.objects.filter(state=FileState.NEW).update(updated_at=at)
        cursor.execute("SET LOCAL session_replication_role = origin")


def test_at_rest_nothing_is_active(folder: Folder) -> None:
    make_file(folder=folder)

    with CaptureQueriesContext(connection) as asked:
        work = current_work()

    assert not work.active
    assert (work.done, work.total, work.failed) == (0, 0, 0)
    assert len(asked) == 2


def test_done_and_total_count_from_the_scan_that_began_the_work(folder: Folder) -> None:
    now = timezone.now()
    make_scan(folder, started_at=now - timedelta(days=3), files_new=500)
    make_scan(folder, started_at=now - timedelta(minutes=30), files_new=10, files_changed=2)
    make_waiting(folder, 4, minutes_ago=29)
    make_scan(folder, started_at=now - timedelta(minutes=5), files_unchanged=12)

    work = current_work()

    assert work.active
    assert (work.done, work.total, work.left, work.position) == (8, 12, 4, 9)
    assert work.ratio == pytest.approx(8 / 12)


def test_files_that_no_scan_found_count_from_none(folder: Folder) -> None:
    make_waiting(folder, 3)

    work = current_work()

    assert (work.done, work.total) == (0, 3)


def test_waiting_files_that_nobody_will_look_at_are_not_work(folder: Folder) -> None:
    make_file(folder=folder, state=FileState.NEW)

    assert not current_work().active


def test_missing_files_are_not_waited_for(folder: Folder) -> None:
    make_file(folder=folder, state=FileState.NEW, missing_since=timezone.now())
    make_job()

    assert not current_work().active


def test_a_folder_being_scanned_is_named(folder: Folder) -> None:
    make_job(status="running", stage="scan", kind="folder", target=folder.pk, folder=folder)

    work = current_work()

    assert work.active
    assert work.scanning == ("Own footage",)


def test_the_time_left_follows_the_pace_of_the_last_jobs(folder: Folder) -> None:
    now = timezone.now()
    make_waiting(folder, 10)
    for number in range(6):
        finished = now - timedelta(seconds=60 - 10 * number)
        make_job(status="completed", target=1000 + number, finished_at=finished)
    make_job(status="completed", target=2000, stage="probe", finished_at=now)
    make_job(status="completed", target=2001, finished_at=now - timedelta(hours=2))

    assert current_work().eta_seconds == pytest.approx(100, rel=0.1)


def test_two_finished_jobs_are_no_pace(folder: Folder) -> None:
    make_waiting(folder, 10)
    for number in range(2):
        make_job(status="completed", target=1000 + number, finished_at=timezone.now())

    assert current_work().eta_seconds is None


def test_failed_files_are_counted(folder: Folder) -> None:
    make_file(folder=folder, state=FileState.FAILED, error="Empty.")

    assert current_work().failed == 1


def test_asking_costs_the_same_for_forty_files_as_for_ten(folder: Folder) -> None:
    make_scan(folder, started_at=timezone.now() - timedelta(minutes=1), files_new=50)
    counts = []

    for number in (10, 30):
        make_waiting(folder, number)
        with CaptureQueriesContext(connection) as asked:
            current_work()
        counts.append(len(asked))

    assert counts[0] == counts[1]
    assert counts[0] <= 6


def test_the_page_says_how_far_it_is_and_asks_again_soon(client: Client, folder: Folder) -> None:
    make_scan(folder, started_at=timezone.now() - timedelta(minutes=1), files_new=2091)
    make_waiting(folder, 4)
    client.force_login(make_user())

    line = client.get("/activity/").content.decode()

    assert "Looking at 2,088 of 2,091" in line
    assert "every 2s" in line


def test_at_rest_the_page_asks_less_often(client: Client) -> None:
    client.force_login(make_user())

    response = client.get("/activity/")

    assert "every 10s" in response.content.decode()
    assert response["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (5, "a few seconds left"),
        (60, "about a minute left"),
        (840, "14\N{NO-BREAK SPACE}min left"),
        (9000, "2\N{NO-BREAK SPACE}h left"),
        (400_000, "5 days left"),
        (None, ""),
    ],
)
def test_time_left_is_said_roughly(seconds: float | None, words: str) -> None:
    assert time_left(seconds) == words
