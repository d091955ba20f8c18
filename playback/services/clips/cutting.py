"""Cutting a mark's range out of its file. Only workers import it: it loads a decoder."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from library.models import VideoFile
from playback.models import ClipExport, Marker, SharedClip
from playback.services.clips.asking import Form, clip_key
from playback.services.marker_pictures import primary_file
from processing.exceptions import TargetGoneError
from processing.media.cut import cut, find_range, form_of
from processing.media.encode.part import encode_part
from processing.media.probe import probe
from processing.media.still import take_still, webp
from processing.services.derived import NewFiles, check_unchanged, folder_of
from processing.services.scratch import scratch_folder

# Takes a share from 0 to 1.
Progress = Callable[[float], None]

_PICTURE_PX = 1280
_PICTURE_QUALITY = 82
_LEAST_SECONDS = 0.001
_PARTS = 1000


@dataclass(frozen=True, slots=True)
class _Range:
    """What is wanted of which file."""

    file: VideoFile
    start: float
    end: float


def make_clip(*, marker_id: int, form: Form, report: Callable[[int, int], None]) -> ClipExport | SharedClip:
    """Makes the clip of what the mark's range is now, in that form; an older one goes at the commit.

    Raises TargetGoneError when the mark, its end or its file isn't there (any more), FileChangedError when the file was
    replaced meanwhile, and the errors of the media package; after any error what there was before stays.
    """
    marker = Marker.objects.filter(pk=marker_id).first()
    if marker is None or marker.end_seconds is None or marker.end_seconds <= marker.start_seconds:
        raise TargetGoneError("The mark was removed, or has no end any more.")
    model, folder, columns, make = _FORMS[form]
    file = primary_file(marker.video_id)
    wanted = _Range(file, marker.start_seconds, marker.end_seconds)
    key = clip_key(form, marker, file)
    with scratch_folder() as scratch, NewFiles(folder_of(folder, marker.pk, key)) as files:
        made = make(wanted, scratch, files, lambda ratio: report(round(ratio * _PARTS), _PARTS))
        with transaction.atomic():
            check_unchanged(file)
            if not Marker.objects.select_for_update(no_key=True).filter(pk=marker.pk).exists():
                raise TargetGoneError("The mark was removed while its clip was made.")
            before = model.objects.filter(marker=marker).values_list(*columns).first() or ()
            clip: ClipExport | SharedClip
            clip, _ = model.objects.update_or_create(marker_id=marker.pk, defaults={"input_key": key, **made})
            files.keep(instead_of=before)
    return clip


def _copy(wanted: _Range, scratch: Path, files: NewFiles, progress: Progress) -> dict[str, Any]:
    """From the keyframe before the range up to the keyframe after it."""
    path = wanted.file.fs_path
    found = find_range(path, start_seconds=wanted.start, end_seconds=wanted.end)
    muxer, suffix = form_of(wanted.file.container, wanted.file.shown_name)
    target = scratch / f"clip{suffix}"
    length = cut(path, target, wanted=found, muxer=muxer, progress=lambda done: progress(done.ratio))
    size = target.stat().st_size
    to_seconds = found.to_seconds if found.stop_seconds is not None else found.from_seconds + length
    return {
        "clip": files.add(target.name, target),
        "size_bytes": size,
        "from_seconds": found.from_seconds,
        "to_seconds": max(to_seconds, found.from_seconds + _LEAST_SECONDS),
        "made_at": timezone.now(),
    }


def _encode(wanted: _Range, scratch: Path, files: NewFiles, progress: Progress) -> dict[str, Any]:
    """Just the range, and its first picture."""
    film = scratch / "clip.mp4"
    part = encode_part(
        wanted.file.fs_path, film, scratch=scratch, start=wanted.start, end=wanted.end, progress=progress
    )
    picture = take_still(os.fspath(film), facts=probe(os.fspath(film)), seconds=0.0, longest_px=_PICTURE_PX)
    return {
        "image": files.add("clip.webp", webp(picture, quality=_PICTURE_QUALITY)),
        "film": files.add("clip.mp4", film),
        "width": part.width,
        "height": part.height,
        "seconds": part.seconds,
        "size_bytes": part.size_bytes,
    }


# Table, folder of the derived storage, columns with files, and how it is made.
_FORMS: dict[Form, tuple[Any, str, tuple[str, ...], Callable[..., dict[str, Any]]]] = {
    Form.DOWNLOAD: (ClipExport, "clips", ("clip",), _copy),
    Form.SHARED: (SharedClip, "shared", ("film", "image"), _encode),
}
