"""The admin pages about watching."""

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from library.models import User
from playback.models import WatchProgress
from tests.library.factories import make_user, make_video

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> User:
    return make_user(username="owner", is_staff=True, is_superuser=True)


@pytest.fixture
def page(client: Client, owner: User) -> Client:
    client.force_login(owner)
    return client


def queries_of(page: Client, address: str) -> int:
    """How many queries the page takes; asked once before, so that nothing is counted that happens only once."""
    page.get(address)
    with CaptureQueriesContext(connection) as queries:
        assert page.get(address).status_code == 200
    return len(queries)


RULES = {
    "resume_after_seconds": 5,
    "completed_percent": 90,
    "min_watch_seconds": 60,
    "short_video_watch_seconds": 10,
    "short_video_duration_seconds": 60,
    "watch_session_gap_minutes": 30,
    "session_retention_days": 365,
}


def make_progress(**columns) -> WatchProgress:
    video = columns.pop("video", None) or make_video()
    values = {
        "user": User.objects.get(username="owner"),
        "position_seconds": 30,
        "duration_seconds": 120,
        "watched_at": timezone.now(),
    }
    return WatchProgress.objects.create(video=video, **{**values, **columns})


def test_the_list_of_what_was_watched_asks_no_more_when_rows_are_added(page):
    address = reverse("admin:playback_watchprogress_changelist")
    make_progress()
    before = queries_of(page, address)
    for _ in range(10):
        make_progress()

    assert queries_of(page, address) == before


def test_the_list_shows_where_a_video_was_left(page):
    make_progress(video=make_video(title="<i>Harbour</i>"))

    html = page.get(reverse("admin:playback_watchprogress_changelist")).content.decode()

    assert "0:30 of 2:00" in html
    assert "&lt;i&gt;Harbour&lt;/i&gt;" in html


@pytest.mark.parametrize("model", ["watchprogress", "watch", "playcount", "viewcount"])
def test_not_even_an_owner_reads_what_others_watched(page, model):
    about = {"user": make_user(username="Bela"), "video": make_video(title="Secret")}
    times = {"viewcount": "last_counted_at", "watchprogress": "watched_at", "watch": "watched_at"}
    if model in times:
        about[times[model]] = timezone.now()
    row = apps.get_model("playback", model)._default_manager.create(**about)

    html = page.get(reverse(f"admin:playback_{model}_changelist")).content.decode()
    one = page.get(reverse(f"admin:playback_{model}_change", args=(row.pk,)))

    assert "Secret" not in html
    assert one.status_code == 302, "as if there were no such row"


def test_what_was_watched_is_only_looked_at(page):
    row = make_progress()

    response = page.post(reverse("admin:playback_watchprogress_change", args=(row.pk,)), {"position_seconds": 1})

    assert response.status_code == 403


def test_a_change_of_settings_is_recorded_with_its_author(page, owner):
    address = reverse("admin:playback_playbacksettings_change", args=(1,))

    page.post(address, {**RULES, "completed_percent": 95})

    event = apps.get_model("playback.PlaybackSettingsEvent").objects.get()
    assert (event.completed_percent, event.pgh_context.metadata["user"]) == (95, owner.pk)
