"""What was imported from where."""

from importers.models.row import ImportedRow, LaterChange, Outcome, PlannedRow
from importers.models.run import ImportRun, RunStatus

__all__ = ["ImportRun", "ImportedRow", "LaterChange", "Outcome", "PlannedRow", "RunStatus"]
