"""Which servers a HOME needs, and how a command comes to them: running ones, or those a keeper starts for it."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import psutil

from config import paths
from config.embedded import listening, logs
from config.embedded.errors import StackError
from config.embedded.lock import Holder, UsersLock, current_holder
from config.embedded.postgres import create_database, let_workers_in, postgres_service
from config.embedded.redis import redis_service
from config.embedded.supervisor import Supervisor

# Set in every process that lives on a stack somebody else holds: it must not look for one itself.
ATTACHED = "VIDEOTHEK_STACK"
_START_SECONDS = 180.0
_END_SECONDS = 20.0
# PostgreSQL connections for workers elsewhere, which take three each.
_FOR_OTHER_MACHINES = 120


def wants_postgres(environment: Mapping[str, str] = os.environ) -> bool:
    return not environment.get("DATABASE_URL", "").strip()


def wants_redis(environment: Mapping[str, str] = os.environ) -> bool:
    return not environment.get("REDIS_URL", "").strip()


def needs_servers(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether this process must see to PostgreSQL or Redis itself."""
    return not environment.get(ATTACHED) and (wants_postgres(environment) or wants_redis(environment))


def check_home() -> None:
    """Raises StackError when HOME can't be made or written to."""
    folder = paths.home()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StackError(f"{folder} can't be made ({error.strerror}). Set VIDEOTHEK_HOME to another folder.") from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise StackError(
            f"You may not write to {folder}. Run this as its owner, or set VIDEOTHEK_HOME to another folder."
        )


@contextmanager
def _no_report(title: str) -> Iterator[None]:
    yield


def start_servers(
    supervisor: Supervisor,
    *,
    connections: int = 100,
    disposable: bool = False,
    report: Callable[[str], AbstractContextManager[None]] = _no_report,
) -> None:
    """Starts what the environment doesn't name, PostgreSQL with its database first; raises StackError."""
    on_network = listening.wanted()
    if wants_postgres():
        with report("Starting PostgreSQL"):
            _start_postgres(supervisor, connections, disposable, on_network)
    if wants_redis():
        with report("Starting Redis"):
            supervisor.start(
                redis_service(
                    data=paths.redis_data(),
                    socket=paths.redis_socket(),
                    disposable=disposable,
                    listening=on_network,
                )
            )


def _start_postgres(
    supervisor: Supervisor, connections: int, disposable: bool, on_network: listening.Listening | None
) -> None:
    sockets = paths.socket_folder()
    supervisor.start(
        postgres_service(
            data=paths.postgres_data(),
            sockets=sockets,
            connections=connections + (_FOR_OTHER_MACHINES if on_network else 0),
            disposable=disposable,
            listening=on_network,
        )
    )
    if on_network is None:
        create_database(sockets)
    else:
        create_database(sockets, port=on_network.postgres_port)
        let_workers_in(sockets, on_network)


class Attachment:
    """The use of a HOME's servers by this process, until `close`."""

    def __init__(self, users: UsersLock, holder: Holder, keeper: subprocess.Popen[bytes] | None) -> None:
        self._users = users
        self._keeper = keeper
        self.holder = holder

    @property
    def is_temporary(self) -> bool:
        """Whether a keeper serves, so nobody has migrated the database for us."""
        return self.holder.role == "command"

    def close(self) -> None:
        """Lets go; when nobody else uses the keeper's servers, waits until they have stopped."""
        is_last = self.is_temporary and self._users.take_when_alone(0.3)
        self._users.release()
        deadline = time.monotonic() + _END_SECONDS
        while is_last and time.monotonic() < deadline:
            holder = current_holder(paths.home())
            if (holder is None or holder.pid != self.holder.pid) and not self._keeper_runs():
                break
            time.sleep(0.05)
        if self._keeper is not None:
            # One that others still use lives on; it is no child to wait for.
            self._keeper.returncode = self._keeper.poll() or 0

    def _keeper_runs(self) -> bool:
        if self._keeper is not None:
            return self._keeper.poll() is None
        return bool(psutil.pid_exists(self.holder.pid))


def attach(*, title: str, disposable: bool = False) -> Attachment:
    """The servers of this HOME, started by a keeper when nobody runs them; raises StackError.

    Waits while another process is just starting or stopping them.
    """
    check_home()
    users = UsersLock(paths.home())
    users.share()
    deadline = time.monotonic() + _START_SECONDS
    keeper: subprocess.Popen[bytes] | None = None
    while time.monotonic() < deadline:
        holder = current_holder(paths.home())
        if holder is not None and holder.state == "ready":
            os.environ[ATTACHED] = "attached"
            return Attachment(users, holder, keeper)
        if holder is not None and holder.state == "failed":
            raise StackError(holder.error)
        if holder is None and (keeper is None or keeper.poll() is not None):
            if keeper is not None and keeper.returncode:
                raise StackError(_last_words())
            keeper = _start_keeper(title, disposable)
        time.sleep(0.05)
    raise StackError(f"PostgreSQL and Redis didn't start within {_START_SECONDS:.0f} s. See {paths.logs()}.")


def _start_keeper(title: str, disposable: bool) -> subprocess.Popen[bytes]:
    arguments = [sys.executable, "-m", "config.embedded.keeper", title, *(["--disposable"] if disposable else [])]
    logs.rotate(paths.logs(), "keeper")
    with logs.open_log(paths.logs(), "keeper") as log:
        return subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=paths.PROJECT_ROOT,
            start_new_session=True,
        )


def _last_words() -> str:
    """What the keeper that ended said last: it writes its sentence there."""
    path = Path(paths.logs()) / "keeper.log"
    lines = path.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else f"PostgreSQL and Redis didn't start. See {paths.logs()}."
