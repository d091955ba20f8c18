"""What workers run to compare and group faces. NumPy only: no model is loaded."""

from faces.services.clustering import cluster_faces
from faces.services.matching import match_tracks
from processing.stages.registry import StageContext, StageResult


def match(context: StageContext) -> StageResult:
    """All pending faces against everybody known."""
    matched = match_tracks()
    return StageResult({"recognised": matched.recognised, "proposed": matched.proposed})


def group(context: StageContext) -> StageResult:
    """All faces that nobody has named, anew."""
    done = cluster_faces()
    return StageResult({"tracks": done.tracks, "clusters": done.clusters, "grouped": done.grouped})
