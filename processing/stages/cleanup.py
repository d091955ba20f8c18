"""The cleanup stage: what nobody owns goes from the storages."""

from processing.services.cleanup import clean_up
from processing.stages.registry import StageContext, StageResult


def run(context: StageContext) -> StageResult:
    """Removes it and says how many files and bytes."""
    swept = clean_up(report=context.report)
    return StageResult({"removed": swept.orphans, "bytes": swept.orphan_bytes, "unknown": swept.unknown_folders})
