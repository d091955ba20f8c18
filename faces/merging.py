"""What of faces follows a merge of videos or people. Loaded when Django starts."""

from faces.models import DeletedFace, DrawnBox, FaceDetection, FaceReference, FaceTrack, ReferencePhoto
from library.services.merging import MergeStep, Merging, MovedLink, register_merge


def keep_own_face(merging: Merging) -> None:
    """One reference of a person is shown as their face: the keeper's."""
    FaceReference.objects.filter(creator__in=merging.other_ids).update(is_primary=False)


register_merge(
    "video",
    MovedLink(FaceTrack, "video"),
    MovedLink(FaceDetection, "video"),
    MovedLink(FaceReference, "video"),
    MovedLink(DeletedFace, "video"),
    MovedLink(DrawnBox, "video"),
)
register_merge(
    "creator",
    MovedLink(FaceTrack, "creator"),
    MergeStep(keep_own_face),
    MovedLink(FaceReference, "creator"),
    MovedLink(DeletedFace, "creator"),
    MovedLink(DrawnBox, "creator"),
    MovedLink(ReferencePhoto, "creator"),
)
