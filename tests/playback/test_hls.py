"""Streams over HTTP: playlist, parts, and everything that must not be one."""

import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test import Client, RequestFactory
from django.urls import reverse

from library.models import VideoFile
from playback.services import parts
from playback.services.renditions import has_few_keyframes, load_stream_job, register_rendition
from playback.views.hls import send_part
from processing.media.stream import plan
from processing.media.stream.runs import State
from processing.media.stream.streamer import Streamer
from tests.library.factories import make_file, make_user
from tests.playback.streams import COPIED, ENCODED, served
from tests.processing.converting import library_film

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def kept_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """Closing a response ends its request, which would close the connection that the test's transaction lives in."""
    monkeypatch.setattr(connection, "close_if_unusable_or_obsolete", lambda: None)


@pytest.fixture(autouse=True)
def places(settings: SimpleNamespace, tmp_path: Path) -> None:
    settings.STREAM_FOLDER = tmp_path / "streams"
    settings.STREAMER_SOCKET = tmp_path / "streamer.sock"


@pytest.fixture
def viewer(client: Client) -> Client:
    client.force_login(make_user())
    return client


@pytest.fixture
def film(tmp_path: Path) -> VideoFile:
    return library_film(tmp_path / "films", name="film.mkv", codec="h264", audio="aac", seconds=4, size="96x64")


@pytest.fixture
def key(film: VideoFile) -> str:
    return register_rendition(file=film, rendition=ENCODED)


@pytest.fixture
def streamer(settings: SimpleNamespace, key: str) -> Iterator[Streamer]:
    job = load_stream_job(key)
    assert job is not None
    with served(settings.STREAMER_SOCKET, settings.STREAM_FOLDER, job) as one:
        yield one


def address(film: VideoFile, key: str, name: str) -> str:
    if name == "index.m3u8":
        return reverse("hls_playlist", args=[film.video_id, key])
    return reverse("hls_part", args=[film.video_id, key, name])


def body(response) -> bytes:
    sent = b"".join(response) if response.streaming else response.content
    response.close()
    return sent


def test_a_viewer_gets_the_playlist_and_every_part_that_it_names(
    viewer: Client, film: VideoFile, key: str, streamer: Streamer
) -> None:
    playlist = viewer.get(address(film, key, "index.m3u8"))
    names = ["init.mp4", *(line for line in body(playlist).decode().splitlines() if line.endswith(".m4s"))]
    answers = [viewer.get(address(film, key, name)) for name in names]

    assert playlist["Content-Type"] == "application/vnd.apple.mpegurl"
    assert len(names) == 3
    for name, answer in zip(names, answers, strict=True):
        assert answer.status_code == 200
        stored = streamer.store.path(key, name).read_bytes()
        assert answer["Content-Length"] == str(len(stored))
        assert body(answer) == stored
        assert answer["Cache-Control"].startswith("private")
        assert "Content-Disposition" not in answer


def test_what_is_no_part_is_not_found(viewer: Client, film: VideoFile, key: str, streamer: Streamer) -> None:
    for name in ("2.m4s", "00.m4s", "-1.m4s", "1.mp4", "x", "..", "plan.json", ".0.m4s.part", "9" * 30 + ".m4s"):
        assert viewer.get(f"/videos/{film.video_id}/hls/{key}/{name}").status_code == 404


def test_paths_do_not_lead_out_of_the_cache(viewer: Client, film: VideoFile, key: str, streamer: Streamer) -> None:
    for trick in ("..%2f..%2fetc%2fpasswd", "%2e%2e/init.mp4", "..%2finit.mp4", "init.mp4%00"):
        assert viewer.get(f"/videos/{film.video_id}/hls/{key}/{trick}").status_code == 404


def test_keys_of_other_videos_and_forged_ones_are_not_found(
    viewer: Client, film: VideoFile, key: str, streamer: Streamer
) -> None:
    viewer.get(address(film, key, "init.mp4")).close()
    other = make_file()

    assert viewer.get(address(other, key, "init.mp4")).status_code == 404
    assert viewer.get(address(film, "0" * 32, "init.mp4")).status_code == 404
    assert viewer.get(address(film, "..", "init.mp4")).status_code == 404


