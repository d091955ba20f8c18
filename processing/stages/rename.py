"""Renaming files on the disk, as somebody ordered it."""

from library.models import RenameRun
from library.services.renaming.runs import apply_renaming
from processing.exceptions import TargetGoneError
from processing.stages.registry import StageContext, StageResult


def run(context: StageContext) -> StageResult:
    """One file after another; a run that was cut off goes on where it was."""
    try:
        done = apply_renaming(run_id=context.target_id, report=context.report)
    except RenameRun.DoesNotExist:
        raise TargetGoneError("The order was removed before it began.") from None
    return StageResult({"renamed": done.renamed_count, "failed": done.failed_count})
