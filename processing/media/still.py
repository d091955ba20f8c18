"""One picture of a video at a wanted time, as it is shown."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from processing.media.containers import main_video, open_media
from processing.media.errors import NoPictureError
from processing.media.facts import MediaFacts
from processing.media.frames import NO_VIDEO, NOTHING_DECODES
from processing.media.orientation import orientation_of
from processing.media.picture import PictureMaker, Shape
from processing.media.readers import ForwardReader


def take_still(path: str, *, facts: MediaFacts, seconds: float, longest_px: int) -> NDArray[np.uint8]:
    """The picture shown at `seconds` (the last one where the video ends earlier): upright (h, w, 3) RGB, HDR
    tone-mapped, never larger than the video.

    `facts` come from `probe` of the same file. Raises NoPictureError where nothing decodes, UnreadableFileError and
    FileUnavailableError as `probe` does.
    """
    with open_media(path) as container:
        stream = main_video(container)
        if stream is None:
            raise NoPictureError(NO_VIDEO)
        found = ForwardReader(container, stream).frame_at(max(0.0, seconds), None)
        if found is None:
            raise NoPictureError(NOTHING_DECODES)
        frame = found[1]
        orientation = orientation_of(frame, facts.rotation)
        shape = Shape.of(frame, orientation, facts.display_aspect_ratio)
        if frame.interlaced_frame:
            # Half the lines are of another moment: at half the height their combs melt away.
            longest_px = min(longest_px, max(shape.width, shape.height) // 2)
        return PictureMaker(orientation, facts.color_transfer).make(frame, *shape.limited(longest_px))


def webp(picture: NDArray[np.uint8], *, quality: int) -> bytes:
    """An (h, w, 3) RGB picture as WebP; `quality` 1 to 100."""
    target = io.BytesIO()
    Image.fromarray(picture).save(target, "WEBP", quality=quality, method=4)
    return target.getvalue()
