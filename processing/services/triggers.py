"""What begins by itself: on import, after other stages, at set times."""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Model, QuerySet
from django.utils import timezone

from library.models import Folder, Video, VideoFile
from processing.exceptions import CronError
from processing.models import CronRun, Job, Priority, Trigger
from processing.services.cron import parse_cron
from processing.services.stage_settings import follows_kind, stages_as_set
from processing.services.submit import Mode, submit_jobs, submit_scan
from processing.stages import Stage, get_stage

logger = logging.getLogger(__name__)

_BATCH = 1000


def submit_import(
    *,
    file_ids: Iterable[int],
    folder_id: int | None,
    priority: int = Priority.AUTOMATIC,
    requested_by_id: int | None = None,
    even_if_running: bool = True,
    is_forced: bool = False,
) -> int:
    """Submits what begins on import for files that are new or have changed; returns how many jobs were made.

    A file that was replaced may be in a worker's hands with its old content, so it runs once more after that.
    """
    ids = list(file_ids)
    return sum(
        submit_jobs(
            stage=stage.name,
            target_ids=ids,
            folder_id=folder_id,
            priority=priority,
            requested_by_id=requested_by_id,
            even_if_running=even_if_running,
            is_forced=is_forced,
        )
        for stage in stages_as_set().values()
        if stage.trigger == Trigger.ON_IMPORT and stage.is_enabled and stage.target_kind == "file"
    )


def follow(job: Job) -> None:
    """Submits what the owner, or else the code, has follow a job that ended well; in the transaction that ends it.

    What has its result already is passed over, unless the job was forced. A stage that would follow by the code's
    defaults but is off, or begins otherwise, is told that nothing comes, so that nobody waits for it.
    """
    stages = stages_as_set()
    for stage in stages.values():
        if stage.name == job.stage or not follows_kind(job.target_kind, stage.target_kind):
            continue
        begins = stage.is_enabled and stage.trigger == Trigger.AFTER
        if begins and job.stage in stage.after:
            _submit_after(job, stage)
        elif not begins and job.stage in get_stage(stage.name).after:
            stage.on_current(_targets_after(job, stage))


def _submit_after(job: Job, stage: Stage) -> None:
    is_known = stage.input_of is not None
    submit_jobs(
        stage=stage.name,
        target_ids=_targets_after(job, stage),
        folder_id=job.folder_id,
        priority=job.priority if stage.follow_priority is None else stage.follow_priority,
        requested_by_id=job.requested_by_id,
        even_if_running=True,
        mode="missing" if is_known and not job.is_forced else "all",
        is_forced=job.is_forced,
    )


def _targets_after(job: Job, stage: Stage) -> list[int]:
    if job.target_kind == stage.target_kind:
        return [job.target_id]
    files = VideoFile.objects.filter(pk=job.target_id, video__isnull=False)
    return list(files.values_list("video", flat=True))


def submit_due_crons(now: datetime | None = None) -> int:
    """Submits stages whose set time has come since they were last answered; returns how many jobs were made.

    However many times passed meanwhile, they are answered once.
    """
    moment = now or timezone.now()
    zone = timezone.get_current_timezone()
    made = 0
    for stage in stages_as_set().values():
        if stage.trigger != Trigger.CRON or not stage.is_enabled:
            continue
        try:
            cron = parse_cron(stage.cron)
        except CronError as error:
            logger.warning("The stage %s has no times: %s", stage.name, error)
            continue
        run, is_new = CronRun.objects.get_or_create(stage=stage.name, defaults={"answered_until": moment})
        if not is_new and cron.latest(after=run.answered_until, until=moment, zone=zone) is not None:
            made += _answer(run, stage, moment)
    return made


def _answer(run: CronRun, stage: Stage, moment: datetime) -> int:
    with transaction.atomic():
        mine = CronRun.objects.filter(pk=run.pk, answered_until=run.answered_until).update(answered_until=moment)
        return submit_missing(stage=stage, mode="all" if stage.is_repeated else "missing") if mine else 0


def submit_missing(
    *,
    stage: Stage,
    priority: int = Priority.AUTOMATIC,
    requested_by_id: int | None = None,
    mode: Mode = "missing",
) -> int:
    """Submits the stage for every target that lacks its result (with `mode` "all" for every one), a batch at a time;
    returns how many jobs were made.

    Folders are always scanned, and what is about the whole library always runs.
    """
    if stage.name == "scan":
        folders = list(Folder.objects.active())
        for folder in folders:
            submit_scan(folder=folder, trigger="scheduled")
        return len(folders)
    if stage.target_kind == "library":
        return submit_jobs(stage=stage.name, target_ids=[0], priority=priority, requested_by_id=requested_by_id)
    made = 0
    for folder_id, ids in targets_of(stage):
        made += submit_jobs(
            stage=stage.name,
            target_ids=ids,
            folder_id=folder_id,
            priority=priority,
            requested_by_id=requested_by_id,
            mode=mode,
        )
    return made


def targets_of(stage: Stage) -> Iterable[tuple[int | None, Sequence[int]]]:
    """All targets of a stage on files or videos, by the id of their folder (None for videos), in batches."""
    rows = _rows_of(stage)
    if rows is None:
        return
    is_of_files = rows.model is VideoFile
    columns = ("folder_id", "pk") if is_of_files else ("pk", "pk")
    batch: list[int] = []
    folder_id: int | None = None
    for place, pk in rows.order_by(*dict.fromkeys(columns)).values_list(*columns).iterator(chunk_size=_BATCH):
        place_id = place if is_of_files else None
        if batch and (place_id != folder_id or len(batch) == _BATCH):
            yield folder_id, batch
            batch = []
        folder_id = place_id
        batch.append(pk)
    if batch:
        yield folder_id, batch


def _rows_of(stage: Stage) -> "QuerySet[Model] | None":
    if stage.input_of is not None:
        return stage.input_of().targets
    kinds: dict[str, QuerySet[Model]] = {
        "file": VideoFile.objects.present().filter(video__isnull=False, trashed_at=None),
        "video": Video.objects.in_library(),
    }
    return kinds.get(stage.target_kind)
