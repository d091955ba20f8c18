"""Temporary folders of jobs, and the removal of those that a killed process left."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from processing.services.claim import is_dead_here, machine, worker_name

_PREFIX = "videothek-job-"


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """An empty folder that is removed at the end; its name says which process uses it."""
    with tempfile.TemporaryDirectory(prefix=f"{_PREFIX}{worker_name()}-") as folder:
        yield Path(folder)


def remove_abandoned() -> int:
    """Removes the folders of this machine's processes that are gone; returns how many."""
    removed = 0
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}{machine()}:*"):
        worker = folder.name.removeprefix(_PREFIX).rpartition("-")[0]
        if is_dead_here(worker):
            shutil.rmtree(folder, ignore_errors=True)
            removed += 1
    return removed
