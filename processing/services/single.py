"""Being the only process of a kind, whatever number of machines there are."""

from django.db import connection


def holds_lock(keys: tuple[int, int]) -> bool:
    """Whether this is the one process that holds the advisory lock; takes it when it is free.

    The lock lives as long as the connection, which stays open; another process gets it when this one dies.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND objid = %s "
            "AND pid = pg_backend_pid() AND granted) OR pg_try_advisory_lock(%s, %s)",
            [*keys, *keys],
        )
        return bool(cursor.fetchone()[0])


def wait_turn(keys: tuple[int, int]) -> None:
    """Takes the advisory lock for the rest of the transaction; waits for whoever holds it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", list(keys))
