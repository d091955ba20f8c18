"""Which files want a preview, and from what it was made. Loads no decoder."""

from django.core.files.storage import storages
from django.db.models import Q

from library.models import VideoFile
from library.models.file import FileState
from processing.models import Preview, ProcessingSettings
from processing.services.derived import input_digest
from processing.services.submit import IDLE, submit_jobs
from processing.versions import PREVIEW_VERSION

_BATCH = 1000


def preview_key(file: VideoFile, settings: ProcessingSettings) -> str:
    """Sixteen hexadecimal digits that change when the content, the settings or the making changes."""
    return input_digest(
        PREVIEW_VERSION,
        file,
        settings.preview_segments,
        settings.preview_segment_seconds,
        settings.preview_px,
        settings.preview_crf,
    )


def wants_preview(file: VideoFile) -> bool:
    """Whether a preview follows when the file's pictures are made: of all files by the settings, else of those whose
    preview shows what they were before. At most two queries."""
    settings = ProcessingSettings.load()
    key = Preview.objects.filter(file=file).values_list("input_key", flat=True).first()
    if key is None:
        return settings.scene_preview_enabled
    return key != preview_key(file, settings)


def remake_lost_previews() -> int:
    """Submits previews that are not in the storage or made in another way by now, and with the setting for it those
    that were never made; returns how many jobs were made.

    Asks the storage once per preview, in the order of the files.
    """
    settings, storage = ProcessingSettings.load(), storages["derived"]
    files = VideoFile.objects.present().filter(state=FileState.READY, duration_seconds__gt=0)
    if not settings.scene_preview_enabled:
        files = files.filter(Q(preview__isnull=False))
    lost: dict[int, list[int]] = {}
    rows = files.select_related("preview").only(
        "folder_id", "size_bytes", "oshash", "mtime_ns", "preview__input_key", "preview__clip"
    )
    for file in rows.order_by("folder_id", "pk").iterator(chunk_size=_BATCH):
        made: Preview | None = getattr(file, "preview", None)
        if made is None or made.input_key != preview_key(file, settings) or not storage.exists(str(made.clip)):
            lost.setdefault(file.folder_id, []).append(file.pk)
    return sum(
        submit_jobs(stage="preview", target_ids=file_ids, folder_id=folder_id, priority=IDLE)
        for folder_id, file_ids in lost.items()
    )
