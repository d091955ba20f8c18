"""The rows of FFmpeg programs that make streams, and their page in the admin."""

import time
import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from playback.models import StreamSession
from playback.models.streams import SessionState
from playback.services.renditions import register_rendition
from playback.services.stream_sessions import (
    RESTARTED,
    end_leftovers,
    forget_old_sessions,
    stop_sessions,
    write_sessions,
)
from processing.media.stream.runs import RunInfo, RunState
from tests.library.factories import find_permission, make_file, make_user
from tests.playback.streams import COPIED

pytestmark = pytest.mark.django_db


def make_run(key: str, **changes) -> RunInfo:
    values = {
        "id": str(uuid.uuid4()), "key": key, "state": RunState.RUNNING, "encoder": "libx264", "started_at": time.time(),
        "asked_at": time.time(), "position_seconds": 12.5, "speed": 3.2, "viewers": 2, "error": "", "pid": 1,
    }  # fmt: skip
    return RunInfo(**{**values, **changes})


@pytest.fixture
def key() -> str:
    return register_rendition(file=make_file(), rendition=COPIED)


def test_a_run_has_one_row_that_follows_it_to_its_end(key: str) -> None:
    run = make_run(key)

    write_sessions([run])
    write_sessions([make_run(key, id=run.id, position_seconds=30.0)])
    row = StreamSession.objects.get()
    assert (row.state, row.position_seconds, row.viewers, row.ended_at) == (SessionState.RUNNING, 30.0, 2, None)

    write_sessions([make_run(key, id=run.id, state=RunState.FAILED, error="The disk is full.")])
    row.refresh_from_db()
    assert (row.state, row.error) == (SessionState.FAILED, "The disk is full.")
    assert row.ended_at is not None


def test_a_run_of_a_purged_file_has_no_row(key: str) -> None:
    assert write_sessions([make_run("f" * 32)]) == set()
    assert not StreamSession.objects.exists()


def test_what_is_to_be_stopped_is_told_until_it_is(key: str) -> None:
    run = make_run(key)
    write_sessions([run])

    assert stop_sessions([StreamSession.objects.get().pk]) == 1
    assert stop_sessions([StreamSession.objects.get().pk]) == 0
    assert write_sessions([run]) == {run.id}
    assert write_sessions([make_run(key, id=run.id, state=RunState.STOPPED)]) == set()


def test_what_an_earlier_streamer_left_has_ended(key: str) -> None:
    write_sessions([make_run(key)])

    assert end_leftovers() == 1

    row = StreamSession.objects.get()
    assert (row.state, row.error) == (SessionState.ENDED, RESTARTED)


def test_sessions_are_kept_for_a_day(key: str) -> None:
    write_sessions([make_run(key), make_run(key, state=RunState.ENDED), make_run(key, state=RunState.ENDED)])
    StreamSession.objects.filter(pk__in=StreamSession.objects.values("pk")[:3]).update(
        started_at=timezone.now() - timedelta(days=2)
    )

    assert forget_old_sessions() == 2
    assert StreamSession.objects.get().state == SessionState.RUNNING


@pytest.fixture
def curator(client: Client) -> Client:
    user = make_user(is_staff=True, role="")
    user.user_permissions.add(find_permission("playback.view_streamsession"))
    client.force_login(user)
    return client


LIST = "admin:playback_streamsession_changelist"


def test_the_list_costs_the_same_however_many_there_are(
    curator: Client, key: str, django_assert_max_num_queries
) -> None:
    write_sessions([make_run(key)])
    assert b"libx264" in curator.get(reverse(LIST)).content
    write_sessions([make_run(register_rendition(file=make_file(), rendition=COPIED)) for _ in range(8)])

    with django_assert_max_num_queries(14):
        curator.get(reverse(LIST))


def test_whoever_may_change_sessions_stops_them(curator: Client, key: str) -> None:
    write_sessions([make_run(key)])
    row = StreamSession.objects.get()
    wish = {"action": "stop", "_selected_action": [row.pk]}

    curator.post(reverse(LIST), wish)
    row.refresh_from_db()
    assert row.stop_requested_at is None

    user = make_user(is_staff=True, role="")
    user.user_permissions.add(find_permission("playback.change_streamsession"))
    curator.force_login(user)
    assert "1 stream is being stopped" in curator.post(reverse(LIST), wish, follow=True).content.decode()
    row.refresh_from_db()
    assert row.stop_requested_at is not None
    assert "Being stopped" in curator.get(reverse(LIST)).content.decode()
