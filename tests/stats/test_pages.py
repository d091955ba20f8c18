"""The dashboard, one's own year, the figures on other pages, and the API of statistics."""

import csv
import io
import re
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from library.filters import encode_filter, parse_filter
from library.models import User
from people.models import Credit
from playback.models import PlayCount, Watch
from processing.models import Job
from stats.models import ContentSnapshot, LibrarySnapshot, StorageSnapshot
from stats.queries.entities import numbers_of
from stats.queries.front import load_front
from stats.services.snapshots import KINDS, take_snapshot
from tests.library.factories import make_file, make_folder, make_user, make_video
from tests.people.factories import make_creator

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(client: Client) -> User:
    owner = User.objects.create_superuser("owner")
    client.force_login(owner)
    return owner


@pytest.fixture
def counted() -> None:
    video = make_video(title="=Sea")
    make_file(video=video, folder=make_folder(), is_primary=True)
    PlayCount.objects.create(user=make_user(), video=video, play_count=2, last_watched_at=timezone.now())
    for kind in KINDS:
        take_snapshot(kind)


def test_the_dashboard_tells_from_snapshots_alone(owner: User, counted: None, client: Client) -> None:
    make_video()

    with CaptureQueriesContext(connection) as asked:
        page = client.get("/stats/?days=30").content.decode()

    assert "How organised it is" in page
    assert "<b>1</b>video" in page
    assert len(asked) <= 14
    assert not [one for one in asked if 'FROM "library_video"' in one["sql"]]


def test_before_the_first_count_and_with_no_videos_it_says_what_to_do(owner: User, client: Client) -> None:
    before = client.get("/stats/").content.decode()
    for kind in KINDS:
        take_snapshot(kind)
    empty = client.get("/stats/").content.decode()

    assert "Nothing was counted yet" in before
    assert "No videos yet" in empty
    assert "Add a folder" in empty


def test_the_figures_are_taken_by_a_press_of_those_who_may(owner: User, client: Client) -> None:
    page = client.get("/stats/").content.decode()
    client.post("/stats/count/")

    assert "Count now" in page
    assert set(Job.objects.values_list("stage", flat=True)) == {"snapshot-storage", "snapshot-daily"}
    client.force_login(make_user(role="moderator"))
    assert "Count now" not in client.get("/stats/").content.decode()
    assert client.post("/stats/count/").status_code == 403


def test_folders_queues_and_savings_lead_to_where_something_is_done(owner: User, counted: None, client: Client) -> None:
    folder = {"directory_id": 1, "path": "/media/Sea", "size_bytes": 9, "video_count": 2}
    inside = [{"name": "Deep", "size_bytes": 4, "video_count": 1}]
    StorageSnapshot.objects.update(directory_breakdown=[folder | {"folders": inside}])
    queue = {"queue": "untagged", "label": "Without tags", "left": 3}
    ContentSnapshot.objects.update(triage_queues=[queue], triage_answers=4, triage_seconds=10)
    LibrarySnapshot.objects.update(convertible_count=2, convertible_bytes=5_000_000_000)

    page = client.get("/stats/").content.decode()

    deep = encode_filter(parse_filter({"facet": "path", "op": "under", "value": "/media/Sea/Deep"}))
    assert f'href="/library/?f={deep}">Deep' in page
    assert 'href="/admin/library/triage/untagged/"' in page and "2.5 s each" in page
    assert "2 videos worth converting" in page and "/admin/processing/conversion/suggestions/" in page


@pytest.mark.parametrize("address", ["/stats/?days=", "/stats/mine/?year="])
@pytest.mark.parametrize("junk", ["00007" + "9" * 30, "01999999", "-7", "²", "", "7.0"])
def test_junk_in_the_address_does_no_harm(address: str, junk: str, owner: User, counted: None, client: Client) -> None:
    assert client.get(f"{address}{junk}").status_code == 200


