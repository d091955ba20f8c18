"""Making the film of a shared clip. Only workers import it: it loads a decoder."""

import os
from collections.abc import Callable
from typing import Any

from django.db import transaction

from playback.models import Marker, SharedClip
from playback.services.marker_pictures import primary_file
from playback.services.sharing.clips import clip_key
from processing.exceptions import TargetGoneError
from processing.media.encode.part import encode_part
from processing.media.probe import probe
from processing.media.still import take_still, webp
from processing.services.derived import NewFiles, check_unchanged, folder_of
from processing.services.scratch import scratch_folder

_PICTURE_PX = 1280
_PICTURE_QUALITY = 82


def make_shared_clip(*, marker_id: int, report: Callable[[int, int], None]) -> SharedClip:
    """Makes the film and the picture of what the mark's range is now; older ones go at the commit.

    Raises TargetGoneError when the mark, its end or the file isn't there (any more), FileChangedError when the file
    was replaced meanwhile, the errors of the media package; after any error the film it had is as before.
    """
    marker = Marker.objects.filter(pk=marker_id).first()
    if marker is None or marker.end_seconds is None or marker.end_seconds <= marker.start_seconds:
        raise TargetGoneError("The mark was removed, or has no end any more.")
    file = primary_file(marker.video_id)
    key = clip_key(marker, file)
    with NewFiles(folder_of("shared", marker.pk, key)) as files, scratch_folder() as scratch:
        film = scratch / "clip.mp4"
        part = encode_part(
            file.fs_path, film, scratch=scratch, start=marker.start_seconds, end=marker.end_seconds,
            progress=lambda ratio: report(int(ratio * 1000), 1000),
        )  # fmt: skip
        picture = take_still(os.fspath(film), facts=probe(os.fspath(film)), seconds=0.0, longest_px=_PICTURE_PX)
        made: dict[str, Any] = {
            "image": files.add("clip.webp", webp(picture, quality=_PICTURE_QUALITY)),
            "film": files.add("clip.mp4", film),
            "width": part.width, "height": part.height, "seconds": part.seconds, "size_bytes": part.size_bytes,
        }  # fmt: skip
        with transaction.atomic():
            check_unchanged(file)
            if not Marker.objects.select_for_update(no_key=True).filter(pk=marker.pk).exists():
                raise TargetGoneError("The mark was removed while its clip was made.")
            before = SharedClip.objects.filter(marker=marker).values_list("film", "image").first() or ()
            clip, _ = SharedClip.objects.update_or_create(marker_id=marker.pk, defaults={"input_key": key, **made})
            files.keep(instead_of=before)
    return clip
