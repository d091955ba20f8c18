"""Making again what got lost or is made in another way by now: derived files can always be made again, and after a
restore none is there."""

from django.core.files.storage import storages

from library.models import VideoFile
from library.models.file import FileState, VideoFileQuerySet
from processing.services.submit import AUTOMATIC, submit_jobs
from processing.services.versions import FRAMES_VERSION
from processing.storage import presence

_BATCH = 1000
_PICTURES = ("thumbnail__small", "thumbnail__large", "storyboard__sprite", "storyboard__vtt")


def remake_lost_pictures(*, files: VideoFileQuerySet | None = None, priority: int = AUTOMATIC) -> int:
    """Submits the pictures of files that are there and ready, but whose pictures are not all in the storage, or whose
    signature is missing or of another version.

    Asks a disk four times per file, in the order of the files, and a bucket by the thousand; looks at all of them by
    default. Returns how many
    jobs were made. The files stay ready: they play.
    """
    is_there = presence(storages["derived"])
    ready = (VideoFile.objects.present() if files is None else files).filter(state=FileState.READY)
    lost: dict[int, list[int]] = {}
    submitted = 0
    rows = ready.order_by("folder_id", "pk").values_list("folder_id", "pk", "signature__version", *_PICTURES)
    for folder_id, file_id, version, *names in rows.iterator(chunk_size=_BATCH):
        if version != FRAMES_VERSION or not all(name and is_there(name) for name in names):
            lost.setdefault(folder_id, []).append(file_id)
    for folder_id, file_ids in lost.items():
        submitted += submit_jobs(stage="frames", target_ids=file_ids, folder_id=folder_id, priority=priority)
    return submitted
