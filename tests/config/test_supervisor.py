import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from config.embedded import logs
from config.embedded.errors import StackError
from config.embedded.service import PROCESSES, Service
from config.embedded.supervisor import Supervisor
from config.paths import PROJECT_ROOT
from tests.config.stacks import wait_until


@pytest.fixture
def said():
    return []


@pytest.fixture
def supervisor(tmp_path, said):
    supervisor = Supervisor(log_folder=tmp_path / "log", say=said.append)
    yield supervisor
    supervisor.stop()


def service(script: str, name: str = "thing", **more) -> Service:
    return Service(
        name=name, title=name.title(), command=(sys.executable, "-c", textwrap.dedent(script)), folder=Path("/"), **more
    )


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


SLEEP = "import time; time.sleep(60)"


def test_a_service_runs_in_a_session_of_its_own(supervisor):
    supervisor.start(service(SLEEP))

    pid = supervisor.pids()["thing"]
    assert os.getsid(pid) == pid


def test_what_dies_is_started_again_and_its_log_named(supervisor, said, tmp_path):
    supervisor.start(service(SLEEP))
    first = supervisor.pids()["thing"]

    os.kill(first, signal.SIGKILL)
    wait_until(lambda: supervisor.watch() or supervisor.pids().get("thing", first) != first)

    assert is_alive(supervisor.pids()["thing"])
    assert said == [
        f"Thing was ended by SIGKILL: starting it again in 0.5 s. See {tmp_path / 'log' / 'thing.log'}",
    ]


def test_what_keeps_dying_waits_longer_each_time(supervisor, said):
    supervisor.start(service("raise SystemExit(3)"))

    wait_until(lambda: supervisor.watch() or len(said) == 3)

    assert [sentence.split(" again in ")[1].split(" s.")[0] for sentence in said] == ["0.5", "1", "2"]


def test_the_death_of_a_service_takes_what_it_left_behind_with_it(supervisor, tmp_path):
    note = tmp_path / "pid"
    supervisor.start(
        service(f"""
            import os, subprocess, time
            child = subprocess.Popen(["sleep", "60"], process_group=0)
            open({str(note)!r} + ".new", "w").write(str(child.pid))
            os.rename({str(note)!r} + ".new", {str(note)!r})
            time.sleep(60)
        """)
    )
    wait_until(note.exists)
    child = int(note.read_text())

    os.kill(supervisor.pids()["thing"], signal.SIGKILL)
    wait_until(lambda: supervisor.watch() or not is_alive(child))

    assert not is_alive(child)


def test_a_service_that_ends_at_once_stops_the_start_with_the_end_of_its_log(supervisor):
    with pytest.raises(StackError, match=r"(?s)Thing ended at once.*no such luck"):
        supervisor.start(service("raise SystemExit('no such luck')", is_ready=lambda: False))


def test_a_service_that_is_never_ready_stops_the_start(supervisor):
    with pytest.raises(StackError, match="Thing isn't ready after 0 s"):
        supervisor.start(service(SLEEP, is_ready=lambda: False, ready_seconds=0.2))


def test_stopping_asks_before_it_kills(supervisor, tmp_path):
    note = tmp_path / "note"
    ready = tmp_path / "ready"
    supervisor.start(
        service(
            f"""
            import pathlib, signal, sys, time
            def end(*_):
                pathlib.Path({str(note)!r}).write_text("bye")
                sys.exit()
            signal.signal(signal.SIGTERM, end)
            pathlib.Path({str(ready)!r}).touch()
            time.sleep(60)
            """,
            is_ready=ready.exists,
        )
    )

    supervisor.stop()

    assert note.read_text() == "bye"


def test_what_ignores_the_signal_is_killed_in_time(supervisor, tmp_path, monkeypatch):
    monkeypatch.setattr("config.embedded.supervisor.PHASE_SECONDS", (0.5, 0.1, 0.1))
    ready = tmp_path / "ready"
    script = f"""
        import pathlib, signal, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        pathlib.Path({str(ready)!r}).touch()
        time.sleep(60)
    """
    supervisor.start(service(script, is_ready=ready.exists, phase=PROCESSES))
    pid = supervisor.pids()["thing"]

    supervisor.stop()

    assert not is_alive(pid)


def test_services_die_when_their_supervisor_is_killed(tmp_path):
    script = f"""
        import pathlib, sys, time
        from config.embedded.service import Service
        from config.embedded.supervisor import Supervisor
        supervisor = Supervisor(log_folder=pathlib.Path({str(tmp_path)!r}), say=print)
        supervisor.start(Service(name="thing", title="Thing", command=("sleep", "60"), folder=pathlib.Path("/")))
        print(supervisor.pids()["thing"], flush=True)
        time.sleep(60)
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)], cwd=PROJECT_ROOT, stdout=subprocess.PIPE, text=True
    ) as parent:
        pid = int(parent.stdout.readline())
        wait_until(lambda: b"sleep" in Path(f"/proc/{pid}/cmdline").read_bytes())

        parent.kill()
        parent.wait()

    wait_until(lambda: not is_alive(pid))


def test_logs_stay_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(logs, "LIMIT_BYTES", 100)
    with logs.open_log(tmp_path, "thing") as log:
        for number in range(10):
            log.write(b"%d" % number * 150 + b"\n")
            logs.rotate(tmp_path, "thing")

    assert sorted(path.name for path in tmp_path.iterdir()) == ["thing.log"] + [f"thing.log.{n}" for n in (1, 2, 3)]
    assert (tmp_path / "thing.log").stat().st_size == 0
    assert (tmp_path / "thing.log.1").read_bytes().startswith(b"9")


def test_a_start_is_not_begun_when_it_can_not_be_prepared(supervisor):
    def prepare() -> None:
        raise StackError("no room")

    with pytest.raises(StackError, match="no room"):
        supervisor.start(service(SLEEP, prepare=prepare))

    assert supervisor.pids() == {}
