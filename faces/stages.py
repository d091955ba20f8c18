"""The stages of faces: looking for them, comparing them, grouping them. Loaded when Django starts."""

from collections.abc import Sequence

from faces.services.inputs import FACES_STAGE, faces_input, wanted_pictures
from faces.services.models import ANEW_STAGE
from faces.services.naming import MATCH_STAGE
from processing.models import Priority
from processing.services.face_frames import register_taker
from processing.stages.files import labels
from processing.stages.registry import Stage, register_stage

CLUSTER_STAGE = "faces-cluster"


def whole_library(target_ids: Sequence[int]) -> dict[int, str]:
    """What these stages are about."""
    return dict.fromkeys(target_ids, "The whole library")


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
