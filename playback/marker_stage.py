"""What the stage of marks' pictures runs. Only workers import it."""

from playback.services.marker_pictures import make_marker_picture
from processing.stages.registry import StageContext, StageResult


def run(context: StageContext) -> StageResult:
    """Makes what the settings say now, of where the mark is now."""
    picture = make_marker_picture(marker_id=context.target_id, report=context.report)
    return StageResult({"clip_seconds": picture.clip_seconds})
