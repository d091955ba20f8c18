"""Who runs on a HOME: one holder at a time, and what it tells the others.

`up.lock` is held exclusively by `manage.py up` or by the keeper (see `keeper.py`) and carries a JSON line about the
holder. `users.lock` is held shared by each command that uses a keeper's servers; the keeper ends when nobody holds it.
The kernel releases both when a process dies, however it dies, so neither is ever stale.
"""

import fcntl
import json
import os
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

# A look at the lock takes it for a moment; whoever wants it tries again for this long.
_PATIENCE_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Holder:
    """What the holder of a HOME says about itself; `state` failed comes with `error`, a sentence."""

    pid: int
    role: Literal["up", "command"]
    state: Literal["starting", "ready", "stopping", "failed"] = "starting"
    title: str = ""
    url: str = ""
    error: str = ""


class HomeLock:
    """The exclusive lock of a HOME; released by `release` or by the end of the process."""

    def __init__(self, home: Path) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self.path = home / "up.lock"
        self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        self._holder: Holder | None = None

    def acquire(self, holder: Holder) -> bool:
        """False when somebody else has it."""
        if not _try_lock(self._descriptor, fcntl.LOCK_EX, _PATIENCE_SECONDS):
            return False
        self._write(holder)
        return True

    def tell(self, **changes: str) -> None:
        """Changes what the others read, for example `state="ready"`."""
        if self._holder is None:
            raise RuntimeError("tell() needs the lock")
        self._write(replace(self._holder, **changes))  # type: ignore[arg-type]

    def release(self) -> None:
        if self._holder is not None:
            os.ftruncate(self._descriptor, 0)
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)
            self._holder = None
        os.close(self._descriptor)

    def _write(self, holder: Holder) -> None:
        self._holder = holder
        line = json.dumps(asdict(holder)).encode()
        os.pwrite(self._descriptor, line, 0)
        os.ftruncate(self._descriptor, len(line))


class UsersLock:
    """Shared by the commands that use a keeper's servers, exclusive to the keeper that is ending."""

    def __init__(self, home: Path) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self._descriptor = os.open(home / "users.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)

    def share(self) -> None:
        """Waits while a keeper is ending."""
        fcntl.flock(self._descriptor, fcntl.LOCK_SH)

    def take_when_alone(self, patience_seconds: float = 0.0) -> bool:
        """Turns the lock into the exclusive one when no other process shares it."""
        return _try_lock(self._descriptor, fcntl.LOCK_EX, patience_seconds)

    def release(self) -> None:
        os.close(self._descriptor)


def current_holder(home: Path) -> Holder | None:
    """Who holds the HOME now; None when nobody does. Taking and telling are two steps, so it looks twice."""
    path = home / "up.lock"
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not _try_lock(descriptor, fcntl.LOCK_SH, 0.0):
            text = os.pread(descriptor, 65536, 0)
            try:
                return Holder(**json.loads(text))
            except (ValueError, TypeError):
                if time.monotonic() > deadline:
                    return Holder(pid=0, role="command", title="an unknown process")
            time.sleep(0.02)
        return None
    finally:
        os.close(descriptor)


def _try_lock(descriptor: int, kind: int, patience_seconds: float) -> bool:
    deadline = time.monotonic() + patience_seconds
    while True:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.02)
        else:
            return True
