"""Restoring a backup: beside what is there, then a swap, so that a failure loses nothing."""

import secrets
import shutil
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from psycopg import sql

from config import paths
from config.backup.archive import DATABASE, KEYS, UPLOADS, Manifest, read_manifest
from config.backup.programs import Server, current_server, run_program
from config.embedded.errors import StackError
from config.embedded.lock import current_holder

_MAINTENANCE = "postgres"
_CLOSING_SECONDS = 2.0


def restore_backup(source: Path) -> Manifest:
    """Replaces database, uploads and secret key by the backup's, and migrates to this release.

    Raises StackError, with all as before, when the backup is damaged or newer, when Videothek or another program
    uses the database, and when the restore fails.
    """
    manifest = read_manifest(source)
    check_release(manifest, source)
    check_idle()
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=paths.home()) as name:
        folder = Path(name)
        _extract(source, folder)
        with _swapped_database(folder / DATABASE):
            call_command("migrate", interactive=False, verbosity=0)
            connection.close()
            _swap_files(folder)
    return manifest


def restore_database(source: Path) -> None:
    """Replaces only the database by the backup's, without migrating: the way back from a failed migration."""
    read_manifest(source)
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=paths.home()) as name:
        folder = Path(name)
        _extract(source, folder)
        with _swapped_database(folder / DATABASE):
            return


def check_release(manifest: Manifest, source: Path) -> None:
    """Raises StackError when a newer release made the backup: it has migrations that this one doesn't know."""
    loader = MigrationLoader(None)
    known = {f"{app}.{name}" for app, name in loader.disk_migrations}
    for migration in loader.disk_migrations.values():
        known.update(f"{app}.{name}" for app, name in migration.replaces)
    if unknown := [name for name in manifest.migrations if name not in known]:
        raise StackError(
            f"{source} was made by Videothek {manifest.videothek}, a newer release (it has {unknown[0]}). Restore it "
            "with that release. Nothing was changed."
        )


def check_idle() -> None:
    """Raises StackError while `up` runs on this HOME or another program is connected to the database."""
    holder = current_holder(paths.home())
    if holder is not None and holder.role == "up":
        raise StackError(f"Videothek is running at {holder.url} (process {holder.pid}). Stop it, then restore.")
    connection.close()
    # Our own connection, just closed, may be listed for a moment longer.
    deadline = time.monotonic() + _CLOSING_SECONDS
    while count := _other_connections():
        if time.monotonic() > deadline:
            raise StackError(
                f"{count} other connections use the database. Stop Videothek and its workers everywhere, then restore."
            )
        time.sleep(0.05)


def _other_connections() -> int:
    server = current_server()
    with server.connect(server.name) as session:
        row = session.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid() "
            "AND backend_type = 'client backend'",
            [server.name],
        ).fetchone()
    return int(row[0]) if row else 0


def _extract(source: Path, folder: Path) -> None:
    with tarfile.open(source, mode="r:") as tar:
        tar.extractall(folder, filter="data")


@contextmanager
def _swapped_database(dump: Path) -> Iterator[None]:
    """Restores into a fresh database and gives it the name of the present one, which is dropped when the block ends.

    When the block raises, the names are swapped back. Nobody else may be connected; leftover sessions are ended.
    """
    server = current_server()
    connection.close()
    fresh, old = (f"{server.name}_{word}_{secrets.token_hex(4)}" for word in ("new", "old"))
    with _maintenance(server) as session:
        _fill(server, session, fresh, dump)
        _rename(session, server.name, old)
        _rename(session, fresh, server.name)
        is_done = False
        try:
            yield
            is_done = True
        finally:
            connection.close()
            if not is_done:
                _rename(session, server.name, fresh)
                _rename(session, old, server.name)
            _drop(session, old if is_done else fresh)


@contextmanager
def _maintenance(server: Server) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    try:
        with server.connect(_MAINTENANCE) as session:
            yield session
    except psycopg.errors.InsufficientPrivilege as error:
        raise StackError(
            f"The database user may not make databases ({str(error).strip()}). Give it the right with 'ALTER ROLE ... "
            "CREATEDB' and start again."
        ) from None


def _fill(server: Server, session: psycopg.Connection[tuple[object, ...]], name: str, dump: Path) -> None:
    session.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
    options = ["--exit-on-error", "--no-owner", "--no-privileges", "--dbname", server.conninfo(name)]
    is_full = False
    try:
        run_program("pg_restore", [*options, str(dump)], server)
        is_full = True
    finally:
        if not is_full:
            _drop(session, name)


def _drop(session: psycopg.Connection[tuple[object, ...]], name: str) -> None:
    session.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _rename(session: psycopg.Connection[tuple[object, ...]], name: str, new_name: str) -> None:
    """Ends what is still connected first; a pool may come back at once, so it tries for a while."""
    statement = sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(name), sql.Identifier(new_name))
    deadline = time.monotonic() + 10
    while True:
        session.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        try:
            session.execute(statement)
        except psycopg.errors.ObjectInUse:
            if time.monotonic() > deadline:
                raise StackError("Other programs keep using the database. Stop them, then restore.") from None
            time.sleep(0.1)
        else:
            return


def _swap_files(folder: Path) -> None:
    """Puts the backup's uploads and keys in place. Keys go last: they are small renames. A key that the
    backup lacks stays: nothing in it was made with that one."""
    uploads, kept = paths.uploads(), folder / "kept-uploads"
    (folder / UPLOADS).mkdir(exist_ok=True)
    if uploads.exists():
        uploads.rename(kept)
    shutil.move(folder / UPLOADS, uploads)
    paths.secrets().mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in reversed(KEYS):
        if (key := folder / name).exists():
            key.chmod(0o600)
            key.replace(paths.home() / name)
