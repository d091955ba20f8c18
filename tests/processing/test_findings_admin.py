"""Problems with files in the admin and as filters."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from library import queries
from library.filters import Condition, Group
from library.models import VideoFile
from processing.media.content import Issue
from processing.models import FileCheck, IntegrityFinding, Job
from processing.models.integrity import FindingKind
from processing.services.findings import record_findings
from tests.library.factories import make_file, make_user, make_video
from tests.processing.factories import make_job

pytestmark = pytest.mark.django_db
ROT = Issue("bit_rot", "error", "It rotted.")
SHORT = Issue("short_duration", "warning", "It is short.")
SILENT = Issue("no_audio", "info", "It is silent.")


def _file(title: str, *issues: Issue, verified_days_ago: float | None = None) -> VideoFile:
    file = make_file(video=make_video(title=title))
    record_findings(file=file, kind=FindingKind.CONTENT, issues=issues)
    if verified_days_ago is not None:
        at = timezone.now() - timedelta(days=verified_days_ago)
        FileCheck.objects.filter(file=file).update(verified_at=at)
    return file


@pytest.fixture
def files() -> dict[str, VideoFile]:
    made = [
        _file("Rotten", ROT, SILENT, verified_days_ago=1),
        _file("Short", SHORT, verified_days_ago=100),
        _file("Silent", SILENT, verified_days_ago=400),
        _file("Fine"),
    ]
    return {str(file.video): file for file in made}


@pytest.fixture
def admin(client: Client) -> Client:
    client.force_login(make_user(is_superuser=True))
    return client


def _titles(facet: str, operator: str, value: Any) -> set[str]:
    wish = Group("all", (Condition(facet, operator, value),))
    return {str(file.video) for file in queries.list_videos(filter=wish).files}


@pytest.mark.parametrize(
    ("facet", "operator", "value", "expected"),
    [
        ("problems", "is", True, {"Rotten", "Short"}),
        ("problems", "is", False, {"Silent", "Fine"}),
        ("problem", "any", ["bit_rot"], {"Rotten"}),
        ("problem", "any", ["no_audio", "short_duration"], {"Rotten", "Short", "Silent"}),
        ("problem_severity", "any", ["warning", "error"], {"Rotten", "Short"}),
        ("verified", "last", 30, {"Rotten"}),
        ("verified", "empty", None, {"Fine"}),
    ],
)
def test_videos_are_filtered_by_what_was_found(
    files: dict[str, VideoFile], facet: str, operator: str, value: Any, expected: set[str]
) -> None:
    assert _titles(facet, operator, value) == expected


def test_videos_are_filtered_by_when_they_were_verified(files: dict[str, VideoFile]) -> None:
    day = timezone.now() - timedelta(days=50)

    assert _titles("verified", "before", f"{day:%Y-%m-%d}") == {"Short", "Silent"}


def test_a_problem_of_a_copy_in_the_trash_is_none(files: dict[str, VideoFile]) -> None:
    VideoFile.objects.filter(pk=files["Short"].pk).update(trashed_at=timezone.now())

    assert _titles("problems", "is", True) == {"Rotten"}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("problems=any", {"Rotten", "Short"}),
        ("problems=none", {"Silent", "Fine"}),
        ("problems=error", {"Rotten"}),
        ("problem=no_audio", {"Rotten", "Silent"}),
        ("verified=never", {"Fine"}),
        ("verified=180", {"Silent"}),
    ],
)
def test_the_list_of_files_is_filtered_by_them(
    files: dict[str, VideoFile], admin: Client, query: str, expected: set[str]
) -> None:
    page = admin.get(f"{reverse('admin:library_videofile_changelist')}?{query}")

    assert {str(file.video) for file in page.context["cl"].result_list} == expected


def test_the_page_of_a_file_tells_them_the_worst_first(files: dict[str, VideoFile], admin: Client) -> None:
    page = admin.get(reverse("admin:library_videofile_change", args=(files["Rotten"].pk,))).content.decode()

    assert page.index("It rotted.") < page.index("It is silent.")
    assert "Compare with its checksum" in page


def test_the_list_of_problems_counts_kinds_and_leaves_notes_out(files: dict[str, VideoFile], admin: Client) -> None:
    address = reverse("admin:processing_integrityfinding_changelist")
    page = admin.get(address)

    assert [one["count"] for one in page.context["counts"]] == [1, 1]
    assert {row.code for row in page.context["cl"].result_list} == {"bit_rot", "short_duration"}
    every = admin.get(f"{address}?severity=all").context["cl"].result_list
    assert len(every) == 4
    for kind in page.context["counts"]:
        assert len(admin.get(kind["address"]).context["cl"].result_list) == kind["count"]


def test_an_empty_list_says_what_to_do(admin: Client) -> None:
    page = admin.get(reverse("admin:processing_integrityfinding_changelist")).content.decode()

    assert "No problem is known" in page


@pytest.mark.parametrize(("action", "stage"), [("verify", "verify"), ("look_for_damage", "check")])
def test_the_files_of_problems_are_looked_at_again(
    files: dict[str, VideoFile], admin: Client, action: str, stage: str
) -> None:
    ids = list(IntegrityFinding.objects.filter(file=files["Rotten"]).values_list("pk", flat=True))
    posted = {"action": action, "_selected_action": ids, "index": 0}

    admin.post(f"{reverse('admin:processing_integrityfinding_changelist')}?severity=all", posted)

    assert Job.objects.get(stage=stage).target_id == files["Rotten"].pk


@pytest.mark.parametrize("stage", ["preview", "verify", "check"])
def test_a_file_is_looked_after_from_its_page_and_stays_as_it_is(
    files: dict[str, VideoFile], admin: Client, stage: str
) -> None:
    file = files["Fine"]
    VideoFile.objects.filter(pk=file.pk).update(state="failed", error="It is broken.")

    admin.post(reverse("admin:library_videofile_rerun", args=(file.pk, stage)))

    file.refresh_from_db()
    assert (Job.objects.get(stage=stage).priority, file.state) == (1, "failed")


def _queries(admin: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        admin.get(address)
    return len(captured)


def test_more_rows_ask_no_more_queries(admin: Client) -> None:
    address = reverse("admin:processing_integrityfinding_changelist")
    _file("One", ROT)
    _queries(admin, address)
    before = _queries(admin, address)

    for number in range(9):
        _file(f"More {number}", ROT, SHORT)

    assert _queries(admin, address) == before


def test_django_finds_nothing_wrong_with_the_lists() -> None:
    call_command("check", "--tag", "admin")


@pytest.mark.parametrize("stage", ["cover", "marker-pictures", "cleanup", "verify"])
def test_jobs_of_every_target_have_a_page(admin: Client, stage: str) -> None:
    job = make_job(stage=stage)

    assert admin.get(reverse("admin:processing_job_change", args=(job.pk,))).status_code == 200
