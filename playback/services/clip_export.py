"""Cutting a mark's range out of its file. Only workers import it: it loads a decoder's library."""

from collections.abc import Callable

from django.db import transaction
from django.utils import timezone

from playback.models import ClipExport, Marker
from playback.services.clips import clip_key
from playback.services.marker_pictures import primary_file
from processing.exceptions import TargetGoneError
from processing.media.cut import cut, find_range, form_of
from processing.services.derived import NewFiles, check_unchanged, folder_of
from processing.services.scratch import scratch_folder

Report = Callable[[int, int], None]


def export_clip(*, marker_id: int, report: Report) -> ClipExport:
    """Copies the range from the keyframe before it up to the keyframe after it; an older clip goes at the commit.

    `report` is told in percent. Raises TargetGoneError when the mark, its end or its file isn't there (any more),
    FileChangedError when the file was replaced meanwhile, and what `find_range` and `cut` raise; after any error what
    there was before stays.
    """
    marker = Marker.objects.filter(pk=marker_id).first()
    if marker is None or marker.end_seconds is None:
        raise TargetGoneError("The mark or its end was removed.")
    file = primary_file(marker.video_id)
    key = clip_key(marker, file)
    wanted = find_range(file.fs_path, start_seconds=marker.start_seconds, end_seconds=marker.end_seconds)
    with scratch_folder() as folder, NewFiles(folder_of("clips", marker.pk, key)) as files:
        muxer, suffix = form_of(file.container, file.shown_name)
        target = folder / f"clip{suffix}"
        length = cut(
            file.fs_path,
            target,
            wanted=wanted,
            muxer=muxer,
            progress=lambda done: report(round(100 * done.ratio), 100),
        )
        size = target.stat().st_size
        name = files.add(target.name, target)
        with transaction.atomic():
            check_unchanged(file)
            if not Marker.objects.select_for_update(no_key=True).filter(pk=marker.pk).exists():
                raise TargetGoneError("The mark was removed while its clip was cut.")
            before = ClipExport.objects.filter(marker=marker).values_list("clip", flat=True)
            old = list(before)
            to_seconds = wanted.to_seconds if wanted.stop_seconds is not None else wanted.from_seconds + length
            export, _ = ClipExport.objects.update_or_create(
                marker_id=marker.pk,
                defaults={
                    "input_key": key,
                    "clip": name,
                    "size_bytes": size,
                    "from_seconds": wanted.from_seconds,
                    "to_seconds": max(to_seconds, wanted.from_seconds + 0.001),
                    "made_at": timezone.now(),
                },
            )
            files.keep(instead_of=old)
    return export
