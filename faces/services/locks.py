"""Who waits for whom: what people say about unknown people, what the grouping writes, and what is being wiped."""

from django.db import connection, transaction

# Keys of PostgreSQL's advisory locks, held until the transaction ends.
_GROUPING, _CLUSTERS, _FACES = 5_207_311, 5_207_312, 5_207_313


def hold_grouping() -> None:
    """One grouping at a time."""
    _lock("pg_advisory_xact_lock", _GROUPING)


def hold_clusters(*, alone: bool) -> None:
    """Whoever changes which clusters there are is `alone`; whoever only takes faces out of them isn't. First thing in a
    transaction, before any row is locked."""
    _lock("pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared", _CLUSTERS)


def hold_faces(*, alone: bool) -> None:
    """A wipe is `alone`: whoever writes what a look found waits for it, and then looks again whether it may."""
    _lock("pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared", _FACES)


def _lock(function: str, key: int) -> None:
    assert transaction.get_connection().in_atomic_block
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [key])
