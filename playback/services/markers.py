"""What marks are shown by: when their pictures are made, and what goes with them. Loads no decoder."""

from collections.abc import Iterable

from django.core.files.storage import Storage, storages
from django.db.models import F

from library.models import VideoFile
from library.models.file import FileState
from playback.models import Marker, MarkerPicture
from processing.models import ProcessingSettings
from processing.services.derived import input_digest
from processing.services.submit import IDLE, MANUAL, submit_jobs
from processing.versions import MARKER_VERSION

STAGE = "marker-pictures"
_BATCH = 1000


def request_marker_pictures(*, marker_ids: Iterable[int], priority: int = MANUAL) -> int:
    """Has the pictures of marks made in the background; returns how many jobs were made. Whoever makes or moves a mark
    calls it, in the same transaction."""
    return submit_jobs(stage=STAGE, target_ids=marker_ids, priority=priority, even_if_running=True)


def marker_key(marker: Marker, file: VideoFile, settings: ProcessingSettings) -> str:
    """Sixteen hexadecimal digits that change when the mark's place, the file or the settings change."""
    is_animated = settings.marker_pictures == "animated"
    clip = [marker.end_seconds, settings.marker_clip_seconds, settings.marker_crf] if is_animated else []
    return input_digest(
        MARKER_VERSION, file, marker.start_seconds, settings.marker_px, settings.thumbnail_quality, *clip
    )


def fill_marker_pictures() -> int:
    """Submits marks whose pictures were never made, got lost, or show another place, file or setting by now; returns
    how many jobs were made. Asks the storage for each picture. The scheduler calls it once a day."""
    settings, storage = ProcessingSettings.load(), storages["derived"]
    markers = Marker.objects.filter(video__trashed_at=None, start_seconds__lt=F("video__duration_seconds"))
    markers = markers.select_related("picture").order_by("pk")
    wanted: list[int] = []
    batch: list[Marker] = []
    for marker in markers.iterator(chunk_size=_BATCH):
        batch.append(marker)
        if len(batch) == _BATCH:
            wanted += _unmade(batch, settings, storage)
            batch = []
    wanted += _unmade(batch, settings, storage)
    return request_marker_pictures(marker_ids=wanted, priority=IDLE) if wanted else 0


def _unmade(markers: list[Marker], settings: ProcessingSettings, storage: Storage) -> list[int]:
    ready = VideoFile.objects.present().filter(
        video__in={marker.video_id for marker in markers}, is_primary=True, state=FileState.READY
    )
    files = {file.video_id: file for file in ready.only("video_id", "size_bytes", "oshash", "mtime_ns")}
    return [
        marker.pk
        for marker in markers
        if (file := files.get(marker.video_id)) is not None and not _is_made(marker, file, settings, storage)
    ]


def _is_made(marker: Marker, file: VideoFile, settings: ProcessingSettings, storage: Storage) -> bool:
    picture: MarkerPicture | None = getattr(marker, "picture", None)
    if picture is None or picture.input_key != marker_key(marker, file, settings):
        return False
    return all(storage.exists(name) for name in (str(picture.image), str(picture.clip)) if name)
