"""The enrich stage: facts about a video from plugins."""

from collections.abc import Sequence

from library.models import VideoFile
from processing.services.enriching import enrich_video, has_enrichers
from processing.services.submit import IDLE
from processing.stages.registry import Followup, StageContext, StageResult


def run(context: StageContext) -> StageResult:
    """Asks every plugin that finds facts and is switched on."""
    return StageResult({"facts": enrich_video(video_id=context.target_id, report=context.report)})


def after_probe(file_id: int) -> Sequence[Followup]:
    """What follows when a file's video is known: nothing where no plugin looks for facts."""
    if not has_enrichers():
        return ()
    video_ids = VideoFile.objects.filter(pk=file_id, video__isnull=False).values_list("video_id", flat=True)
    return [Followup("enrich", [video_id for video_id in video_ids if video_id is not None], IDLE)]
