"""pg_dump and pg_restore against the database of the settings, whichever server that is."""

import os
import re
import shutil
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from django.db import connection
from psycopg.conninfo import make_conninfo

from config.embedded.errors import StackError
from config.embedded.postgres import binaries

_OURS = {"context", "cursor_factory", "prepare_threshold", "password"}


@dataclass(frozen=True, slots=True)
class Server:
    """Where the database is: libpq's parameters without the password, which goes by environment."""

    parameters: dict[str, Any]
    password: str
    name: str

    def conninfo(self, database: str) -> str:
        return make_conninfo(**{**self.parameters, "dbname": database})

    def connect(self, database: str, **more: str | int) -> psycopg.Connection[tuple[Any, ...]]:
        """A connection of its own, in autocommit; `more` are further parameters of libpq."""
        if self.password:
            more["password"] = self.password
        return psycopg.connect(make_conninfo(self.conninfo(database), **more), autocommit=True)

    def environment(self) -> dict[str, str]:
        return {**os.environ, **({"PGPASSWORD": self.password} if self.password else {})}


def current_server() -> Server:
    """The server of the default database."""
    wanted = connection.get_connection_params()
    parameters = {name: str(value) for name, value in wanted.items() if name not in _OURS}
    return Server(parameters, str(wanted.get("password") or ""), str(wanted["dbname"]))


def server_version(server: Server) -> int:
    """PostgreSQL's major version; raises StackError when it can't be reached."""
    try:
        with server.connect(server.name) as session:
            return session.info.server_version // 10000
    except psycopg.OperationalError as error:
        raise StackError(f"The database can't be reached: {str(error).strip()}") from None


def run_program(name: str, arguments: list[str], server: Server) -> None:
    """Runs pg_dump or pg_restore; raises StackError with what it said."""
    program = _find(name, server_version(server))
    result = subprocess.run(
        [str(program), *arguments],
        env=server.environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if result.returncode:
        raise StackError(f"{name} failed: {result.stderr.strip() or f'status {result.returncode}'}")


def _find(name: str, server_major: int) -> Path:
    """The machine's program when it fits the server exactly, else any that is not older than the server."""
    found = shutil.which(name)
    candidates = [Path(found)] if found else []
    with suppress(StackError):  # No wheel for this kind of machine: the PATH has to do.
        candidates.append(binaries() / name)
    versions = {path: version for path in candidates if (version := _version(path)) >= server_major}
    if not versions:
        raise StackError(
            f"The server is PostgreSQL {server_major}, and no {name} here is as new. Install its client programs "
            f"('apt install postgresql-client-{server_major}') and start again."
        )
    return min(versions, key=lambda path: versions[path])


def _version(program: Path) -> int:
    result = subprocess.run([str(program), "--version"], capture_output=True, text=True, check=False)
    match = re.search(r"(\d+)(?:\.\d+)*", result.stdout)
    return int(match.group(1)) if match else 0