def test_a_deleted_folder_of_then_is_still_read(owner: User, counted: None, client: Client) -> None:
    LibrarySnapshot.objects.update(failures=[{"stage": "gone", "error_class": "OldError", "count": 2}])
    ContentSnapshot.objects.update(top_tags=[{"name": "Imported", "count": 3}])

    page = client.get("/stats/")

    assert page.status_code == 200
    assert "OldError" in page.content.decode()


def test_who_may_not_see_it_does_not(client: Client) -> None:
    client.force_login(make_user(role="user"))

    assert client.get("/stats/").status_code == 403
    assert client.get("/api/v1/stats/").status_code == 403
    assert client.get("/stats/mine/").status_code == 200


def test_a_year_is_the_users_own(client: Client) -> None:
    user, video, ana = make_user(role="user"), make_video(title="Sea"), make_creator(name="Ana")
    make_file(video=video, is_primary=True)
    Credit.objects.create(video=video, creator=ana)
    client.force_login(user)
    at = timezone.make_aware(datetime(2025, 6, 2, 21, 30))
    for whose, seconds in ((user, 7200), (make_user(), 50_000)):
        Watch.objects.create(user=whose, video=video, watched_at=at, watched_seconds=seconds, is_completed=True)

    page = client.get("/stats/mine/?year=2025").content.decode()
    data = client.get("/api/v1/stats/me/?year=2025").json()
    nothing = client.get("/stats/mine/?year=2024").content.decode()

    assert "2 h" in page
    assert "Ana" in page
    assert (data["seconds"], data["months"][5], data["hours"][0][21]) == (7200, 7200, 7200)
    assert data["top_people"] == [{"id": str(ana.public_id), "name": "Ana", "seconds": 7200}]
    assert "Nothing watched in 2024" in nothing


def test_a_person_shows_their_own_figures(owner: User, client: Client) -> None:
    ana = make_creator(name="Ana")
    for number in range(3):
        video = make_video(duration_seconds=3600.0, size_bytes=10)
        credit = Credit.objects.create(video=video, creator=ana)
        Credit.objects.filter(pk=credit.pk).update()
        PlayCount.objects.create(user=owner, video=video, play_count=number, total_watch_seconds=60)

    with CaptureQueriesContext(connection) as asked:
        part = client.get(f"/stats/of/creator/{ana.public_id}/").content.decode()

    assert "<b>3</b>videos" in part
    assert "<b>3 h</b>to watch" in part
    assert len(asked) <= 7
    assert client.get("/stats/of/creator/nobody/").status_code == 404
    assert client.get("/stats/of/nothing/1/").status_code == 404


def test_the_api_gives_series_histories_and_exports(owner: User, counted: None, client: Client) -> None:
    now = timezone.now()
    LibrarySnapshot.objects.create(day=now.date() - timedelta(days=3), taken_at=now, total_count=7)

    whole = client.get("/api/v1/stats/").json()
    found = client.get("/api/v1/stats/series/?kind=library&field=total_count&days=10").json()
    text = client.get("/api/v1/stats/series/?kind=library&field=total_count&days=10&as=csv").content.decode()
    rows = list(csv.DictReader(io.StringIO(client.get("/api/v1/stats/history/usage/?as=csv").content.decode())))
    wrong = client.get("/api/v1/stats/series/?kind=library&field=pk")
    far = client.get("/api/v1/stats/history/usage/?days=366")

    assert whole["library"]["total_count"] == 1
    assert [point["value"] for point in found["points"]] == [7, 1]
    assert found["unit"] == "count"
    assert text.splitlines()[0] == "at,total_count"
    assert rows[0]["play_count"] == "2"
    assert wrong.status_code == 404
    assert "no number" in wrong.json()["detail"]
    assert far.status_code == 400


def test_snapshots_are_taken_by_a_worker_on_demand(owner: User, client: Client) -> None:
    response = client.post("/api/v1/stats/snapshots/", {"kind": "storage"}, content_type="application/json")

    assert response.status_code == 202
    assert Job.objects.get().stage == "snapshot-storage"


