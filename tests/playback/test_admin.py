"""The admin pages about watching."""

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from library.admin.settings_row import setting_fields
from library.models import User
from playback.models import PlaybackSettings, WatchProgress
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


def make_progress(**columns) -> WatchProgress:
    video = columns.pop("video", None) or make_video()
    values = {"user": make_user(), "position_seconds": 30, "duration_seconds": 120, "watched_at": timezone.now()}
    return WatchProgress.objects.create(video=video, **{**values, **columns})


def test_the_list_of_what_was_watched_asks_no_more_when_rows_are_added(page):
    address = reverse("admin:playback_watchprogress_changelist")
    make_progress()
    before = queries_of(page, address)
    for _ in range(10):
        make_progress()

    assert queries_of(page, address) == before


def test_the_list_shows_where_a_video_was_left(page, owner):
    make_progress(user=owner, video=make_video(title="<i>Harbour</i>"))

    html = page.get(reverse("admin:playback_watchprogress_changelist")).content.decode()

    assert "0:30 of 2:00" in html
    assert "&lt;i&gt;Harbour&lt;/i&gt;" in html


def test_what_was_watched_is_only_looked_at(page):
    row = make_progress()

    response = page.post(reverse("admin:playback_watchprogress_change", args=(row.pk,)), {"position_seconds": 1})

    assert response.status_code == 403


def test_a_change_of_settings_is_recorded_with_its_author(page, owner):
    address = reverse("admin:playback_playbacksettings_change", args=(1,))

    # Every setting with its default; an unticked box isn't sent.
    given = {f.name: f.default for f in setting_fields(PlaybackSettings) if f.has_default() and f.default is not False}
    page.post(address, {**given, "completed_percent": 95})

    event = apps.get_model("playback.PlaybackSettingsEvent").objects.get()
    assert (event.completed_percent, event.pgh_context.metadata["user"]) == (95, owner.pk)
