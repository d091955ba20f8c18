"""The lists of what users think and watch: what they cost, and who may take something away."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from library.models import ChangeBatch, Tag, User, Video
from people.models import Creator
from playback.models import Favorite, Marker, PlayCount, Playlist, Rating, Tally, ViewCount, Watch, WatchProgress
from tests.library.factories import make_user, make_video

pytestmark = pytest.mark.django_db

LISTS = ["rating", "favorite", "tally", "marker", "playlist", "watchprogress", "watch", "playcount", "viewcount"]


@pytest.fixture
def page(client: Client) -> Client:
    client.force_login(make_user(username="owner", is_staff=True, is_superuser=True))
    return client


def fill(count: int) -> None:
    """Rows of every kind."""
    now = timezone.now()
    # Of what was watched one sees one's own only.
    owner = User.objects.get(username="owner")
    for number in range(count):
        user, video = make_user(), make_video()
        Rating.objects.create(user=user, video=video, stars="3.5", rated_at=now)
        Rating.objects.create(
            user=user, creator=Creator.objects.create(name=f"P {video.pk}"), stars="1.0", rated_at=now
        )
        Favorite.objects.create(user=user, video=video, added_at=now)
        Tally.objects.create(user=user, video=video, count=3)
        marker = Marker.objects.create(user=user, video=video, start_seconds=3, label="Here")
        marker.marker_tags.create(tag=Tag.objects.create(name=f"T {video.pk}"))
        playlist = Playlist.objects.create(user=user, name=f"List {number}")
        playlist.items.create(video=video, position=0)
        WatchProgress.objects.create(user=owner, video=video, position_seconds=3, watched_at=now)
        Watch.objects.create(user=owner, video=video, watched_at=now)
        PlayCount.objects.create(user=owner, video=video, play_count=2)
        ViewCount.objects.create(user=owner, video=video, last_counted_at=now)


def queries_of(page: Client, address: str) -> int:
    page.get(address)
    with CaptureQueriesContext(connection) as queries:
        assert page.get(address).status_code == 200
    return len(queries)


@pytest.mark.parametrize("model", LISTS)
def test_a_list_asks_no_more_of_the_database_when_rows_are_added(page, model):
    address = reverse(f"admin:playback_{model}_changelist")
    fill(2)
    before = queries_of(page, address)
    fill(6)

    assert queries_of(page, address) == before


WATCHED = ["watchprogress", "watch", "playcount", "viewcount"]


@pytest.mark.parametrize("few", [0, 1_000])
@pytest.mark.parametrize("model", WATCHED)
@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("dune", {"Sand dunes", "Dune 100%"}),
        ("SAND", {"Sand dunes"}),
        ("dun and", {"Sand dunes"}),
        ('"sand dun"', {"Sand dunes"}),
        ('"d s"', set()),
        ("100%", {"Dune 100%"}),
        ("own", {"Sand dunes", "Dune 100%", "Rain"}),
        ("own rain", {"Rain"}),
        ("nowhere", set()),
        ("nowhere owner", set()),
    ],
)
def test_what_was_watched_is_found_by_words_of_titles_and_of_ones_own_name(page, model, words, shown, few, monkeypatch):
    monkeypatch.setattr("playback.admin.base._FEW_VIDEOS", few)
    fill(3)
    for video, title in zip(Video.objects.order_by("pk"), ["Sand dunes", "Dune 100%", "Rain"], strict=True):
        Video.objects.filter(pk=video.pk).update(title=title)

    answer = page.get(reverse(f"admin:playback_{model}_changelist"), {"q": words}).content.decode()

    assert {title for title in ("Sand dunes", "Dune 100%", "Rain") if title in answer} == shown


@pytest.mark.parametrize("model", LISTS)
def test_a_list_without_rows_says_what_will_be_there(page, model):
    assert "Nothing here yet" in page.get(reverse(f"admin:playback_{model}_changelist")).content.decode()


def test_a_rating_is_taken_away_as_a_change_that_can_be_undone(page):
    rating = Rating.objects.create(user=make_user(), video=make_video(), stars="1.0", rated_at=timezone.now())

    page.post(reverse("admin:playback_rating_delete", args=(rating.pk,)), {"post": "yes"})

    assert not Rating.objects.exists()
    assert ChangeBatch.objects.count() == 1


def test_a_marker_gets_tags_on_its_page(page):
    marker = Marker.objects.create(user=make_user(), video=make_video(), start_seconds=3, label="Here")
    tags = ["was:", str(Tag.objects.create(name="Sea").pk)]
    data = {"label": "There", "start_seconds": "3", "end_seconds": "", "color": "#FFFFFF", "tags": tags}

    page.post(reverse("admin:playback_marker_change", args=(marker.pk,)), data)

    marker.refresh_from_db()
    assert marker.label == "There"
    assert [row.tag.name for row in marker.marker_tags.all()] == ["Sea"]
