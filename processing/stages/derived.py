"""The stages that make what a video doesn't need in order to be there, and those that look after files."""

from collections.abc import Sequence

from library.models import Video
from processing.stages.files import labels
from processing.stages.inputs import check_input, preview_input, verify_input
from processing.stages.registry import Stage
from processing.versions import PREVIEW_VERSION


def video_labels(target_ids: Sequence[int]) -> dict[int, str]:
    """Titles of the videos."""
    return dict(Video.objects.filter(pk__in=target_ids).values_list("pk", "title"))


def library_label(target_ids: Sequence[int]) -> dict[int, str]:
    """There is one."""
    return dict.fromkeys(target_ids, "The whole library")


DERIVED_STAGES = (
    Stage(
        name="preview",
        label="Making the preview clip",
        queue="media",
        target_kind="file",
        run="processing.stages.previews.run",
        label_of=labels,
        timeout_seconds=1800,
        first_delay_seconds=60,
        version=PREVIEW_VERSION,
        input_of=preview_input,
        is_heavy=True,
    ),
    Stage(
        name="cover",
        label="Taking the cover out of the video",
        queue="media",
        target_kind="video",
        run="processing.stages.cover.run",
        label_of=video_labels,
        max_attempts=2,
        first_delay_seconds=10,
        triggers=("manual",),
    ),
    Stage(
        name="verify",
        label="Comparing the file with its checksum",
        queue="media",
        target_kind="file",
        run="processing.stages.integrity.run_verify",
        label_of=labels,
        # 500 GB from a slow disk.
        timeout_seconds=6 * 3600,
        first_delay_seconds=300,
        input_of=verify_input,
        is_repeated=True,
        is_heavy=True,
    ),
    Stage(
        name="check",
        label="Looking for damage",
        queue="media",
        target_kind="file",
        run="processing.stages.integrity.run_check",
        label_of=labels,
        timeout_seconds=6 * 3600,
        first_delay_seconds=300,
        input_of=check_input,
        is_repeated=True,
        is_heavy=True,
    ),
    Stage(
        name="cleanup",
        label="Cleaning up the storage",
        queue="maintenance",
        target_kind="library",
        run="processing.stages.cleanup.run",
        label_of=library_label,
        timeout_seconds=6 * 3600,
        max_attempts=2,
        triggers=("manual",),
    ),
    Stage(
        name="forget-tokens",
        label="Forgetting old API tokens",
        queue="maintenance",
        target_kind="library",
        run="processing.stages.tokens.run",
        label_of=library_label,
        max_attempts=2,
        trigger="cron",
        cron="40 3 * * *",
        triggers=("cron", "manual"),
    ),
    Stage(
        name="triage-coverage",
        label="Counting what is organised",
        queue="maintenance",
        target_kind="library",
        run="processing.stages.triage.run",
        label_of=library_label,
        max_attempts=2,
        trigger="cron",
        cron="50 23 * * *",
        triggers=("cron", "manual"),
    ),
)
