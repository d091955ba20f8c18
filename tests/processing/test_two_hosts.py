"""A worker on another machine: two network namespaces, joined by a cable, with different mounts.

The second host sees nothing of the first one's HOME but the folder of pictures, and the videos at another path.
"""

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from config import paths
from config.backup.programs import current_server
from config.embedded.postgres import binaries
from tests.config.stacks import environment_for, processes_of
from tests.media_factory import make_video

PASSWORD = "shared by both machines"
# Far more than anything here takes.
PATIENCE_SECONDS = 120.0
MANAGE = (sys.executable, str(paths.PROJECT_ROOT / "manage.py"))


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, capture_output=True, text=True, check=False)


@dataclass(frozen=True)
class Cable:
    """Two namespaces that see each other."""

    main: str
    other: str
    address: str


@pytest.fixture
def cable() -> Iterator[Cable]:
    if shutil.which("ip") is None or shutil.which("unshare") is None:
        pytest.skip("TWO HOSTS NOT TESTED: there is no ip (iproute2) or no unshare (util-linux) on this machine")
    number = os.getpid()
    made = Cable(f"vt{number}a", f"vt{number}b", f"198.18.{number % 250}.1")
    steps = [
        ("netns", "add", made.main),
        ("netns", "add", made.other),
        ("link", "add", f"vt{number}m", "netns", made.main, "type", "veth", "peer", "name", f"vt{number}o", "netns",
         made.other),
        ("-n", made.main, "addr", "add", f"{made.address}/30", "dev", f"vt{number}m"),
        ("-n", made.other, "addr", "add", f"{made.address[:-1]}2/30", "dev", f"vt{number}o"),
        *(("-n", host, "link", "set", device, "up") for host, device in
          ((made.main, "lo"), (made.main, f"vt{number}m"), (made.other, "lo"), (made.other, f"vt{number}o"))),
    ]  # fmt: skip
    try:
        for step in steps:
            if (done := run("ip", *step)).returncode:
                pytest.skip(f"TWO HOSTS NOT TESTED: no network namespaces here: ip {' '.join(step)}: {done.stderr}")
        yield made
    finally:
        for name in (made.main, made.other):
            run("ip", "netns", "delete", name)


