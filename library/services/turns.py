"""One scan of a folder at a time."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from library.exceptions import ScanInProgressError
from library.models import Folder

# First key of PostgreSQL's advisory locks for scans; the folder's id is the second.
_LOCK_CLASS = 7_301


@contextmanager
def one_at_a_time(folder: Folder) -> Iterator[None]:
    """Keeps other scans, relocations and the removal of the folder out. Raises ScanInProgressError beside one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [_LOCK_CLASS, folder.pk])
        if not cursor.fetchone()[0]:
            raise ScanInProgressError(f"{folder.name} is being scanned already; wait for that scan to end.")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_LOCK_CLASS, folder.pk])
