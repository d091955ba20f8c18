"""The stage that has plugins look for facts; what it runs is in `enrich`."""

from collections.abc import Sequence

from library.models import Video
from processing.stages.registry import Stage


def video_labels(target_ids: Sequence[int]) -> dict[int, str]:
    """Titles of the videos."""
    return dict(Video.objects.filter(pk__in=target_ids).values_list("pk", "title"))


ENRICH = Stage(
    name="enrich",
    label="Asking plugins for facts",
    queue="maintenance",
    target_kind="video",
    run="processing.stages.enrich.run",
    label_of=video_labels,
    timeout_seconds=600,
    first_delay_seconds=300,
    triggers=("manual",),
)
