"""Links as programs follow them: what they show, and their passwords."""

import random
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from library.models import User, VideoFile
from library.services.changes import change_batch
from playback.models import ShareLink
from playback.models.share import ShareAccess
from playback.services.sharing import token_of
from tests.faces.factories import make_creator, make_track
from tests.library.factories import make_file, make_video, write_file
from tests.playback.sharing import body, make_link, make_sharer, page_of

pytestmark = pytest.mark.django_db

CONTENT = random.Random(3).randbytes(300_000)
PASSWORD = "open sesame"


@pytest.fixture(autouse=True)
def kept_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """Closing a response ends its request, which would close the connection that the test's transaction lives in."""
    monkeypatch.setattr(connection, "close_if_unusable_or_obsolete", lambda: None)


@pytest.fixture
def owner() -> User:
    return make_sharer()


@pytest.fixture
def film(tmp_path: Path) -> VideoFile:
    path = write_file(tmp_path / "private name.mp4", content=CONTENT)
    return make_file(path=path, video=make_video(title="Harbour"), duration_seconds=10.0)


@pytest.fixture
def link(film: VideoFile, owner: User) -> ShareLink:
    assert film.video is not None
    return make_link(film.video, owner=owner)


@pytest.fixture
def locked(film: VideoFile, owner: User) -> ShareLink:
    assert film.video is not None
    return make_link(film.video, owner=owner, password=PASSWORD)


@pytest.fixture
def stranger() -> Client:
    return Client()


def views(link: ShareLink) -> int:
    link.refresh_from_db()
    return link.view_count


def api_of(link: ShareLink) -> str:
    return f"/api/v1/shared/{token_of(link)}/"


def test_a_program_resolves_a_link_and_that_is_a_view(stranger: Client, link: ShareLink) -> None:
    answer = stranger.get(f"/api/v1/shared/{token_of(link)}/")
    found = answer.json()

    assert answer.status_code == 200
    assert (found["title"], found["duration_seconds"], found["items"]) == ("Harbour", 10.0, [])
    assert body(stranger.get(found["stream"].removeprefix("http://testserver"))) == CONTENT
    assert views(link) == 1


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"revoked_at": timezone.now()}, 404),
        ({"expires_at": timezone.now() - timedelta(days=1)}, 410),
        ({"access": ShareAccess.AUTH_REQUIRED}, 401),
        ({"password": "x"}, 401),
    ],
)
def test_a_program_is_told_why_not(stranger: Client, link: ShareLink, change: dict[str, object], status: int) -> None:
    ShareLink.objects.update(**change)

    answer = stranger.get(f"/api/v1/shared/{token_of(link)}/")

    assert answer.status_code == status
    assert set(answer.json()) == {"detail"}
    assert views(link) == 0


def test_a_program_sends_the_password_once_and_its_proof_from_then_on(stranger: Client, locked: ShareLink) -> None:
    wrong = stranger.post(api_of(locked), {"password": "guess"}, "application/json")
    proven = stranger.post(api_of(locked), {"password": PASSWORD}, "application/json")
    headers = {"X-Share-Proof": proven.json()["proof"]}
    other = Client()
    found = other.get(api_of(locked), headers=headers).json()

    address = found["stream"].removeprefix("http://testserver")
    sent = other.get(address, headers=headers)
    without = other.get(address)

    assert (wrong.status_code, proven.status_code) == (403, 200)
    assert body(sent) == CONTENT
    assert without.status_code == 401
    assert body(stranger.get(address)) == CONTENT, "who keeps cookies needs no header"
    assert other.get(api_of(locked), headers={"X-Share-Proof": "junk"}).status_code == 401


def test_guessing_by_the_api_counts_with_guessing_on_the_page(stranger: Client, locked: ShareLink, settings) -> None:
    settings.LOGIN_TRIES = 3
    for number in range(2):
        stranger.post(api_of(locked), {"password": f"guess {number}"}, "application/json")
    stranger.post(page_of(locked) + "password", {"password": "guess"})

    answer = stranger.post(api_of(locked), {"password": PASSWORD}, "application/json")

    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0


def test_who_cant_open_a_link_cant_prove_anything_either(stranger: Client, link: ShareLink, locked: ShareLink) -> None:
    ShareLink.objects.filter(pk=locked.pk).update(access=ShareAccess.AUTH_REQUIRED)

    answers = [
        stranger.post(address, {"password": PASSWORD}, "application/json").status_code
        for address in (api_of(link), api_of(locked), "/api/v1/shared/AAAAAAAAAAAAAAAAAAAAAA/")
    ]

    assert answers == [400, 401, 404]


def test_a_link_never_tells_whose_faces_are_in_the_video(stranger: Client, film: VideoFile, link: ShareLink) -> None:
    assert film.video is not None
    vector = np.eye(512)[3]
    with change_batch(summary="Named faces", user=None):
        named = make_creator(name="Nobody's business")
        make_track(vector=vector, video=film.video, creator=named, status="manual")
        make_track(vector=vector, video=film.video)

    answers = [
        stranger.get(page_of(link)).content,
        stranger.get(api_of(link)).content,
        stranger.post(page_of(link) + "playback/", {}, "application/json").content,
    ]

    for answer in answers:
        assert b"face" not in answer.lower()
        assert b"business" not in answer
