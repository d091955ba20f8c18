"""Programs under test that run on a HOME of their own."""

import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil

from config.paths import PROJECT_ROOT


def environment_for(home: Path, **more: str) -> dict[str, str]:
    """This process's environment without the tests' servers, few processes, and `home` as VIDEOTHEK_HOME."""
    ours = ("VIDEOTHEK_", "DJANGO_SETTINGS_MODULE", "DATABASE_URL", "REDIS_URL", "HOST", "PORT", "PYTEST_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    few = {"VIDEOTHEK_WEB_WORKERS": "1", "VIDEOTHEK_WEB_THREADS": "4", "VIDEOTHEK_MEDIA_WORKERS": "1"}
    return {**kept, **few, "VIDEOTHEK_HOME": str(home), "PYTHONUNBUFFERED": "1", **more}


def manage(home: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Runs manage.py to its end."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=PROJECT_ROOT,
        env=environment_for(home, **more),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def free_port() -> int:
    """A port nobody listens on. Below those that Linux gives to outgoing connections, and of each worker of the tests
    its own thousand: what was free a second ago still is when a server comes to bind it."""
    first = 20_000 + 1_000 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    for port in random.SystemRandom().sample(range(first, first + 1_000), 1_000):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError(f"no port between {first} and {first + 999} is free")


def processes_of(home: Path) -> list[str]:
    """Command lines of all processes that belong to a HOME, by environment or command line; empty when it is clean."""
    found = []
    for process in psutil.process_iter():
        try:
            words = process.cmdline()
            belongs = process.environ().get("VIDEOTHEK_HOME") == str(home) or any(str(home) in word for word in words)
        except psutil.Error:
            continue
        if belongs and process.pid != os.getpid():
            found.append(f"{process.pid} {' '.join(words)}")
    return found


def wait_until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Fails when the condition doesn't come true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it didn't happen in time"
        time.sleep(0.05)
