"""Making what a mark is shown by. Only workers import it: it loads a decoder."""

from collections.abc import Callable
from typing import Any

from django.db import transaction

from library.models import VideoFile
from playback.models import Marker, MarkerPicture
from playback.services.markers import marker_key
from processing.exceptions import TargetGoneError
from processing.media.clip import ClipOptions, make_clip
from processing.media.facts import MediaFacts
from processing.media.probe import probe
from processing.media.still import take_still, webp
from processing.models import ProcessingSettings
from processing.models.media_settings import MarkerPictures
from processing.services.derived import NewFiles, check_unchanged, folder_of
from processing.services.scratch import scratch_folder

Report = Callable[[int, int], None]


def make_marker_picture(*, marker_id: int, report: Report) -> MarkerPicture:
    """Makes the picture, and with the setting for it the clip, of where the mark is now; older ones go at the commit.

    Raises TargetGoneError when the mark, or a file of its video, isn't there (any more), NoPictureError when nothing
    decodes, FileChangedError when the file was replaced meanwhile; after any error the pictures it had are as before.
    """
    marker = Marker.objects.filter(pk=marker_id).first()
    if marker is None:
        raise TargetGoneError("The mark was removed.")
    file = primary_file(marker.video_id)
    settings = ProcessingSettings.load()
    key = marker_key(marker, file, settings)
    with NewFiles(folder_of("markers", marker.pk, key)) as files:
        made = _make(marker, file, settings, files, report)
        with transaction.atomic():
            check_unchanged(file)
            if not Marker.objects.select_for_update(no_key=True).filter(pk=marker.pk).exists():
                raise TargetGoneError("The mark was removed while its picture was made.")
            before = MarkerPicture.objects.filter(marker=marker).values_list("image", "clip").first() or ()
            picture, _ = MarkerPicture.objects.update_or_create(
                marker_id=marker.pk, defaults={"input_key": key, **made}
            )
            files.keep(instead_of=before)
    return picture


def primary_file(video_id: int) -> VideoFile:
    """The file of the video that is played, with its folder. Raises TargetGoneError when it isn't there."""
    files = VideoFile.objects.present().select_related("folder").filter(video=video_id, is_primary=True)
    file = files.first()
    if file is None:
        raise TargetGoneError("The file of the video is not there; its mark gets a picture when it is back.")
    return file


def _make(
    marker: Marker, file: VideoFile, settings: ProcessingSettings, files: NewFiles, report: Report
) -> dict[str, Any]:
    facts = probe(file.fs_path)
    still = take_still(file.fs_path, facts=facts, seconds=marker.start_seconds, longest_px=settings.marker_px)
    height, width = still.shape[:2]
    image = files.add("mark.webp", webp(still, quality=settings.thumbnail_quality))
    made: dict[str, Any] = {"image": image, "clip": "", "clip_seconds": None, "width": width, "height": height}
    if settings.marker_pictures == MarkerPictures.ANIMATED:
        made |= _make_clip(marker, file, facts, settings, files, report)
    return made


def _make_clip(
    marker: Marker,
    file: VideoFile,
    facts: MediaFacts,
    settings: ProcessingSettings,
    files: NewFiles,
    report: Report,
) -> dict[str, Any]:
    start = marker.start_seconds
    ends = [start + settings.marker_clip_seconds, facts.duration_seconds or start]
    if marker.end_seconds is not None and marker.end_seconds > start:
        ends.append(marker.end_seconds)
    with scratch_folder() as folder:
        target = folder / "mark.mp4"
        clip = make_clip(
            file.fs_path,
            target,
            facts=facts,
            parts=[(start, max(min(ends), start))],
            options=ClipOptions(longest_px=settings.marker_px, crf=settings.marker_crf),
            progress=report,
        )
        return {"clip": files.add(target.name, target), "clip_seconds": clip.seconds}
