"""`manage.py up` as a person starts it, on a HOME and a port of its own."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from config.embedded.lock import current_holder
from config.paths import PROJECT_ROOT
from tests.config.stacks import environment_for, free_port, manage, processes_of, wait_until


class Running:
    """A started `up` and what it prints."""

    def __init__(self, home: Path, media: Path) -> None:
        self.home = home
        self.port = free_port()
        self.output = home.with_suffix(".out")
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "up", "--media", str(media), "--port", str(self.port)],
                cwd=PROJECT_ROOT,
                env=environment_for(home),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def said(self) -> str:
        return self.output.read_text()

    def get(self, path: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("GET", path)
        response = connection.getresponse()
        body = response.read()
        connection.close()
        return response.status, body

    def is_ready(self) -> bool:
        try:
            return self.get("/readyz")[0] == 200
        except OSError:
            return False

    def service(self, word: str) -> psutil.Process | None:
        """The child whose command line holds the word."""
        for child in psutil.Process(self.process.pid).children():
            try:
                if any(word in part for part in child.cmdline()):
                    return child
            except psutil.Error:
                continue
        return None


@pytest.fixture(scope="module")
def up(tmp_path_factory):
    """One for all tests of this module. Its end is a test too: SIGTERM leaves nothing behind within 15 seconds."""
    folder = tmp_path_factory.mktemp("up")
    (folder / "my videos").mkdir()
    running = Running(folder / "home", folder / "my videos")
    try:
        wait_until(lambda: "Videothek is ready" in running.said() or running.process.poll() is not None, 300)
        yield running
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(timeout=15) == 0
        assert processes_of(running.home) == []
    finally:
        running.process.kill()
        running.process.wait()


def test_it_says_where_to_look(up):
    said = up.said()

    assert f"http://127.0.0.1:{up.port}" in said
    assert "admin  with the password" in said
    assert "my videos" in said
    assert str(up.home / "log") in said


def test_ready_means_ready(up):
    wait_until(up.is_ready)

    assert json.loads(up.get("/readyz")[1])["status"] == "ok"


@pytest.mark.slow
def test_a_second_start_on_the_same_home_says_so(up):
    second = manage(up.home, "up", "--port", str(free_port()))

    assert second.returncode == 1
    assert f"already runs on {up.home}: http://127.0.0.1:{up.port} (process {up.process.pid})" in second.stderr


@pytest.mark.slow
def test_a_command_uses_the_running_servers(up):
    script = "from library.models import Folder; print(Folder.objects.get())"

    result = manage(up.home, "shell", "--no-imports", "-c", script)

    assert "my videos" in result.stdout
    assert current_holder(up.home).role == "up"


@pytest.mark.slow
def test_a_restore_is_refused_while_it_runs(up, tmp_path):
    assert manage(up.home, "backup", str(tmp_path / "backup.tar")).returncode == 0

    result = manage(up.home, "restore", str(tmp_path / "backup.tar"), "--yes")

    assert result.returncode == 1
    assert "Videothek is running at" in result.stderr


@pytest.mark.parametrize(
    "word",
    ["bin/postgres", "gunicorn", *(pytest.param(name, marks=pytest.mark.slow) for name in ("redis-server", "scan"))],
)
def test_what_is_killed_comes_back(up, word):
    wait_until(lambda: up.service(word))
    killed = up.service(word)

    killed.kill()

    wait_until(lambda: (service := up.service(word)) is not None and service.pid != killed.pid)
    wait_until(up.is_ready, 60)
    assert ": starting it again in" in up.said()


@pytest.mark.slow
def test_a_busy_port_is_named_before_anything_starts(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        result = manage(tmp_path / "home", "up", "--port", str(port))

    assert result.returncode == 1
    assert f"Port {port} is used by" in result.stderr
    assert f"(process {os.getpid()})" in result.stderr
    assert not (tmp_path / "home" / "postgres").exists()


@pytest.mark.slow
def test_a_missing_media_folder_is_named_before_anything_starts(tmp_path):
    result = manage(tmp_path / "home", "up", "--media", str(tmp_path / "none"))

    assert result.returncode == 1
    assert f"There is no folder {tmp_path / 'none'}" in result.stderr
    assert not (tmp_path / "home" / "postgres").exists()
