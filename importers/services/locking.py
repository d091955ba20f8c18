"""One import at a time."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from importers.exceptions import RunError

# PostgreSQL's advisory lock for "an import, a verification or a roll-back is under way". The session's: a process that
# dies lets go of it.
LOCK = 7_361


@contextmanager
def one_import_at_a_time() -> Iterator[None]:
    """Keeps other imports and roll-backs out. Raises RunError beside one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            raise RunError("An import is under way already: wait for it to end, or cancel it.")
    try:
        yield
    finally:
        if connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def is_import_under_way() -> bool:
    """Whether some process holds the lock just now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND objsubid = 1"
            " AND classid = 0 AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))",
            [LOCK],
        )
        return bool(cursor.fetchone()[0])
