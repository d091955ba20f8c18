"""Moving in: choosing a system, the dry run, the run, its report, and taking it back."""

from importers.admin.runs import ImportRunAdmin

__all__ = ["ImportRunAdmin"]
