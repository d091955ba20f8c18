"""Places on disk for the tests of the library."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def public_path() -> Iterator[Path]:
    """An empty folder that every user may enter; pytest's own `tmp_path` lies in one that only its owner may."""
    path = Path(tempfile.mkdtemp(prefix="videothek-public-"))
    path.chmod(0o755)
    yield path
    for folder, _, _ in os.walk(path):
        Path(folder).chmod(0o755)
    shutil.rmtree(path)