def test_nobody_without_the_right_gets_a_byte(client: Client, film: VideoFile, key: str, streamer: Streamer) -> None:
    assert client.get(address(film, key, "index.m3u8")).status_code == 302
    client.force_login(make_user(role=""))

    for name in ("index.m3u8", "init.mp4", "0.m4s"):
        assert client.get(address(film, key, name)).status_code == 403


def test_whoever_checked_a_right_of_his_own_sends_parts_of_that_file_only(
    film: VideoFile, key: str, streamer: Streamer
) -> None:
    request = RequestFactory().get("/s/token/0.m4s")

    assert body(send_part(request, film, key, "0.m4s"))
    with pytest.raises(Exception, match="no such stream"):
        send_part(request, make_file(), key, "0.m4s")


def test_without_a_streamer_what_was_made_is_served_and_the_rest_is_asked_for_again(
    viewer: Client, film: VideoFile, key: str, settings: SimpleNamespace
) -> None:
    job = load_stream_job(key)
    with served(settings.STREAMER_SOCKET, settings.STREAM_FOLDER, job):
        viewer.get(address(film, key, "0.m4s")).close()
    settings.STREAMER_SOCKET.unlink(missing_ok=True)

    made = viewer.get(address(film, key, "0.m4s"))
    made.close()
    assert made.status_code == 200
    missing = viewer.get(address(film, key, "index.m3u8"))
    assert (missing.status_code, missing["Retry-After"]) == (503, "2")
    assert "try again" in missing.content.decode()


def test_only_some_threads_wait_for_parts(
    viewer: Client, film: VideoFile, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def later(path: Path, question) -> parts.Part:
        asked.append(question.wait_seconds)
        return parts.Part(State.LATER, sentence="Not yet.", retry_seconds=1)

    monkeypatch.setattr(parts, "_ask", later)
    taken = 0
    while parts._waiting.acquire(blocking=False):
        taken += 1
    try:
        answer = viewer.get(address(film, key, "0.m4s"))
    finally:
        for _ in range(taken):
            parts._waiting.release()

    assert answer.status_code == 503
    assert answer.content.decode() == parts.CROWDED
    assert asked == [0.0]
    assert viewer.get(address(film, key, "0.m4s")).content == b"Not yet."
    assert asked == [0.0, 0.0, parts.WAIT_SECONDS]


def test_a_silent_streamer_is_away(settings: SimpleNamespace) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as one:
        one.bind(str(settings.STREAMER_SOCKET))

        part = parts.fetch_part(key="0" * 32, name="0.m4s", viewer="")

    assert (part.state, part.path, part.sentence) == (State.LATER, None, parts.AWAY)


def test_a_failure_is_told_in_words(viewer: Client, film: VideoFile, key: str, streamer: Streamer) -> None:
    Path(film.fs_path).unlink()

    answer = viewer.get(address(film, key, "index.m3u8"))

    assert answer.status_code == 422
    assert "no longer at its place" in answer.content.decode()


def test_a_film_without_places_to_cut_it_at_is_refused_in_words_and_that_is_remembered(
    viewer: Client, tmp_path: Path, settings: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "LONGEST_SECONDS", 2.0)
    film = library_film(tmp_path / "few", name="few.mkv", codec="h264", audio="aac", seconds=4, size="96x64", gop=1000)
    key = register_rendition(file=film, rendition=COPIED)
    job = load_stream_job(key)
    assert job is not None

    with served(settings.STREAMER_SOCKET, settings.STREAM_FOLDER, job):
        answer = viewer.get(address(film, key, "index.m3u8"))

    assert answer.status_code == 422
    assert "too few keyframes" in answer.content.decode()
    assert has_few_keyframes(film)


def test_a_proxy_that_sends_files_is_told_which(
    viewer: Client, film: VideoFile, key: str, streamer: Streamer, settings: SimpleNamespace
) -> None:
    settings.SENDFILE = "nginx"

    answer = viewer.get(address(film, key, "init.mp4"))

    assert answer["X-Accel-Redirect"] == f"/_videothek_files{streamer.store.path(key, 'init.mp4')}"
    assert answer.content == b""
    assert answer["Content-Type"] == "video/mp4"
