"""Making again what got lost or is made in another way by now: derived files can always be made again, and after a
restore none is there."""

from django.core.files.storage import storages
from django.db import connection
from django.db.models import Exists, OuterRef

from library.models import VideoFile
from library.models.file import FileState, VideoFileQuerySet
from processing.models import Job, StageRecord, Trigger
from processing.services.keys import with_keys
from processing.services.stage_settings import stages_as_set
from processing.services.submit import AUTOMATIC, IDLE, submit_jobs
from processing.stages import Stage
from processing.storage import presence
from processing.versions import FRAMES_VERSION

_BATCH = 1000
_PICTURES = ("thumbnail__small", "thumbnail__large", "storyboard__sprite", "storyboard__vtt")
_BY_ITSELF = (Trigger.ON_IMPORT, Trigger.AFTER)


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


def submit_outdated() -> int:
    """Submits stages that begin by themselves for targets whose last attempt, good or bad, was on another input: the
    content, a setting that counts or the stage's version has changed. Returns how many jobs were made.

    One statement per stage finds them, whatever the size of the library; they go last. What was never tried is left
    alone: whatever should have begun it will.
    """
    return sum(
        _submit_outdated(stage)
        for stage in stages_as_set().values()
        if stage.is_enabled and stage.trigger in _BY_ITSELF and stage.input_of is not None
    )


def _submit_outdated(stage: Stage) -> int:
    rows = with_keys(stage)
    if rows is None:
        return 0
    about = {"target_kind": stage.target_kind, "target_id": OuterRef("pk"), "stage": stage.name, "variant": ""}
    outdated = StageRecord.objects.filter(**about).exclude(input_key=OuterRef("input_key"))
    active = Job.objects.active().filter(**about)
    of_files = rows.model is VideoFile
    found = rows.filter(Exists(outdated)).exclude(Exists(active))
    columns = ("folder_id", "pk") if of_files else ("pk",)
    by_folder: dict[int | None, list[int]] = {}
    for row in found.order_by(*columns).values_list(*columns):
        by_folder.setdefault(row[0] if of_files else None, []).append(row[-1])
    made = 0
    for folder_id, ids in by_folder.items():
        made += submit_jobs(stage=stage.name, target_ids=ids, folder_id=folder_id, priority=IDLE)
    return made


# Targets that are gone although nobody told: rows that were deleted by SQL, or by a kind that tells nobody.
_GONE = """
DELETE FROM {table} AS row WHERE row.target_kind = %s
   AND NOT EXISTS (SELECT FROM {targets} AS target WHERE target.id = row.target_id)
"""


def forget_gone_targets() -> int:
    """Removes ledger entries of files and videos that were deleted for good; returns how many. Jobs keep their
    labels as history for as long as the settings say."""
    removed = 0
    with connection.cursor() as cursor:
        for kind, targets in (("file", "library_videofile"), ("video", "library_video"), ("folder", "library_folder")):
            cursor.execute(_GONE.format(table=StageRecord._meta.db_table, targets=targets), [kind])
            removed += cursor.rowcount
    return removed
