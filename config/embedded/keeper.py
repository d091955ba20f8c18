"""Runs the servers for commands while `manage.py up` doesn't: python -m config.embedded.keeper TITLE [--disposable]

Each command shares `users.lock`; when the last one has let go, or was killed, the keeper stops the servers and ends.
"""

import os
import signal
import sys
import time
from datetime import UTC, datetime
from types import FrameType

from config import paths
from config.embedded.errors import StackError
from config.embedded.lock import Holder, HomeLock, UsersLock
from config.embedded.stack import start_servers
from config.embedded.supervisor import Supervisor

_LOOK_EVERY_SECONDS = 0.1
_WATCH_EVERY = 5


class _Ended(BaseException):
    """SIGTERM arrived."""


def _end(_number: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise _Ended


def say(sentence: str) -> None:
    """The keeper's output is its log file."""
    sys.stdout.write(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} {sentence}\n")
    sys.stdout.flush()


def keep(lock: HomeLock, *, disposable: bool) -> None:
    """Serves until the last user has gone or SIGTERM; raises StackError when the servers don't start."""
    users = UsersLock(paths.home())
    supervisor = Supervisor(log_folder=paths.logs(), say=say)
    try:
        start_servers(supervisor, disposable=disposable)
        lock.tell(state="ready")
        rounds = 0
        while not users.take_when_alone():
            rounds += 1
            if rounds % _WATCH_EVERY == 0:
                supervisor.watch()
            time.sleep(_LOOK_EVERY_SECONDS)
    except _Ended:
        say("Stopping, as asked to")
    finally:
        lock.tell(state="stopping")
        supervisor.stop()


def main(arguments: list[str]) -> int:
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    lock = HomeLock(paths.home())
    if not lock.acquire(Holder(pid=os.getpid(), role="command", title=arguments[0])):
        return 0
    try:
        keep(lock, disposable="--disposable" in arguments)
    except StackError as error:
        say(str(error))
        return 1
    finally:
        lock.release()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
