"""The preview stage: a short clip of a video for the library page."""

from dataclasses import asdict

from processing.services.previews import make_preview
from processing.stages.files import load_file
from processing.stages.registry import StageContext, StageResult


def run(context: StageContext) -> StageResult:
    """Makes the clip as the settings say now."""
    return StageResult(asdict(make_preview(file=load_file(context.target_id), report=context.report)))
