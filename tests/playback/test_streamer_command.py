"""manage.py streamer: the process that makes streams."""

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from playback.models import StreamSession
from playback.models.streams import SessionState
from playback.services import parts
from playback.services.renditions import register_rendition
from playback.services.stream_sessions import stop_sessions
from processing.media.stream.runs import State
from tests.playback.streams import ENCODED
from tests.processing.converting import library_film

pytestmark = pytest.mark.django_db(transaction=True)

SECONDS = 30.0


@pytest.fixture(autouse=True)
def places(settings: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.STREAM_FOLDER = str(tmp_path / "streams")
    settings.STREAMER_SOCKET = tmp_path / "streamer.sock"
    # The tests after this one are no less important than others.
    monkeypatch.setattr(os, "nice", lambda more: 0)


def while_it_runs(script: Callable[[], None]) -> None:
    """Runs the command in this thread, as signals need it, and the script beside it."""
    raised: list[BaseException] = []

    def beside() -> None:
        try:
            wait_until(lambda: parts.fetch_part(key="0" * 32, name="0.m4s", viewer="").state is State.GONE)
            script()
        except BaseException as error:  # noqa: BLE001
            raised.append(error)
        finally:
            connection.close()
            os.kill(os.getpid(), signal.SIGTERM)

    thread = threading.Thread(target=beside)
    thread.start()
    call_command("streamer")
    thread.join()
    if raised:
        raise raised[0]


def wait_until(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < deadline, "It didn't come true."
        time.sleep(0.05)


def ffmpegs() -> list[psutil.Process]:
    return [one for one in psutil.Process().children(recursive=True) if "-frag_duration" in one.cmdline()]


def session() -> StreamSession:
    return StreamSession.objects.get()


def test_it_makes_parts_tells_of_its_sessions_and_stops_them(tmp_path: Path) -> None:
    film = library_film(tmp_path / "films", codec="h264", audio="aac", seconds=100, size="64x48", rate=5)
    key = register_rendition(file=film, rendition=ENCODED)

    def watch() -> None:
        wait_until(lambda: parts.fetch_part(key=key, name="0.m4s", viewer="ann").state is State.READY)
        wait_until(lambda: StreamSession.objects.filter(state=SessionState.RUNNING).exists())
        assert (session().viewers, session().encoder) == (1, "libx264")
        assert ffmpegs()

        stop_sessions([session().pk])

        wait_until(lambda: session().state == SessionState.STOPPED)
        assert not ffmpegs()
        assert "stopped this stream" in parts.fetch_part(key=key, name="20.m4s", viewer="ann").sentence

    while_it_runs(watch)
    assert not ffmpegs()


def test_parts_of_purged_films_go_and_what_a_killed_one_left_has_ended(
    tmp_path: Path, settings: SimpleNamespace
) -> None:
    film = library_film(tmp_path / "films", codec="h264", audio="aac")
    key = register_rendition(file=film, rendition=ENCODED)
    gone = Path(settings.STREAM_FOLDER) / "ab" / ("ab" * 16)
    gone.mkdir(parents=True)
    (gone / "0.m4s").write_bytes(b"of a film that was purged")
    left = StreamSession.objects.create(
        run_id="00000000-0000-4000-8000-000000000000",
        rendition_id=film.stream_renditions.get(key=key).pk,
        encoder="copy",
        started_at=film.created_at,
        last_asked_at=film.created_at,
    )

    while_it_runs(lambda: wait_until(lambda: not gone.exists()))

    left.refresh_from_db()
    assert left.state == SessionState.ENDED


def test_two_never_work_in_one_folder() -> None:
    def refused() -> None:
        with pytest.raises(CommandError, match="Another streamer"):
            _serve_beside()

    while_it_runs(refused)


def _serve_beside() -> None:
    """A second one; signals belong to the first."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(signal, "signal", lambda number, handler: handler)
        call_command("streamer")
