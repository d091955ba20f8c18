"""What tests of kinds share: a run over tables of records, and vectors."""

from typing import Any

import numpy as np

from importers.models import ImportedRow, ImportRun
from importers.records import Record
from importers.services.running import start_run
from tests.importers.memory import World


def bring(*records: Record, table: str = "rows", keys: str = "", **options: Any) -> ImportRun:
    """Imports the records as the rows of one table, with the keys "1", "2" ... or the letters of `keys`."""
    rows = {keys[n] if keys else str(n + 1): record for n, record in enumerate(records)}
    World({table: rows}).put()
    return start_run(system="memory", location="main", **options)


def counts(run: ImportRun, table: str = "rows") -> dict[str, int]:
    """What became of the rows of the table, without what there is none of."""
    told = run.report["tables"][table]
    return {name: told[name] for name in ("created", "merged", "unchanged", "skipped") if told[name]}


def reasons(run: ImportRun, table: str = "rows") -> dict[str, int]:
    found: dict[str, int] = run.report["tables"][table]["reasons"]
    return found


def line(key: str = "1", part: str = "", table: str = "rows") -> ImportedRow:
    return ImportedRow.objects.get(table=table, key=key, part=part)


def vector(seed: int, *, length: float = 1.0) -> list[float]:
    """A face's vector of that length; each seed is somebody else."""
    numbers = np.random.default_rng(seed).normal(size=512)
    found: list[float] = (numbers / np.linalg.norm(numbers) * length).tolist()
    return found
