"""Shared videos in browsers that can't play them as they are: the answer, streams and subtitles of a link."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from library.models import User, VideoFile
from playback.models import PlaybackSettings, SharedStream, ShareLink
from playback.services.renditions import load_stream_job
from playback.services.sharing import revoke_link
from tests.library.factories import make_file, make_user
from tests.playback.playing import FIREFOX
from tests.playback.sharing import body, make_clip, make_link, make_sharer, page_of
from tests.playback.streams import served
from tests.processing.converting import library_film

pytestmark = pytest.mark.django_db

SRT = "1\n00:00:00,500 --> 00:00:02,000\nOver there!\n"


@pytest.fixture(autouse=True)
def kept_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """Closing a response ends its request, which would close the connection that the test's transaction lives in."""
    monkeypatch.setattr(connection, "close_if_unusable_or_obsolete", lambda: None)


@pytest.fixture(autouse=True)
def places(settings: SimpleNamespace, tmp_path: Path) -> None:
    settings.STREAM_FOLDER = tmp_path / "streams"
    settings.STREAMER_SOCKET = tmp_path / "streamer.sock"


@pytest.fixture
def owner() -> User:
    return make_sharer()


@pytest.fixture
def film(tmp_path: Path) -> VideoFile:
    file = library_film(tmp_path / "films", name="film.mkv", codec="h264", audio="aac", seconds=4, size="96x64")
    (Path(file.fs_path).parent / "film.en.srt").write_text(SRT)
    return file


@pytest.fixture
def link(film: VideoFile, owner: User) -> ShareLink:
    assert film.video is not None
    return make_link(film.video, owner=owner)


def ask(link: ShareLink, client: Client | None = None, **wish: Any) -> Any:
    body = {"capabilities": FIREFOX, **wish}
    return (client or Client(enforce_csrf_checks=True)).post(
        f"{page_of(link)}playback/", body, content_type="application/json"
    )


def status(client: Client, address: str) -> int:
    """What is answered; read to its end, a stream closes its file."""
    answer = client.get(address)
    body(answer)
    return int(answer.status_code)


@contextmanager
def streaming(settings: SimpleNamespace, key: str) -> Iterator[None]:
    job = load_stream_job(key)
    assert job is not None
    with served(settings.STREAMER_SOCKET, settings.STREAM_FOLDER, job):
        yield


def test_a_stranger_gets_an_answer_with_the_links_own_addresses(link: ShareLink, film: VideoFile) -> None:
    make_file(video=film.video, path=film.fs_path, folder=film.folder, relative_path="copy.mkv", is_primary=False)

    answer = ask(link).json()

    assert answer["method"] == "remux"
    assert answer["url"] == f"{page_of(link)}hls/{answer['rendition']}/index.m3u8"
    assert [track["url"] for track in answer["subtitles"]] == [
        f"{page_of(link)}subtitles/{answer['subtitles'][0]['id']}.vtt"
    ]
    assert answer["files"] == []
    assert "/videos/" not in str(answer)


def test_the_stream_and_its_subtitles_are_given_out_by_the_link_alone(
    link: ShareLink, settings: SimpleNamespace
) -> None:
    answer, guest = ask(link).json(), Client()

    with streaming(settings, answer["rendition"]):
        playlist = body(guest.get(answer["url"])).decode()
        names = [line for line in playlist.splitlines() if line.endswith(".m4s")]
        parts = [guest.get(answer["url"].replace("index.m3u8", name)) for name in ("init.mp4", *names)]
        subtitles = body(guest.get(answer["subtitles"][0]["url"])).decode()

    assert len(names) >= 1
    assert [part.status_code for part in parts] == [200] * (len(names) + 1)
    assert all(body(part) for part in parts)
    assert "Over there!" in subtitles
    assert parts[0]["Cross-Origin-Resource-Policy"] == "same-origin"
    assert SharedStream.objects.count() == 1, "one viewer of one video, however many parts"


def test_nothing_is_given_out_by_another_link_nor_once_it_is_taken_back(
    link: ShareLink, film: VideoFile, owner: User, settings: SimpleNamespace
) -> None:
    answer, guest = ask(link).json(), Client()
    elsewhere = make_link(make_file().video, owner=owner)
    mark = make_link(make_clip(film.video, user=owner), owner=owner)
    paths = [f"hls/{answer['rendition']}/{name}" for name in ("index.m3u8", "init.mp4", "0.m4s")]
    paths.append(f"subtitles/{answer['subtitles'][0]['id']}.vtt")

    with streaming(settings, answer["rendition"]):
        before = [status(guest, page_of(link) + path) for path in paths]
        others = [status(guest, page_of(other) + path) for other in (elsewhere, mark) for path in paths]
        tricks = [status(guest, f"{page_of(link)}hls/{answer['rendition']}/{name}") for name in ("..", "x", "9.m4s")]
        revoke_link(link=link, by=owner)
        after = [status(guest, page_of(link) + path) for path in paths]

    assert before == [200] * 4
    assert others == [404] * 8
    assert tricks == [404] * 3
    assert after == [404] * 4
    assert ask(link).status_code == 404
    assert ask(mark).status_code == 404


def test_a_locked_link_answers_nothing(film: VideoFile, owner: User) -> None:
    assert film.video is not None
    locked = make_link(film.video, owner=owner, password="open sesame")
    for_accounts = make_link(film.video, owner=owner, access="auth_required")
    member = Client()
    member.force_login(make_user(role=""))

    assert [ask(locked).status_code, ask(for_accounts).status_code] == [401, 401]
    assert ask(for_accounts, member).status_code == 200


def test_another_copy_is_never_chosen(link: ShareLink, film: VideoFile, tmp_path: Path) -> None:
    other = make_file()

    assert ask(link, file=other.pk).json()["file"] == film.pk
    Path(film.fs_path).unlink()
    gone = ask(link)
    assert (gone.status_code, gone.json()["code"], gone.json()["files"]) == (409, "missing", [])


@pytest.mark.parametrize("junk", ["[]", "{", '{"capabilities": 5}', '"' + "x" * 70_000 + '"'])
def test_junk_is_400(link: ShareLink, junk: str) -> None:
    answer = Client().post(f"{page_of(link)}playback/", junk, content_type="application/json")

    assert answer.status_code == 400


def test_parts_of_streams_count_among_those_who_watch(link: ShareLink, settings: SimpleNamespace) -> None:
    PlaybackSettings.objects.create(share_streams=1)
    answer = ask(link).json()

    with streaming(settings, answer["rendition"]):
        first = Client(REMOTE_ADDR="10.0.0.1").get(answer["url"])
        second = Client(REMOTE_ADDR="10.0.0.2").get(answer["url"])
        body(first)

    assert (first.status_code, second.status_code) == (200, 429)
