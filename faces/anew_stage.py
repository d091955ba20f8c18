"""What workers run after a change of the model. Loads one."""

from faces.exceptions import NoModelError
from faces.models import FaceTrack
from faces.services.describing import describe_references, describe_tracks
from faces.services.engines import loaded_engine
from faces.services.inputs import faces_input
from faces.services.models import use_model
from faces.upkeep_stage import compare_all, facts_of
from processing.stages.registry import StageContext, StageResult


def run(context: StageContext) -> StageResult:
    """All references, so that new vectors have somebody to be compared with, and the tracks that no job on a file of
    their own looks at. The other tracks follow video by video."""
    try:
        engine = loaded_engine()
    except NoModelError as error:
        return StageResult({"waiting": str(error)})
    model = use_model(engine.pack)
    others = FaceTrack.objects.exclude(file__in=faces_input().targets.order_by().values("pk"))
    tracks = describe_tracks(engine=engine, model=model, rows=others, report=context.report)
    references = describe_references(engine=engine, model=model)
    facts = {
        "references": references.references,
        "references_without_picture": references.left,
        "tracks": tracks.tracks,
        "detections": tracks.detections,
    }
    return StageResult(facts | facts_of(compare_all()))
