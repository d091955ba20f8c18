"""A user's history: what it shows, and taking things out of it."""

import re
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from library.models import User, Video
from playback.models import PlayCount, Watch, WatchProgress
from playback.queries_watching import activity, history_page
from playback.services.watched import forget_watched, mark_unwatched, mark_watched
from tests.library.factories import make_file, make_folder, make_user, make_video
from tests.playback.watching import make_film

pytestmark = pytest.mark.django_db


@pytest.fixture
def user(client: Client) -> User:
    user = make_user()
    client.force_login(user)
    return user


def noon(days_ago: int) -> datetime:
    local = timezone.localtime() - timedelta(days=days_ago)
    return local.replace(hour=12, minute=0, second=0, microsecond=0)


def watch(user: User, video: Video, *, days_ago: int = 1, minutes: int = 0, **columns: object) -> Watch:
    WatchProgress.objects.get_or_create(user=user, video=video, defaults={"watched_at": noon(days_ago)})
    at = noon(days_ago) + timedelta(minutes=minutes)
    return Watch.objects.create(user=user, video=video, watched_at=at, **columns)


def rows_of(user: User, **asked: object) -> list[tuple[str, int]]:
    today = timezone.localdate()
    return [(row.file.video.title, (today - row.day).days) for row in history_page(user, **asked).rows]


def test_a_video_stands_once_a_day_with_its_newest_sitting(user: User) -> None:
    sea, sun = make_film(title="Sea"), make_film(title="Sun")
    watch(user, sea, days_ago=2, minutes=5)
    watch(user, sea, position_seconds=10)
    watch(user, sun, minutes=30)
    watch(user, sea, minutes=60, position_seconds=70)
    watch(make_user(), make_film(title="Another's"))

    page = history_page(user)

    assert rows_of(user) == [("Sea", 1), ("Sun", 1), ("Sea", 2)]
    assert page.rows[0].watch.position_seconds == 70


def test_days_are_the_owners_days(user: User, settings) -> None:
    settings.TIME_ZONE = "Pacific/Auckland"
    timezone.activate("Pacific/Auckland")
    try:
        film = make_film(title="Sea")
        late = noon(3).replace(hour=23, minute=30)
        for at in (late, late + timedelta(hours=1)):
            Watch.objects.create(user=user, video=film, watched_at=at)

        assert rows_of(user) == [("Sea", 2), ("Sea", 3)]
        assert [count for _, count in activity(user, days=4)] == [1, 1, 0, 0]
        assert forget_watched(user=user, day=late.date()) == 1
        assert rows_of(user) == [("Sea", 2)]
    finally:
        timezone.deactivate()


def test_pages_go_on_without_showing_a_video_of_a_day_twice(user: User) -> None:
    films = [make_film(title=f"Film {number}") for number in range(5)]
    for minutes in (0, 20):
        for number, film in enumerate(films):
            watch(user, film, minutes=minutes + number)

    first = history_page(user, limit=3)
    second = history_page(user, limit=3, after=first.next_place)

    shown = [row.file.video.title for row in (*first.rows, *second.rows)]
    assert shown == [f"Film {number}" for number in (4, 3, 2, 1, 0)]
    assert second.next_place is None


def test_words_search_it_and_trashed_videos_are_left_out(user: User) -> None:
    watch(user, make_film(title="Harbour"))
    watch(user, make_film(title="Market"))
    watch(user, make_film(title="Harbour again", trashed_at=timezone.now()))

    assert rows_of(user, text="harb") == [("Harbour", 1)]


def test_the_activity_counts_different_videos_of_a_day(user: User) -> None:
    sea = make_film()
    for minutes in (0, 60, 120):
        watch(user, sea, minutes=minutes)
    watch(user, make_film())
    watch(user, make_film(), days_ago=40)

    days = activity(user, days=7)

    assert [count for _, count in days] == [0, 0, 0, 0, 0, 2, 0]
    assert days[-1][0] == timezone.localdate()


def test_what_is_taken_out_takes_its_place_along_unless_it_stands_elsewhere(user: User) -> None:
    sea, sun, other = make_film(title="Sea"), make_film(title="Sun"), make_user()
    for owner in (user, other):
        watch(owner, sea, minutes=0)
        watch(owner, sea, minutes=90)
        watch(owner, sun, days_ago=1)
        watch(owner, sun, days_ago=2)
    PlayCount.objects.create(user=user, video=sea, play_count=2)

    forget_watched(user=user, day=noon(1).date(), video_id=sea.pk)
    after_one = rows_of(user), set(WatchProgress.objects.filter(user=user).values_list("video", flat=True))
    forget_watched(user=user, day=noon(1).date())
    after_day = rows_of(user)
    forget_watched(user=user)

    assert after_one == ([("Sun", 1), ("Sun", 2)], {sun.pk})
    assert after_day == [("Sun", 2)]
    assert rows_of(user) == []
    assert not WatchProgress.objects.filter(user=user).exists()
    assert len(rows_of(other)) == 3
    assert WatchProgress.objects.filter(user=other).count() == 2
    assert PlayCount.objects.exists(), "counts are no history"


