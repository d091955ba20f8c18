"""What pages ask workers for: describing a drawn face, learning from a photo. Loaded when Django starts."""

from collections.abc import Sequence

from faces.models import ReferencePhoto
from faces.services.drawing import DRAWN_STAGE, forget_boxes, give_up_boxes
from faces.services.photos import PHOTO_STAGE, PHOTOS_FOLDER, forget_photos, give_up_photos
from faces.services.wiping import also_wipe
from library.models import Video
from library.services.sweeping import StoredKind, register_stored
from processing.models.images import derived_storage
from processing.services.owners import owned_by
from processing.stages.registry import Stage, register_stage


def titles(target_ids: Sequence[int]) -> dict[int, str]:
    """The titles of the videos that are there."""
    return dict(Video.objects.filter(pk__in=target_ids).values_list("pk", "title"))


def a_photo(target_ids: Sequence[int]) -> dict[int, str]:
    """Not whose: the list of jobs is read by others."""
    return dict.fromkeys(target_ids, "A photo")


register_stage(
    Stage(
        name=DRAWN_STAGE,
        label="Describing a drawn face",
        queue="faces",
        target_kind="video",
        run="faces.asked_stages.describe",
        label_of=titles,
        on_failed=give_up_boxes,
        timeout_seconds=300,
        max_attempts=2,
        first_delay_seconds=2,
        triggers=("manual",),
    )
)
register_stage(
    Stage(
        name=PHOTO_STAGE,
        label="Learning a face from a photo",
        queue="faces",
        target_kind="library",
        run="faces.asked_stages.learn",
        label_of=a_photo,
        on_failed=give_up_photos,
        timeout_seconds=120,
        max_attempts=2,
        first_delay_seconds=2,
        triggers=("manual",),
    )
)
register_stored(
    StoredKind(
        "Added photos of faces", derived_storage, PHOTOS_FOLDER, owned_by(ReferencePhoto, "creator_id", ["picture"])
    )
)
also_wipe(forget_boxes)
also_wipe(forget_photos)
