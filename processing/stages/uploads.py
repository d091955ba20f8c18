"""The stage of uploads that could not be taken in at once."""

from processing.services.uploads import take_waiting
from processing.stages.registry import StageContext, StageResult


def run(context: StageContext) -> StageResult:
    """Takes in what waits in the folder."""
    return StageResult({"taken": take_waiting(folder_id=context.target_id, report=context.report)})
