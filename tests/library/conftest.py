"""Places on disk for the tests of the library."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from pytest_django.plugin import DjangoDbBlocker


@pytest.fixture
def public_path() -> Iterator[Path]:
    """An empty folder that every user may enter; pytest's own `tmp_path` lies in one that only its owner may."""
    path = Path(tempfile.mkdtemp(prefix="videothek-public-"))
    path.chmod(0o755)
    yield path
    for folder, _, _ in os.walk(path):
        Path(folder).chmod(0o755)
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def new_tables(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Every table that is empty gets new files: what earlier tests wrote and took back would make plans of its own."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
        empty = []
        for (name,) in cursor.fetchall():
            cursor.execute(f'SELECT EXISTS (SELECT FROM "{name}")')
            if not cursor.fetchone()[0]:
                empty.append(f'"{name}"')
        cursor.execute(f"TRUNCATE {', '.join(empty)}; ANALYZE")
