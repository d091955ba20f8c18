"""Brings the database up to date: one process at a time, with a backup before and the way back when it fails."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

import psycopg
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from config import paths
from config.backup.archive import create_backup
from config.backup.programs import current_server
from config.backup.restore import restore_database
from config.embedded.errors import StackError

# PostgreSQL's advisory lock of whoever migrates; (7303, 0) is the scheduler's.
MIGRATION_LOCK = (7_303, 1)


@contextmanager
def migration_lock(say: Callable[[str], None]) -> Iterator[None]:
    """Held by one process of all that use the database; waits for it, saying so."""
    server = current_server()
    try:
        holder = server.connect(server.name)
    except psycopg.OperationalError as error:
        raise StackError(f"The database can't be reached: {str(error).strip()} Check DATABASE_URL.") from None
    with holder:
        row = holder.execute("SELECT pg_try_advisory_lock(%s, %s)", MIGRATION_LOCK).fetchone()
        if not row or not row[0]:
            say("Another process is preparing the database: waiting for it")
            holder.execute("SELECT pg_advisory_lock(%s, %s)", MIGRATION_LOCK)
        yield


def unknown_migrations(loader: MigrationLoader) -> list[str]:
    """Applied migrations, as "app.name", that this release doesn't have: a newer one made them."""
    known = set(loader.disk_migrations)
    for migration in loader.disk_migrations.values():
        known.update(migration.replaces)
    return sorted(f"{app}.{name}" for app, name in loader.applied_migrations if (app, name) not in known)


def has_pending_migrations() -> bool:
    """Whether `up` would migrate. Reads the list of migrations from the database."""
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def bring_up_to_date(*, say: Callable[[str], None]) -> Path | None:
    """Applies pending migrations under `migration_lock`, which the caller holds; returns the backup made before.

    Raises StackError when a newer release has been here, and when a migration fails: the database is then as before.
    """
    try:
        executor = MigrationExecutor(connection)
    except OperationalError as error:
        raise StackError(f"The database can't be reached: {str(error).strip()} Check DATABASE_URL.") from None
    if unknown := unknown_migrations(executor.loader):
        raise StackError(
            f"A newer release of Videothek has used this database (it has {', '.join(unknown[:3])}). Start that "
            "release, or restore a backup that was made before it with 'manage.py restore FILE'."
        )
    if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return None
    backup = None
    if executor.loader.applied_migrations:
        backup = paths.backups() / f"before-migrating-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.tar"
        say(f"Backing up to {backup} before the database changes")
        create_backup(backup)
    with _WayBack(backup):
        call_command("migrate", interactive=False, verbosity=0)
    return backup


class _WayBack:
    """Restores the database when the block raises, and turns the error into a sentence that says so."""

    def __init__(self, backup: Path | None) -> None:
        self._backup = backup

    def __enter__(self) -> None:
        return

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        # Ctrl-C leaves a whole number of migrations done; the next start goes on from there.
        if error is None or not isinstance(error, Exception) or isinstance(error, StackError):
            return
        connection.close()
        if self._backup is None:
            raise StackError(f"The database can't be made: {error}") from error
        restore_database(self._backup)
        raise StackError(
            f"The database could not be changed for this release ({error}). It is restored to what it was; go back to "
            f"the earlier release, and report this. The backup stays in {self._backup}."
        ) from error
