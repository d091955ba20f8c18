"""The cover stage: a picture at a time of a video becomes its cover."""

import io

from django.core.files.base import ContentFile
from PIL import Image

from library.models import User, Video, VideoFile
from library.services.covers import set_cover
from library.words import position
from processing.exceptions import TargetGoneError
from processing.media.probe import probe
from processing.media.still import take_still
from processing.stages.registry import StageContext, StageResult

# What the picture column keeps at most.
_LONGEST_PX = 1600


def run(context: StageContext) -> StageResult:
    """Takes the picture at `seconds`; the change belongs to who asked for it."""
    files = VideoFile.objects.present().select_related("folder").filter(video=context.target_id, is_primary=True)
    file = files.first()
    if file is None:
        raise TargetGoneError("The file of the video is not there, so no picture can be taken from it.")
    seconds = float(context.params["seconds"])
    picture = take_still(file.fs_path, facts=probe(file.fs_path), seconds=seconds, longest_px=_LONGEST_PX)
    # Without loss: the column encodes it once.
    target = io.BytesIO()
    Image.fromarray(picture).save(target, "PNG", compress_level=1)
    user = User.objects.filter(pk=context.requested_by_id).first() if context.requested_by_id else None
    try:
        batch = set_cover(
            video_id=context.target_id,
            picture=ContentFile(target.getvalue(), name="cover.png"),
            user=user,
            how=f"from {position(seconds)}",
        )
    except Video.DoesNotExist:
        raise TargetGoneError("The video was removed from the library.") from None
    return StageResult({"batch": str(batch.pk)})
