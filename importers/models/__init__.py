"""What was imported from where."""

from importers.models.row import ImportedRow, Outcome, PlannedRow
from importers.models.run import ImportRun, RunStatus

__all__ = ["ImportRun", "ImportedRow", "Outcome", "PlannedRow", "RunStatus"]