def test_marking_as_watched_and_not(user: User) -> None:
    film = make_film()
    WatchProgress.objects.create(user=user, video=film, position_seconds=300, watched_at=timezone.now())

    assert mark_watched(user=user, video_ids=[film.pk, 10**9]) == 1
    row = WatchProgress.objects.get()
    assert (row.is_completed, row.position_seconds) == (True, 0)
    assert mark_unwatched(user=user, video_ids=[film.pk]) == 1
    assert not WatchProgress.objects.exists()


# ---- the page -------------------------------------------------------------------------------------------------------
def test_the_page_says_what_was_watched_and_takes_it_out(client: Client, user: User) -> None:
    sea = make_film(title="<b>Harbour</b>")
    watch(user, sea, position_seconds=75, watched_seconds=75)
    watch(user, make_film(title="Sun"), is_completed=True)

    page = " ".join(client.get("/history/").content.decode().split())
    answer = client.post("/history/forget/", {"day": noon(1).date().isoformat(), "video": str(sea.pk)})
    after = client.get("/history/").content.decode()

    assert "Yesterday" in page
    assert "left at 1:15" in page
    assert "watched to the end" in page
    assert "&lt;b&gt;Harbour" in page
    assert answer["Location"] == "/history/"
    assert "It is out of your history." in after
    assert "Harbour" not in after


def test_the_page_empties_and_says_what_to_do_then(client: Client, user: User) -> None:
    watch(user, make_film())

    client.post("/history/forget/", {"all": "1"})

    assert "Nothing watched yet" in client.get("/history/").content.decode()


@pytest.mark.parametrize("form", [{}, {"day": "2026-13-40"}, {"video": "1"}, {"day": "2026-01-01", "video": "x"}])
def test_what_names_nothing_takes_nothing_out(client: Client, user: User, form: dict[str, str]) -> None:
    watch(user, make_film())

    assert client.post("/history/forget/", form).status_code == 404
    assert Watch.objects.exists()


def test_a_broken_place_is_404_and_the_page_asks_as_often_for_many(client: Client, user: User) -> None:
    folder, counts = make_folder(), []
    for number in (5, 40):
        for index in range(number):
            video = make_video(duration_seconds=9)
            make_file(folder=folder, video=video)
            watch(user, video, minutes=index)
        client.get("/history/")
        with CaptureQueriesContext(connection) as asked:
            client.get("/history/")
        counts.append(len(asked))

    assert client.get("/history/?after=junk").status_code == 404
    assert counts[0] == counts[1]
    assert counts[0] <= 14


# ---- the API --------------------------------------------------------------------------------------------------------
def test_the_api_reads_pages_and_takes_out(client: Client, user: User) -> None:
    films = [make_film(title=f"Film {number}") for number in range(3)]
    for number, film in enumerate(films):
        watch(user, film, minutes=number, position_seconds=20)
    day = noon(1).date().isoformat()

    first = client.get("/api/v1/me/history/?limit=2").json()
    second = client.get("/api/v1/me/history/", {"limit": 2, "after": first["next"]}).json()
    gone = client.delete(f"/api/v1/me/history/{day}/{films[0].pk}/").status_code
    counts = [Watch.objects.count()]
    client.delete(f"/api/v1/me/history/{day}/")
    counts.append(Watch.objects.count())

    assert [row["video"]["title"] for row in (*first["results"], *second["results"])] == ["Film 2", "Film 1", "Film 0"]
    assert first["results"][0]["day"] == day
    assert (gone, counts, second["next"]) == (204, [2, 0], None)
    assert client.delete("/api/v1/me/history/2026-02-31/").status_code == 404


def test_the_api_has_activity_continue_and_watched(client: Client, user: User) -> None:
    film = make_film(title="Sea")
    watch(user, film)
    WatchProgress.objects.filter(video=film).update(position_seconds=300, duration_seconds=1000)

    activity_ = client.get("/api/v1/me/activity/?days=2").json()
    going_on = client.get("/api/v1/me/continue-watching/").json()
    before = client.get(f"/api/v1/videos/{film.pk}/watched/").json()
    marked = client.put(f"/api/v1/videos/{film.pk}/watched/").json()
    client.delete(f"/api/v1/videos/{film.pk}/watched/")

    assert activity_ == [
        {"day": noon(1).date().isoformat(), "videos": 1},
        {"day": timezone.localdate().isoformat(), "videos": 0},
    ]
    assert [(one["title"], one["watched_percent"]) for one in going_on] == [("Sea", 30)]
    assert before == {"is_watched": False, "position_seconds": 300}
    assert marked == {"is_watched": True, "position_seconds": 0}
    assert not WatchProgress.objects.exists()


def test_the_watch_page_marks_a_video(client: Client, user: User) -> None:
    film = make_film(title="Sea")

    client.post(f"/videos/{film.pk}/watched/")
    is_watched = WatchProgress.objects.get().is_completed
    page = client.get(f"/videos/{film.pk}/").content.decode()
    client.post(f"/videos/{film.pk}/watched/", {"is_watched": "0"})

    assert is_watched
    assert re.search(r"“Sea” counts as watched", page)
    assert not WatchProgress.objects.exists()
