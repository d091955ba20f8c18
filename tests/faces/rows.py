"""All rows that people's answers are in."""

from faces.models import DeletedFace, DifferentPeople, FaceCluster, FaceDetection, FaceReference, FaceTrack
from library.models import Rejection, Suggestion
from people.models import Credit


def everything() -> list[object]:
    """What an undo must bring back exactly, row by row."""
    tracks = FaceTrack.objects.order_by("pk").values_list(
        "pk", "status", "creator_id", "confidence", "cluster_id", "is_placed", "is_retimed", "start_seconds",
        "end_seconds", "crop", "strip",
    )  # fmt: skip
    rows = (
        tracks,
        FaceDetection.objects.order_by("pk").values_list("pk", "track_id", "left", "top"),
        Credit.objects.order_by("pk").values_list("video_id", "creator_id", "source"),
        FaceReference.objects.order_by("pk").values_list("pk", "creator_id", "is_primary", "track_id"),
        Suggestion.objects.order_by("pk").values_list("pk", "object_id", "state", "answered_by_id"),
        Rejection.objects.order_by("pk").values_list("pk", "object_id", "subject"),
        FaceCluster.objects.order_by("pk").values_list("pk", "is_hidden"),
        DeletedFace.objects.order_by("pk").values_list("pk", "video_id"),
        DifferentPeople.objects.order_by("pk").values_list("pk", "first_id", "second_id"),
    )
    return [list(one) for one in rows]
