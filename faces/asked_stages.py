"""What workers do when a page asks for it: describe a drawn box, learn from a photo. Loads models."""

from typing import Any

from django.db import transaction
from PIL import Image

from faces.exceptions import NoFaceError, NoModelError, SeveralFacesError
from faces.models import ReferencePhoto
from faces.models.reference_photo import PhotoState
from faces.services.drawing import fail_box
from faces.services.drawn_faces import describe_box
from faces.services.engines import loaded_engine
from faces.services.photos import fail_photo, photo_has_several, photo_learned
from faces.services.references import add_reference
from library.services.changes import change_batch
from processing.exceptions import ProcessingError, TargetGoneError
from processing.media.errors import MediaError
from processing.stages.registry import StageContext, StageResult


def describe(context: StageContext) -> StageResult:
    """The face in the box of the job."""
    box_id = int(context.params["box"])
    context.report(0, 2)
    try:
        done = describe_box(box_id=box_id, engine=loaded_engine())
    except (NoModelError, TargetGoneError, MediaError) as error:
        # Whoever drew it waits on the page: told at once, drawn again when it can work.
        fail_box(box_id, str(error))
        return StageResult({"failed": str(error)})
    context.report(2, 2)
    if done is None:
        return StageResult({"skipped": "It is done already."})
    return StageResult({"decoded_again": done.pictures, "found": done.is_found, "track": done.track.pk})


def learn(context: StageContext) -> StageResult:
    """The face of an uploaded photo becomes a reference; several are asked about."""
    photo = ReferencePhoto.objects.select_related("creator", "user").filter(pk=int(context.params["photo"])).first()
    if photo is None or photo.state != PhotoState.WAITING:
        return StageResult({"skipped": "It is done already."})
    try:
        return StageResult(_learn(photo))
    except SeveralFacesError as error:
        with photo.picture.open("rb") as stream, Image.open(stream) as picture:
            photo_has_several(photo=photo, error=error, width=picture.width, height=picture.height)
        return StageResult({"faces": len(error.boxes)})
    except (NoFaceError, NoModelError, ProcessingError, FileNotFoundError) as error:
        fail_photo(photo.pk, str(error))
        return StageResult({"failed": str(error)})


def _learn(photo: ReferencePhoto) -> dict[str, Any]:
    with photo.picture.open("rb") as stream:
        content = stream.read()
    engine = loaded_engine()
    summary = f"Added a reference face of {photo.creator}"
    with transaction.atomic(), change_batch(summary=summary, user=photo.user, source="face") as batch:
        reference = add_reference(
            engine=engine,
            creator=photo.creator,
            source=content,
            name=photo.name,
            user=photo.user,
            number=photo.number,
        )
        photo.batch_id = batch.pk
        photo_learned(photo=photo, reference=reference)
    return {"reference": reference.pk}
