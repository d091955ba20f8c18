import http.client
import socket
import subprocess
import sys
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from config.paths import PROJECT_ROOT
from tests.config.stacks import environment_for, free_port, wait_until


class Server:
    """A gunicorn with two threads that wait at most a second, before an application that hangs when told to."""

    def __init__(self, folder: Path) -> None:
        self.port, self.folder = free_port(), folder
        self.connections: list[http.client.HTTPConnection] = []
        (folder / "home" / "static").mkdir(parents=True)
        environment = environment_for(
            folder / "home",
            VIDEOTHEK_WEB_WORKERS="1",
            VIDEOTHEK_WEB_THREADS="2",
            VIDEOTHEK_WEB_WAIT_SECONDS="1",
            VIDEOTHEK_WEB_STALL_SECONDS="1",
            # Nothing here collects static files, whose names the page would look up.
            VIDEOTHEK_DEBUG="true",
            GATE=str(folder / "gate"),
            DJANGO_SETTINGS_MODULE="tests.config.small_settings",
        )
        # The patience at a stop is far longer than any test waits, so that what needs it is seen to hang.
        patience = ["--graceful-timeout", "300"]
        command = ["-m", "gunicorn", "-c", "python:config.gunicorn", *patience, "--bind", f"127.0.0.1:{self.port}"]
        self.process = subprocess.Popen(
            [sys.executable, *command, "tests.config.slow_application"],
            cwd=PROJECT_ROOT, env=environment, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def is_listening(self) -> bool:
        assert self.process.poll() is None, self.process.communicate()[1]
        with closing(socket.socket()) as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def ask(
        self, path: str, method: str = "GET", body: bytes | None = None, timeout: float = 60.0, **headers: str
    ) -> http.client.HTTPConnection:
        """A connection with a request on its way."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        self.connections.append(connection)
        connection.request(method, path, body, headers)
        return connection

    def answer(self, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Any:
        """The answer, read whole, and its connection."""
        connection = self.ask(path, method, body, **headers)
        response = connection.getresponse()
        return response.status, response.headers, response.read(), connection

    def is_refusing(self) -> bool:
        """Whether one who comes now is told to come back; one who isn't stays in the queue."""
        try:
            return self.ask("/probe", timeout=0.2).getresponse().status == 503
        except TimeoutError:
            return False

    def fill(self) -> list[http.client.HTTPConnection]:
        """Both threads hang, and what waits behind them has waited longer than a second."""
        held = [self.ask(f"/slow?{number}") for number in range(2)]
        wait_until(lambda: all((self.folder / f"began-{number}").exists() for number in range(2)))
        held.append(self.ask("/waits"))
        wait_until(self.is_refusing)
        return held

    def open_gate(self) -> None:
        (self.folder / "gate").touch()

    def close(self) -> None:
        """Everything that is held open to it."""
        for connection in self.connections:
            connection.close()
        if self.process.stderr is not None:
            self.process.stderr.close()

    def stop(self) -> str:
        """What it said, after it has ended."""
        for connection in self.connections:
            connection.close()
        self.process.terminate()
        return self.process.communicate(timeout=30)[1]


@pytest.fixture
def server(tmp_path):
    made = Server(tmp_path)
    try:
        wait_until(made.is_listening)
        yield made
    finally:
        made.open_gate()
        if made.process.returncode is None:
            made.stop()
        made.close()


def test_who_would_wait_too_long_is_told_to_come_back_and_health_files_and_streams_are_answered(server):
    server.fill()

    page = server.answer("/library/", Accept="text/html")
    again = server.answer("/api/v1/videos/")
    passing = [server.answer(path)[0] for path in ("/healthz", "/static/x.css", "/videos/1/stream", "/derived/a.webp")]

    assert (page[0], again[0], passing) == (503, 503, [200] * 4)
    assert 5 <= int(page[1]["Retry-After"]) <= 15
    assert b"Too much at once" in page[2]
    assert again[1]["Content-Type"] == "application/json"
    assert again[2].startswith(b'{"detail": "Too much at once')


def test_after_the_crowd_pages_are_answered_again_on_the_same_connections(server):
    held = server.fill()
    refused = server.answer("/library/")

    server.open_gate()
    slow = [connection.getresponse().status for connection in held[:2]]
    late = held[2].getresponse()
    wait_until(lambda: server.answer("/probe")[0] == 200)
    refused[3].request("GET", "/library/")
    on_the_same = refused[3].getresponse().status

    assert (refused[0], slow, late.status, on_the_same) == (503, [200, 200], 503, 200)
    assert "told to come back" in server.stop()


def test_who_sends_a_body_is_told_to_come_back_and_loses_the_connection(server):
    server.fill()

    status, headers, _, _ = server.answer("/save", method="POST", body=b"title=x")
    nothing = server.answer("/library/", method="HEAD")

    assert (status, headers["Connection"]) == (503, "close")
    assert (nothing[0], nothing[2]) == (503, b"")


def test_without_a_crowd_nobody_is_told_to_come_back(server):
    server.open_gate()

    answers = [server.answer("/slow?x")[0] for _ in range(20)]

    assert answers == [200] * 20


@pytest.mark.slow
def test_who_sends_or_takes_nothing_gives_back_the_thread(server):
    """Both threads are held by each of the three, and the page behind them is answered all the same."""
    server.open_gate()
    heads = (
        b"GET /half-a-head HTTP/1.1\r\nHost: x\r\n",
        b"POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf",
        b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n",
    )
    for head in heads:
        with closing(socket.socket()) as first, closing(socket.socket()) as second:
            for one in (first, second):
                one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                one.connect(("127.0.0.1", server.port))
                one.sendall(head)
            wait_until(lambda: server.answer("/library/")[0] == 200)
            # Closed by the server: without that the wait would end by the time-out of the test.
            for one in (first, second):
                one.settimeout(20)
                with suppress(ConnectionResetError):
                    while one.recv(1024 * 1024):
                        pass

    said = server.stop()
    assert "Traceback" not in said


# ---- Files ----------------------------------------------------------------------------------------------------------
FILM_BYTES = 24_000_000


@pytest.fixture
def film(tmp_path):
    content = bytes(range(256)) * (FILM_BYTES // 256)
    (tmp_path / "film").write_bytes(content)
    return content


def test_who_has_paused_a_film_holds_no_thread_and_gets_the_rest_later(server, film):
    paused = [server.ask(f"/film?{len(film)}").getresponse() for _ in range(12)]

    page = server.answer("/library/")[0]
    rest = paused[3].read()
    again = server.connections[3]
    again.request("GET", f"/film?{300_000}")
    on_the_same = again.getresponse().read()
    for number, response in enumerate(paused):
        if number != 3:
            response.close()
            server.connections[number].close()

    assert page == 200
    assert rest == film
    assert on_the_same == film[:300_000]
    assert server.answer("/library/")[0] == 200


def test_who_asks_for_the_connection_to_be_closed_gets_all_of_the_film_first(server, film):
    status, headers, body, _ = server.answer(f"/film?{len(film)}", Connection="close")

    assert (status, headers["Connection"]) == (200, "close")
    assert body == film


def test_a_film_that_became_shorter_ends_its_connection(server, film):
    response = server.ask(f"/film?{len(film) + 1000}").getresponse()

    with response, pytest.raises(http.client.IncompleteRead) as caught:
        response.read()

    assert len(caught.value.partial) == len(film)


def test_a_stop_lets_go_of_who_has_paused(server, film):
    paused = server.ask(f"/film?{len(film)}").getresponse()

    server.process.terminate()

    assert server.process.wait(timeout=60) == 0
    with paused, pytest.raises((http.client.IncompleteRead, ConnectionError)):
        paused.read()
