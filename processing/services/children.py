"""Programs that stages start (FFmpeg, say): stopped, ended, and found again when their worker died.

What a worker starts carries the worker's name in its environment, so that it is known for an orphan whoever started
it, and by whatever library. Linux only, as the workers are.
"""

import contextlib
import logging
import os
import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from processing.services.claim import is_dead_here, worker_name

logger = logging.getLogger(__name__)

# In the environment of everything that a job starts.
MARK = "VIDEOTHEK_JOB_OF"
_TASKS = Path("/proc/self/task")


def direct_children() -> set[int]:
    """Process ids of what this process started and has not yet waited for. Microseconds: the kernel keeps the list."""
    found: set[int] = set()
    try:
        for task in _TASKS.iterdir():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                found.update(map(int, (task / "children").read_text().split()))
    except FileNotFoundError:
        return {child.pid for child in psutil.Process().children()}
    return found


@dataclass(slots=True)
class Brood:
    """The programs that one job has started; those that ran before it are none of its."""

    before: set[int] = field(default_factory=direct_children)

    def members(self) -> list[psutil.Process]:
        """They, and what they started in turn."""
        found: list[psutil.Process] = []
        for pid in direct_children() - self.before:
            with contextlib.suppress(psutil.NoSuchProcess):
                child = psutil.Process(pid)
                found += [child, *child.children(recursive=True)]
        return found

    def stop(self) -> None:
        """Takes the machine from them: they stand still until they may go on."""
        _send(self.members(), signal.SIGSTOP)

    def go_on(self) -> None:
        """Lets them run again."""
        _send(self.members(), signal.SIGCONT)

    def kill(self) -> None:
        """Ends them without waiting for their end."""
        _send(self.members(), signal.SIGKILL)

    def end(self) -> int:
        """Kills what is left of them; returns how many lived."""
        living = self.members()
        _send(living, signal.SIGKILL)
        psutil.wait_procs(living, timeout=1.0)
        return len(living)


def _send(processes: Iterable[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            process.send_signal(number)


@contextmanager
def brood() -> Iterator[Brood]:
    """Around a job: what it starts is marked, and ended with it however it ends."""
    before = os.environ.get(MARK)
    os.environ[MARK] = worker_name()
    own = Brood()
    try:
        yield own
    finally:
        if before is None:
            del os.environ[MARK]
        else:
            os.environ[MARK] = before
        if direct_children() - own.before:
            left = own.end()
            if left:
                logger.warning("%s programs that a job had started were ended with it.", left)


def end_orphans() -> int:
    """Kills marked programs on this machine whose worker is gone; returns how many. Reads each process's environment
    (some 20 µs)."""
    ended = 0
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            worker = process.environ().get(MARK, "")
            if worker and process.pid != os.getpid() and is_dead_here(worker):
                process.kill()
                logger.warning("Process %s (%s) was left by the dead worker %s: ended.", process.pid, process, worker)
                ended += 1
    return ended
