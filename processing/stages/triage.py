"""The stage that writes down each day how much of the library is organised."""

from library.services.triage.coverage import record_coverage
from processing.stages.registry import StageContext, StageResult


def run(context: StageContext) -> StageResult:
    """Counts what is left of each queue."""
    row = record_coverage()
    return StageResult({"videos": row.videos, **row.left})
