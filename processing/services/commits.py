"""How soon a worker's commits are on disk."""

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created


def commit_without_waiting() -> None:
    """From now on this process's commits don't wait for the disk, which would take longer than a small job itself.

    For processes that only run jobs. PostgreSQL writes them within a second and keeps their order: after a power cut
    the last ones are gone together, the jobs' own rows among them, and those jobs run again.
    """
    connection_created.connect(_set, dispatch_uid="processing.services.commits")


def _set(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit TO off")
