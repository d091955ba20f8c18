"""Whole imports for tests: everything that a source holds, through the engine."""

from pathlib import Path
from typing import Any

from importers.models import ImportRun
from importers.registry import SourceOptions
from importers.services.running import start_run


def move_in(system: str, location: Path | str, *, secret: str = "", **asked: Any) -> ImportRun:
    """A run from beginning to end, without asking anything."""
    return start_run(system=system, location=str(location), options=SourceOptions(secret=secret), **asked)


def totals(run: ImportRun) -> dict[str, int]:
    """What became of the rows of all tables together."""
    outcomes = ("read", "created", "merged", "unchanged", "skipped")
    tables = run.report["tables"].values()
    return {outcome: sum(table[outcome] for table in tables) for outcome in outcomes}
