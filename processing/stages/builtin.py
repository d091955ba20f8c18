"""The stages that every file goes through: scan, probe, frames."""

from collections.abc import Sequence

from library.models import Folder
from processing.stages.files import labels, mark_failed
from processing.stages.registry import Stage


def folder_labels(target_ids: Sequence[int]) -> dict[int, str]:
    """Names of the folders."""
    return dict(Folder.objects.filter(pk__in=target_ids).values_list("pk", "name"))


BUILTIN_STAGES = (
    Stage(
        name="scan",
        label="Scanning the folder",
        queue="scan",
        target_kind="folder",
        run="processing.stages.scan.run",
        label_of=folder_labels,
        timeout_seconds=24 * 3600,
        first_delay_seconds=60,
    ),
    Stage(
        name="probe",
        label="Reading the file's facts",
        queue="media",
        target_kind="file",
        run="processing.stages.probe.run",
        label_of=labels,
        on_failed=mark_failed,
    ),
    Stage(
        name="frames",
        label="Making pictures",
        queue="media",
        target_kind="file",
        run="processing.stages.frames.run",
        label_of=labels,
        on_failed=mark_failed,
        timeout_seconds=1800,
        first_delay_seconds=60,
    ),
)
