"""The stages of watching: pictures of marks, clips to download or to share. Loaded when Django starts."""

from collections.abc import Sequence

from playback.models import Marker
from playback.services.clips import STAGE as CLIP_STAGE
from playback.services.markers import STAGE, marker_input
from processing.stages.registry import Stage, register_stage
from processing.versions import MARKER_VERSION


def marker_labels(target_ids: Sequence[int]) -> dict[int, str]:
    """The mark's label or place, and its video."""
    markers = Marker.objects.filter(pk__in=target_ids).select_related("video")
    return {marker.pk: f"{marker} of {marker.video.title}" for marker in markers}


for _stage in (
    Stage(
        name=STAGE,
        label="Making the picture of a mark",
        queue="media",
        target_kind="marker",
        run="playback.marker_stage.run",
        label_of=marker_labels,
        timeout_seconds=600,
        version=MARKER_VERSION,
        input_of=marker_input,
    ),
    Stage(
        name=CLIP_STAGE,
        label="Cutting a clip out",
        queue="media",
        target_kind="marker",
        run="playback.clip_stage.run",
        label_of=marker_labels,
        # A long one that is shared, in software, on a small machine.
        timeout_seconds=4 * 3600,
        max_attempts=2,
        triggers=("manual",),
    ),
):
    register_stage(_stage)
