"""Players over the API, and who is watching now."""

import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from library.models import User, Video
from playback.models import PlaybackSession
from tests.library.factories import find_permission, make_user
from tests.playback.watching import CHROME, Player, make_film

pytestmark = pytest.mark.django_db


@pytest.fixture
def user(client: Client) -> User:
    user = make_user(username="Ana")
    client.force_login(user)
    return user


@pytest.fixture
def film() -> Video:
    return make_film(title="Sea")


def put(client: Client, session: uuid.UUID, film: Video, **changes: Any):
    told = {
        "video": film.pk,
        "file": film.files.get().pk,
        "state": "playing",
        "position_seconds": 12.5,
        "watched_seconds": 10,
        "duration_seconds": 1000,
        "method": "direct",
        "rendition": None,
        **changes,
    }
    address = f"/api/v1/playback-sessions/{session}/"
    return client.put(address, told, content_type="application/json", headers={"User-Agent": CHROME})


def test_a_player_tells_and_is_answered(client: Client, user: User, film: Video) -> None:
    response = put(client, uuid.uuid4(), film)

    row = PlaybackSession.objects.get()
    assert response.json() == {"is_completed": False, "play_counted": False, "view_counted": True, "stop": False}
    assert (row.user, row.device, row.position_seconds, row.file_id) == (
        user,
        "Chrome on Linux",
        12.5,
        film.files.get().pk,
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "rewinding"},
        {"position_seconds": -1},
        {"position_seconds": "x"},
        {"watched_seconds": 1e12},
        {"video": "x"},
        {"video": 2**70},
        {"sequence": 0},
    ],
)
def test_a_message_that_can_not_be_is_400(client: Client, user: User, film: Video, changes: dict[str, Any]) -> None:
    assert put(client, uuid.uuid4(), film, **changes).status_code == 400
    assert not PlaybackSession.objects.exists()


def test_sessions_of_others_and_videos_that_are_gone_are_404(client: Client, user: User, film: Video) -> None:
    theirs = Player(make_user(), film)
    theirs.tell()

    answers = [put(client, theirs.session, film), put(client, uuid.uuid4(), film, video=film.pk + 99)]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].json() == {"detail": "That session belongs to somebody else."}
    assert PlaybackSession.objects.get().user == theirs.user


def test_a_message_needs_a_login_a_role_and_the_form_token(film: Video) -> None:
    strict = Client(enforce_csrf_checks=True)
    anonymous = put(strict, uuid.uuid4(), film).status_code
    strict.force_login(make_user())
    forged = put(strict, uuid.uuid4(), film).status_code
    nobody = Client()
    nobody.force_login(make_user(role=""))

    assert anonymous in (401, 403)
    assert forged == 403
    assert put(nobody, uuid.uuid4(), film).status_code == 403


def test_who_may_sees_who_watches_and_stops_them(client: Client, user: User, film: Video) -> None:
    player = Player(user, film, position=40)
    player.play(10)
    ended = Player(make_user(), film)
    ended.tell("stopped")
    keeper = Client()
    keeper.force_login(make_user(is_superuser=True))

    seen = keeper.get("/api/v1/playback-sessions/").json()
    refused = [
        client.get("/api/v1/playback-sessions/").status_code,
        client.post(f"/api/v1/playback-sessions/{player.session}/stop/").status_code,
    ]
    stopped = keeper.post(f"/api/v1/playback-sessions/{player.session}/stop/").status_code
    nobody = keeper.post(f"/api/v1/playback-sessions/{ended.session}/stop/").status_code

    assert [(one["user"], one["title"], one["address"], one["position_seconds"]) for one in seen] == [
        ("Ana", "Sea", "192.0.2.7", 50)
    ]
    assert refused == [403, 403]
    assert (stopped, nobody) == (204, 404)
    assert player.play(10).stop


def test_the_admin_lists_who_watches_now_and_nothing_of_before(client: Client, user: User, film: Video) -> None:
    player = Player(user, film, position=40)
    player.play(10)
    ended = Player(make_user(username="Bela"), make_film(title="Windmill"))
    ended.tell("stopped")
    keeper = make_user(is_staff=True)
    keeper.user_permissions.add(find_permission("playback.view_playbacksession"))
    client.force_login(keeper)
    address = reverse("admin:playback_playbacksession_changelist")
    row = PlaybackSession.objects.get(public_id=player.session)
    action = {"action": "stop", "_selected_action": [row.pk]}

    page = client.get(address).content.decode()
    client.post(address, action)
    row.refresh_from_db()
    without = row.stop_asked_at
    keeper.user_permissions.add(find_permission("playback.stop_playbacksession"))
    said = client.post(address, action, follow=True).content.decode()

    assert "Sea" in page
    assert "192.0.2.7" in page
    assert "Windmill" not in page
    assert without is None
    assert "1 player is told to stop within ten seconds." in said
    assert "Asked to stop" in said
    assert client.get(reverse("admin:playback_playbacksession_change", args=(row.pk,))).status_code == 200
