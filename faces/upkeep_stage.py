"""What workers run to compare and group faces. NumPy only: no model is loaded."""

from django.db.models import Count, Max

from faces.models import FaceModel, FaceReference, FaceSettings
from faces.services.clustering import cluster_faces
from faces.services.matching import Matched, match_tracks
from faces.services.models import current_model
from library.models import Rejection
from processing.stages.registry import StageContext, StageResult


def match(context: StageContext) -> StageResult:
    """All faces against everybody known."""
    return StageResult(facts_of(compare_all()))


def group(context: StageContext) -> StageResult:
    """All faces that nobody has named, where something changed since the last time. What an undo changed about who is
    known is noticed here too, since nobody is told of it."""
    model = current_model()
    facts = facts_of(compare_all()) if model is not None and model.matched_state != _known() else {}
    done = cluster_faces(only_if_changed=True)
    if not done.is_new:
        return StageResult({**facts, "unchanged": True, "clusters": done.clusters})
    return StageResult({**facts, "tracks": done.tracks, "clusters": done.clusters, "grouped": done.grouped})


def compare_all() -> Matched:
    """Compares all faces with everybody known, and remembers who that was."""
    known = _known()
    matched = match_tracks()
    FaceModel.objects.filter(is_current=True).update(matched_state=known)
    return matched


def _known() -> str:
    """What a comparison depends on, in a line: who is known by which faces, what was rejected, where the lines are."""
    settings = FaceSettings.load()
    parts: list[object] = [settings.match_threshold, settings.auto_tag_threshold]
    for model in (FaceReference, Rejection):
        rows = model._default_manager.aggregate(n=Count("pk"), newest=Max("updated_at"))
        parts += [rows["n"], rows["newest"]]
    return " ".join(str(part) for part in parts)


def facts_of(matched: Matched) -> dict[str, int]:
    """What a job tells about it."""
    return {"recognised": matched.recognised, "proposed": matched.proposed, "forgotten": matched.forgotten}
