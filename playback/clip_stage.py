"""What the stage of clips runs. Only workers import it."""

from playback.services.clips import Form
from playback.services.clips.cutting import make_clip
from processing.stages.registry import StageContext, StageResult


def run(context: StageContext) -> StageResult:
    """Makes the clip of what the mark's range is now, in the form that was asked for."""
    clip = make_clip(marker_id=context.target_id, form=Form(context.params["form"]), report=context.report)
    return StageResult({"bytes": clip.size_bytes})
