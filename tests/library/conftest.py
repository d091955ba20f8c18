"""Places on disk for the tests of the library."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django.plugin import DjangoDbBlocker

from tests.library.plans import renew_empty_tables


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
    """For a module that fills the tables once: see `renew_empty_tables`."""
    with django_db_blocker.unblock():
        renew_empty_tables()


@pytest.fixture
def renewed_tables(db: None) -> None:
    """For a test that fills the tables itself: the one before it in its module did so too."""
    renew_empty_tables()
