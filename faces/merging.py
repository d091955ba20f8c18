"""What of faces follows a merge of videos or people. Loaded when Django starts."""

from faces.models import DrawnBox, FaceDetection, FaceReference, FaceTrack, ReferencePhoto
from library.models import Rejection, Suggestion
from library.models.suggestion import SuggestedKind
from library.services.merging import MergeStep, Merging, MovedLink, register_merge


def move_answers(merging: Merging) -> None:
    """What was proposed and rejected about the people that go is about the one that stays; where both have it, once."""
    for model in (Suggestion, Rejection):
        for row in model.objects.filter(kind=SuggestedKind.CREATOR, object_id__in=merging.other_ids).order_by("pk"):
            same = model.objects.filter(
                kind=row.kind,
                object_id=merging.keep.pk,
                video_id=row.video_id,
                provider=row.provider,
                subject=row.subject,
            )
            if same.exists():
                row.delete()
            else:
                row.object_id = merging.keep.pk
                row.save(update_fields=["object_id"])


def keep_own_face(merging: Merging) -> None:
    """One reference of a person is shown as their face: the keeper's."""
    FaceReference.objects.filter(creator__in=merging.other_ids).update(is_primary=False)


register_merge(
    "video",
    MovedLink(FaceTrack, "video"),
    MovedLink(FaceDetection, "video"),
    MovedLink(FaceReference, "video"),
    MovedLink(DrawnBox, "video"),
)
register_merge(
    "creator",
    MovedLink(FaceTrack, "creator"),
    MergeStep(keep_own_face),
    MovedLink(FaceReference, "creator"),
    MovedLink(DrawnBox, "creator"),
    MovedLink(ReferencePhoto, "creator"),
    MergeStep(move_answers),
)
