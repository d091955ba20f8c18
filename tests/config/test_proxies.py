"""nginx and Caddy, set up as docs/operations.md says, send what Videothek allows, and nothing else."""

import http.client
import os
import random
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from config.paths import PROJECT_ROOT
from library.models import VideoFile
from tests.config.stacks import free_port, wait_until
from tests.library.factories import make_file, make_user, write_file

CONTENT = random.Random(8).randbytes(5_000_000)
# What a path may hold and an address may not.
NAME = "50% of #1? ä 'x' \"y\" & z.mp4"


def documented(language: str, heading: str) -> str:
    """The configuration below the line that begins so."""
    text = (PROJECT_ROOT / "docs" / "operations.md").read_text()
    found = re.search(rf"^{heading}.*?\n\n```{language}\n(.*?)```", text, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


def nginx(folder: Path, port: int, upstream: str) -> list[str]:
    """Its command line with the documented places."""
    places = documented("nginx", "nginx, with").replace("http://127.0.0.1:8000", upstream)
    paths = " ".join(
        f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"""daemon off; master_process off; pid {folder}/pid; error_log {folder}/log;
        events {{}} http {{ access_log off; default_type text/plain; {paths}
        server {{ listen 127.0.0.1:{port}; {places} }} }}"""
    )
    return [_program("nginx"), "-e", f"{folder}/log", "-c", f"{folder}/nginx.conf"]


def caddy(folder: Path, port: int, upstream: str) -> list[str]:
    places = documented("", "Caddy, with").replace("127.0.0.1:8000", upstream.removeprefix("http://"))
    (folder / "Caddyfile").write_text(
        f"{{\nadmin off\nauto_https off\npersist_config off\n}}\nhttp://127.0.0.1:{port} {{\n{places}\n}}\n"
    )
    return [_program("caddy"), "run", "--adapter", "caddyfile", "--config", f"{folder}/Caddyfile"]


def _program(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if found is None:
        pytest.skip(f"There is no {name} on this machine: apt install nginx, or caddy's own package.")
    return found


PROXIES = {"nginx": nginx, "caddy": caddy}


class Proxy:
    """A client of the proxy that is logged in."""

    def __init__(self, port: int, cookies: str) -> None:
        self._port, self._cookies = port, cookies

    def ask(self, address: str, method: str = "GET", *, is_known: bool = True, **headers: str) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)
        known = {"Cookie": self._cookies} if is_known else {}
        connection.request(method, address, headers={**known, **headers})
        answer = connection.getresponse()
        found = SimpleNamespace(status=answer.status, headers=answer.headers, body=answer.read())
        connection.close()
        return found

    def is_up(self) -> bool:
        try:
            return bool(self.ask("/healthz").status == 200)
        except OSError:
            return False


@pytest.fixture
def file(transactional_db: None, tmp_path: Path) -> VideoFile:
    return make_file(path=write_file(tmp_path / "films" / NAME, content=CONTENT), container="mp4")


@pytest.fixture(params=PROXIES)
def proxy(
    request: pytest.FixtureRequest, file: VideoFile, live_server: Any, settings: Any, tmp_path: Path
) -> Iterator[Proxy]:
    settings.SENDFILE = request.param
    settings.ALLOWED_HOSTS = ["*"]
    client = Client()
    client.force_login(make_user())
    cookies = "; ".join(f"{name}={one.value}" for name, one in client.cookies.items())
    port, folder = free_port(), tmp_path / "proxy"
    folder.mkdir()
    command = PROXIES[request.param](folder, port, live_server.url)
    environment = {**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    made = Proxy(port, cookies)
    try:
        wait_until(made.is_up)
        yield made
    finally:
        process.terminate()
        process.wait(10)
        # The last answer's request may still be closing its connection.
        time.sleep(0.1)


def test_the_documented_proxy_sends_ranges_to_those_who_may_and_nothing_to_others(
    proxy: Proxy, file: VideoFile, tmp_path: Path
) -> None:
    address = f"/videos/{file.video_id}/stream"
    whole = proxy.ask(address)
    part = proxy.ask(address, Range="bytes=1000000-3999999")
    end = proxy.ask(address, Range="bytes=-1000")
    behind = proxy.ask(address, Range="bytes=9000000-")
    same = proxy.ask(address, **{"If-None-Match": whole.headers["ETag"]})
    head = proxy.ask(address, "HEAD")

    assert (whole.status, whole.body) == (200, CONTENT)
    # In one piece: the proxy's threads are nobody's.
    assert (part.status, part.body) == (206, CONTENT[1_000_000:4_000_000])
    assert part.headers["Content-Range"] == f"bytes 1000000-3999999/{len(CONTENT)}"
    assert (end.status, end.body) == (206, CONTENT[-1000:])
    assert (behind.status, same.status) == (416, 304)
    assert (head.status, head.body) == (200, b"")
    for answer in (whole, part):
        assert answer.headers["Content-Type"] == "video/mp4"
        assert answer.headers["Cache-Control"].startswith("private")
        assert "X-Accel-Redirect" not in answer.headers
        assert "inline" in answer.headers["Content-Disposition"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert whole.headers["Accept-Ranges"] == "bytes"
    stranger = proxy.ask(address, is_known=False)
    straight = [
        proxy.ask(f"/_videothek_files{quote(str(tmp_path / 'films' / NAME))}", is_known=one) for one in (True, False)
    ]
    assert CONTENT[:100] not in stranger.body
    assert stranger.status in (302, 401, 403)
    assert [answer.status for answer in straight] == [404, 404]
