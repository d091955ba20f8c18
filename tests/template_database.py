"""A migrated database to copy: made once for a run, and once for all runs while migrations and models stay as they are.

Migrating from nothing takes most of a minute on a busy machine; a copy of the template takes a moment. The cluster with
the template in it is kept under var/test-database/; a clean checkout has none and makes its own.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from config import paths

NAME = "videothek_template"
_ROOT = Path(__file__).resolve().parent.parent
_KEPT = _ROOT / "var" / "test-database"
_MADE_FROM = ("*/migrations/*.py", "*/models/*.py", "library/*.py", "people/*.py", "processing/stages/*.py")


def _key() -> str:
    """Changes with everything that migrations read."""
    digest = hashlib.sha256(sys.version.encode())
    sources = {path for pattern in _MADE_FROM for path in _ROOT.glob(pattern)}
    for path in [*sorted(sources), _ROOT / "requirements" / "cpu.txt", _ROOT / "config" / "embedded" / "postgres.py"]:
        digest.update(os.fsencode(path.relative_to(_ROOT)) + path.read_bytes())
    return digest.hexdigest()[:24]


def lay_out_cluster() -> None:
    """Before the servers start: the kept cluster, if there is one for this state of the code."""
    kept = _KEPT / _key()
    if kept.is_dir():
        _copy(kept, paths.postgres_data())
        os.utime(kept)


def ensure_template() -> str:
    """The template's name; the first worker to ask makes it, the others wait for it."""
    with _lock():
        with _server() as server:
            made = server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME]).fetchone()
        if made is None:
            _migrate()
    return NAME


def drop_other_databases() -> bool:
    """At the end of a run, the servers still there: leaves the template alone in the cluster; whether it is there."""
    with _server() as server:
        names = server.execute("SELECT datname FROM pg_database WHERE datname LIKE 'test\\_%'").fetchall()
        for (name,) in names:
            server.execute(psycopg.sql.SQL("DROP DATABASE {} WITH (FORCE)").format(psycopg.sql.Identifier(name)))
        return server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME]).fetchone() is not None


def store_cluster() -> None:
    """After the servers have stopped: keeps the cluster for the next run, and only the last eight."""
    kept = _KEPT / _key()
    if kept.exists() or not paths.postgres_data().is_dir():
        return
    _KEPT.mkdir(parents=True, exist_ok=True)
    half = kept.with_name(f"{kept.name}.{os.getpid()}")
    _copy(paths.postgres_data(), half)
    try:
        half.rename(kept)
    except OSError:
        shutil.rmtree(half, ignore_errors=True)
    for old in sorted(_KEPT.iterdir(), key=lambda path: path.stat().st_mtime)[:-8]:
        shutil.rmtree(old, ignore_errors=True)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cp", "-a", "--reflink=auto", os.fspath(source), os.fspath(target)], check=True)


@contextmanager
def _lock() -> Iterator[None]:
    with (paths.home() / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def _server() -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    with psycopg.connect(
        host=str(paths.socket_folder()), dbname="postgres", user="videothek", autocommit=True
    ) as connection:
        yield connection


def _migrate() -> None:
    """Makes the template under another name first: a run that is cut short leaves none that is half migrated."""
    half = f"{NAME}_half"
    with _server() as server:
        server.execute(f"DROP DATABASE IF EXISTS {half} WITH (FORCE)")
        server.execute(f"CREATE DATABASE {half}")
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.test_settings",
        "DATABASE_URL": f"postgresql://videothek@/{half}?host={paths.socket_folder()}",
    }
    command = [sys.executable, "-m", "django", "migrate", "--verbosity=0"]
    subprocess.run(command, cwd=_ROOT, env=environment, check=True)
    with _server() as server:
        server.execute(f"ALTER DATABASE {half} RENAME TO {NAME}")
