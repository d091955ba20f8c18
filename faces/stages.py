"""The stages of faces: looking for them, comparing them, grouping them. Loaded when Django starts."""

from collections.abc import Sequence

from faces.models import PhotoSearch
from faces.services.inputs import FACES_STAGE, faces_input, wanted_pictures
from faces.services.models import ANEW_STAGE
from faces.services.naming import MATCH_STAGE
from faces.services.photo_search import STAGE as PHOTO_STAGE
from faces.services.photo_search import fail_photo_search, forget_photo_searches
from faces.services.wiping import also_wipe
from processing.models import Priority
from processing.services.face_frames import register_taker
from processing.stages.files import labels
from processing.stages.registry import Stage, register_stage

CLUSTER_STAGE = "faces-cluster"


def whole_library(target_ids: Sequence[int]) -> dict[int, str]:
    """What these stages are about."""
    return dict.fromkeys(target_ids, "The whole library")


def photo_labels(target_ids: Sequence[int]) -> dict[int, str]:
    """Not whose: a photo is its user's alone."""
    known = PhotoSearch.objects.filter(pk__in=target_ids).values_list("pk", flat=True)
    return dict.fromkeys(known, "A photo")


register_taker(wanted_pictures)
also_wipe(forget_photo_searches)
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
        in_foreground=True,
    )
)
register_stage(
    Stage(
        name=ANEW_STAGE,
        label="Describing faces anew",
        queue="faces",
        target_kind="library",
        run="faces.anew_stage.run",
        label_of=whole_library,
        timeout_seconds=6 * 3600,
        triggers=("manual",),
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
        name=PHOTO_STAGE,
        label="Looking somebody up by a photo",
        queue="faces",
        # Its targets are photo searches; the engine need not know them.
        target_kind="library",
        run="faces.photo_stage.run",
        label_of=photo_labels,
        on_failed=fail_photo_search,
        timeout_seconds=120,
        max_attempts=2,
        first_delay_seconds=2,
        triggers=("manual",),
    )
)
