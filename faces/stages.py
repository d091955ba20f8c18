"""The stages of faces: looking for them, comparing them, grouping them. Loaded when Django starts."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet

from faces.models import FaceSettings
from faces.services.drawing import DRAWN_STAGE, give_up_boxes
from faces.services.models import has_pack, installed_pack, is_looking
from faces.services.naming import MATCH_STAGE
from faces.services.photos import PHOTO_STAGE, give_up_photos
from library.models import Video, VideoFile
from processing.models import Priority
from processing.services.face_frames import register_taker
from processing.stages.files import labels
from processing.stages.inputs import content, known_files
from processing.stages.registry import Stage, StageInput, register_stage

FACES_STAGE, CLUSTER_STAGE = "faces", "faces-cluster"


def wanted_pictures(file: VideoFile) -> int:
    """How many pictures of a file are kept for looking at; none where nobody looks."""
    if not is_looking() or not file.folder.looks_for_faces:
        return 0
    settings = FaceSettings.load()
    return max(settings.frames_per_video, settings.most_frames_per_video)


def faces_input() -> StageInput:
    """The content, the model, and how closely is looked."""
    settings = FaceSettings.load()
    rows: QuerySet[Any] = known_files().filter(folder__looks_for_faces=True)
    version = ""
    if has_pack():
        version = installed_pack().version
    if not version or not settings.is_enabled:
        # Nothing is missing where nobody looks.
        rows = rows.none()
    return StageInput(rows, content(), {"model": version, "least": settings.min_face_size})


def whole_library(target_ids: Sequence[int]) -> dict[int, str]:
    """What these stages are about."""
    return dict.fromkeys(target_ids, "The whole library")


def titles(target_ids: Sequence[int]) -> dict[int, str]:
    """The titles of the videos that are there."""
    return dict(Video.objects.filter(pk__in=target_ids).values_list("pk", "title"))


register_taker(wanted_pictures)
register_stage(
    Stage(
        name=FACES_STAGE,
        label="Looking for faces",
        queue="faces",
        target_kind="file",
        run="faces.stage.run",
        label_of=labels,
        timeout_seconds=1800,
        first_delay_seconds=60,
        input_of=faces_input,
        trigger="after",
        after=("frames",),
        follow_priority=Priority.IDLE,
        is_heavy=True,
    )
)
register_stage(
    Stage(
        name=MATCH_STAGE,
        label="Comparing faces",
        queue="maintenance",
        target_kind="library",
        run="faces.upkeep_stage.match",
        label_of=whole_library,
        timeout_seconds=1800,
        triggers=("manual",),
    )
)
register_stage(
    Stage(
        name=CLUSTER_STAGE,
        label="Grouping unknown faces",
        queue="maintenance",
        target_kind="library",
        run="faces.upkeep_stage.group",
        label_of=whole_library,
        timeout_seconds=3600,
        triggers=("cron", "manual"),
        trigger="cron",
        cron="*/10 * * * *",
    )
)
register_stage(
    Stage(
        name=DRAWN_STAGE,
        label="Describing a drawn face",
        queue="faces",
        target_kind="video",
        run="faces.asked_stages.describe",
        label_of=titles,
        on_failed=give_up_boxes,
        timeout_seconds=300,
        max_attempts=2,
        triggers=("manual",),
    )
)
register_stage(
    Stage(
        name=PHOTO_STAGE,
        label="Learning a face from a photo",
        queue="faces",
        target_kind="library",
        run="faces.asked_stages.learn",
        label_of=whole_library,
        on_failed=give_up_photos,
        timeout_seconds=300,
        max_attempts=2,
        triggers=("manual",),
    )
)
