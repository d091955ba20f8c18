"""The stage of moving in. Loaded when Django starts."""

from collections.abc import Sequence

from importers.models import ImportRun
from importers.services.ordering import IMPORT_STAGE, mark_failed
from processing.stages.registry import Stage, register_stage


def run_labels(target_ids: Sequence[int]) -> dict[int, str]:
    """The sources as people know them."""
    return dict(ImportRun.objects.filter(pk__in=target_ids).values_list("pk", "label"))


register_stage(
    Stage(
        name=IMPORT_STAGE,
        label="Moving in",
        queue="maintenance",
        target_kind="library",
        run="importers.stage.run",
        label_of=run_labels,
        on_failed=mark_failed,
        timeout_seconds=24 * 3600,
        first_delay_seconds=5,
        max_attempts=3,
        triggers=("manual",),
    )
)
