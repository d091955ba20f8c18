"""What the stage of clips to download runs. Only workers import it."""

from playback.services.clip_export import export_clip
from processing.stages.registry import StageContext, StageResult


def run(context: StageContext) -> StageResult:
    """Cuts what the mark's range is now."""
    export = export_clip(marker_id=context.target_id, report=context.report)
    return StageResult({"from_seconds": export.from_seconds, "to_seconds": export.to_seconds})
