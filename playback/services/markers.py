"""What marks are shown by: when their pictures are made, and what goes with them. Loads no decoder."""

from collections.abc import Iterable

from django.core.files.storage import Storage, storages
from django.db.models import CharField, F, OuterRef, Subquery, Value
from django.db.models.functions import Cast, Coalesce, Concat

from library.models import VideoFile
from library.models.file import FileState
from playback.models import Marker, MarkerPicture
from processing.models import JobStatus, ProcessingSettings, StageRecord
from processing.services.derived import input_digest
from processing.services.keys import keys_of
from processing.services.submit import IDLE, MANUAL, submit_jobs
from processing.stages.inputs import content
from processing.stages.registry import StageInput, get_stage
from processing.versions import MARKER_VERSION

STAGE = "marker-pictures"
_BATCH = 1000
# What changes how the pictures look.
_SETTINGS = ("marker_pictures", "marker_px", "marker_clip_seconds", "marker_crf", "thumbnail_quality")


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
    unmade = [
        marker.pk
        for marker in markers
        if (file := files.get(marker.video_id)) is not None and not _is_made(marker, file, settings, storage)
    ]
    hopeless = _failed(unmade)
    return [marker_id for marker_id in unmade if marker_id not in hopeless]


def _failed(marker_ids: list[int]) -> set[int]:
    """Marks whose picture the engine has given up on, of the place, file and settings that they have now: trying again
    every day would fail every day. A person may. Two queries, none for no marks."""
    if not marker_ids:
        return set()
    keys = keys_of(get_stage(STAGE), marker_ids)
    records = StageRecord.objects.filter(target_kind="marker", stage=STAGE, target_id__in=marker_ids).exclude(
        status=JobStatus.COMPLETED
    )
    return {target_id for target_id, key in records.values_list("target_id", "input_key") if key == keys.get(target_id)}


def marker_input() -> StageInput:
    """The mark's place, the content of the file that is played, and how the owner wants the picture."""
    played = VideoFile.objects.filter(video=OuterRef("video"), is_primary=True).order_by()
    text: CharField[str, str] = CharField()
    fingerprint = Concat(
        Cast("start_seconds", text), Value(":"), Coalesce(Cast("end_seconds", text), Value("")), Value(":"),
        Coalesce(Subquery(played.values_list(content())[:1], output_field=text), Value("")), output_field=text,
    )  # fmt: skip
    settings = ProcessingSettings.load()
    return StageInput(Marker.objects.filter(video__trashed_at=None), fingerprint, {
        name: getattr(settings, name) for name in _SETTINGS
    })  # fmt: skip


def _is_made(marker: Marker, file: VideoFile, settings: ProcessingSettings, storage: Storage) -> bool:
    picture: MarkerPicture | None = getattr(marker, "picture", None)
    if picture is None or picture.input_key != marker_key(marker, file, settings):
        return False
    return all(storage.exists(name) for name in (str(picture.image), str(picture.clip)) if name)