@pytest.fixture
def started() -> Iterator[Callable[..., subprocess.Popen]]:
    """Starts a program in a namespace; all are told to end after the test, the last one first."""
    processes: list[subprocess.Popen] = []

    def start(log: Path, host: str, *command: str, **environment: str) -> subprocess.Popen:
        with log.open("ab") as output:
            processes.append(
                subprocess.Popen(
                    ("ip", "netns", "exec", host, *command),
                    cwd=paths.PROJECT_ROOT,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                )
            )
        return processes[-1]

    yield start
    for process in reversed(processes):
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for(condition: Callable[[], object], log: Path, what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"never happened: {what}\n{log.read_text()[-3000:]}"
        time.sleep(0.3)


def rows(statement: str) -> list[tuple]:
    """From the first host's database, by its socket: the test itself is in neither namespace."""
    try:
        with psycopg.connect(host=str(paths.socket_folder()), user="videothek", dbname="videothek") as session:
            return session.execute(statement).fetchall()
    except (psycopg.OperationalError, psycopg.errors.UndefinedTable):
        return []


# The first host: its servers, the tables as the tests have them (migrating takes far longer), and a worker that scans.
FIRST_HOST = """
import os, subprocess, sys
import django
from config.embedded.stack import attach
restore, dump, films = sys.argv[1:]
attachment = attach(title="first host")
try:
    subprocess.run([*restore.split(), dump], check=True)
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    django.setup()
    from django.core.management import call_command
    from library.services import find_or_register_folder
    from processing.services import submit_scan
    submit_scan(folder=find_or_register_folder(path=films)[0].folder)
    call_command("worker", queue=["scan"])
finally:
    attachment.close()
"""


def dump_schema(to: Path) -> None:
    """The tests' own database, which is migrated and empty."""
    server = current_server()
    words = (binaries() / "pg_dump", "-Fc", "--no-owner", "--no-privileges", "-f", to, server.conninfo(server.name))
    subprocess.run(list(map(str, words)), check=True)


def other_host(films: Path, home: Path, there: Path) -> str:
    """The shell's part of the second host: a name, the two shared folders at other places, and nothing else."""
    for name in ("films", "derived", "home"):
        (there / name).mkdir(parents=True)
    shared = [(films, there / "films"), (home / "derived", there / "derived")]
    steps = ["mount --make-rprivate /", "hostname second-host"]
    steps += [f"mount --bind {shlex.quote(str(old))} {shlex.quote(str(new))}" for old, new in shared]
    hidden = {films, home, *({paths.socket_folder()} - {home / "run"})}
    steps += [f"mount -t tmpfs none {shlex.quote(str(folder))}" for folder in sorted(hidden)]
    return " && ".join([*steps, 'exec "$@"'])


@pytest.mark.slow
def test_a_worker_on_a_second_host_does_the_work(cable, started, tmp_path, monkeypatch, db):
    films, home, there, log = tmp_path / "films", tmp_path / "home", tmp_path / "there", tmp_path / "log"
    films.mkdir()
    for name in ("a", "b"):
        make_video(films / f"{name}.mp4", seconds=1)
        os.utime(films / f"{name}.mp4", (1_700_000_000, 1_700_000_000))
    monkeypatch.setenv("VIDEOTHEK_HOME", str(home))
    listening = {"VIDEOTHEK_LISTEN_ADDRESS": cable.address, "VIDEOTHEK_WORKER_PASSWORD": PASSWORD}
    main = environment_for(home, **listening)

    dump_schema(tmp_path / "dump")
    restore = (
        f"{binaries() / 'pg_restore'} --exit-on-error --no-owner -h {paths.socket_folder()} -U videothek -d videothek"
    )
    started(log, cable.main, sys.executable, "-c", FIRST_HOST, restore, str(tmp_path / "dump"), str(films), **main)
    wait_for(lambda: len(rows("SELECT 1 FROM processing_job WHERE stage = 'probe'")) == 2, log, "the scan")

    # The second host: over the network only.
    quoted = PASSWORD.replace(" ", "%20")
    remote = environment_for(
        there / "home",
        DATABASE_URL=f"postgresql://videothek_worker:{quoted}@{cable.address}:5432/videothek",
        REDIS_URL=f"redis://:{quoted}@{cable.address}:6379/0",
        VIDEOTHEK_SECRET_KEY=(home / "secrets" / "secret-key").read_text(),
        VIDEOTHEK_DERIVED_FOLDER=str(there / "derived"),
    )
    shell = ("unshare", "--mount", "--uts", "sh", "-c", other_host(films, home, there), "sh")
    worker = (*shell, *MANAGE, "worker", "--queue", "media", "--queue", "maintenance")
    unfit_log = tmp_path / "unfit"
    without_map = started(unfit_log, cable.other, *worker, **remote)
    fit = started(log, cable.other, *worker, **remote, VIDEOTHEK_PATH_MAP=f"{films}={there / 'films'}")

    ready = "SELECT 1 FROM library_videofile WHERE state = 'ready'"
    wait_for(lambda: len(rows(ready)) == 2 or fit.poll() is not None, log, "both files are ready")
    jobs = rows("SELECT stage, status FROM processing_job WHERE stage IN ('probe', 'frames') ORDER BY stage")
    capabilities = rows("SELECT capabilities FROM processing_workerprocess WHERE host = 'second-host'")
    others = rows("SELECT queue FROM processing_workerprocess WHERE host <> 'second-host'")
    pictures = [name for row in rows("SELECT small, large FROM processing_thumbnail") for name in row]
    refused = without_map.wait(PATIENCE_SECONDS)
    fit.send_signal(signal.SIGTERM)
    ended = fit.wait(PATIENCE_SECONDS)

    assert sorted(jobs) == [("frames", "completed")] * 2 + [("probe", "completed")] * 2
    assert others == [("scan",)], "nobody else could have done it"
    assert capabilities[0][0]["path_map"] == [[str(films), str(there / "films")]]
    assert capabilities[0][0]["is_main"] is False
    assert len(pictures) == 4
    assert all((home / "derived" / name).stat().st_size for name in pictures), "where the pages look for them"
    assert refused == 2, "without its path map it doesn't begin, and no file is called broken"
    assert f"{films} can't be read here" in unfit_log.read_text() or "holds other files here" in unfit_log.read_text()
    assert ended == 0
    assert rows("SELECT 1 FROM processing_workerprocess WHERE host = 'second-host'") == []
    assert [line for line in processes_of(there / "home") if "worker" in line] == []
