"""What the stage of shared clips runs. Only workers import it."""

from playback.services.sharing.clip_files import make_shared_clip
from processing.stages.registry import StageContext, StageResult


def run(context: StageContext) -> StageResult:
    """Makes the film of what the mark's range is now."""
    clip = make_shared_clip(marker_id=context.target_id, report=context.report)
    return StageResult({"seconds": clip.seconds, "bytes": clip.size_bytes})