def test_the_admin_begins_with_the_statistics_from_snapshots_alone(owner: User, counted: None, client: Client) -> None:
    now = timezone.now()
    for days in (10, 40):
        at = now - timedelta(days=days)
        LibrarySnapshot.objects.create(day=at.date(), taken_at=at, total_count=3, total_bytes=9)
    ContentSnapshot.objects.create(day=(now - timedelta(days=10)).date(), taken_at=now, video_count=4, without_tags=1)

    page = client.get("/admin/").content.decode()
    with CaptureQueriesContext(connection) as asked:
        front = load_front()

    keys = re.findall(r'id="section-([a-z-]+)"', page)
    assert keys[:5] == ["coverage", "growth", "storage", "health", "counts"]
    assert "<polyline" in page and "-2 in 7 days" in page
    assert "75.0 % 7 days ago" in page
    assert front is not None and [point.value for point in front.growth] == [3, 3, 1]
    assert len(asked) <= 7 and not [one for one in asked if 'FROM "library_video"' in one["sql"]]


def test_the_admin_of_an_empty_library_says_what_to_do(owner: User, client: Client) -> None:
    for kind in KINDS:
        take_snapshot(kind)

    page = client.get("/admin/").content.decode()

    assert "Your library is empty" in page
    assert 'id="section-coverage"' not in page


def test_who_may_not_see_statistics_finds_none_in_the_admin(counted: None, client: Client) -> None:
    client.force_login(make_user(role="user", is_staff=True))

    assert "section-growth" not in client.get("/admin/").content.decode()


def test_a_folder_shows_its_figures_in_the_admin_and_in_the_library(owner: User, client: Client) -> None:
    folder, other = make_folder(name="Disk"), make_folder()
    for number in range(2):
        make_file(folder=folder, relative_path=f"{number}.mp4", video=make_video(duration_seconds=1800.0))
    make_file(folder=other)
    at = f"/stats/of/folder/{folder.pk}/"

    def library(*folders: int) -> str:
        condition = parse_filter({"facet": "folder", "op": "any", "value": [str(pk) for pk in folders]})
        return client.get(f"/library/?f={encode_filter(condition)}").content.decode()

    assert at in client.get(f"/admin/library/folder/{folder.pk}/change/").content.decode()
    assert at in library(folder.pk)
    assert "/stats/of/" not in library(folder.pk, other.pk)
    assert "<b>2</b>videos" in client.get(at).content.decode()
    client.force_login(make_user(role="user"))
    assert "/stats/of/" not in library(folder.pk)


def test_a_range_is_compared_with_the_one_before_it(owner: User, client: Client) -> None:
    now = timezone.now()
    for days in (0, 5, 12, 19, 30):
        at = now - timedelta(days=days)
        LibrarySnapshot.objects.create(day=at.date(), taken_at=at, total_count=100 - days)
    source = "/api/v1/stats/series/?kind=library&field=total_count&days=10"

    def points(ended_days_ago: int = 0) -> list[int]:
        found = client.get(f"{source}&ended_days_ago={ended_days_ago}").json()
        return [point["value"] for point in found["points"]]

    assert points() == [95, 100]
    assert points(ended_days_ago=10) == [81, 88]
    assert points(ended_days_ago=3650) == []


def test_months_in_which_nothing_was_added_are_on_the_chart_too(owner: User) -> None:
    ana = make_creator(name="Ana")
    for month in (11, 2):
        at = timezone.make_aware(datetime(2025 if month == 11 else 2026, month, 5))
        Credit.objects.create(video=make_video(), creator=ana, created_at=at)

    months = numbers_of("creator", ana.pk).months

    assert [(one.month.month, one.added, one.total) for one in months] == [
        (11, 1, 1), (12, 0, 1), (1, 0, 1), (2, 1, 2),
    ]  # fmt: skip
