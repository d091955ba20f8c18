"""The stages of watching: the pictures of marks. Loaded when Django starts."""

from collections.abc import Sequence

from playback.models import Marker
from playback.services.markers import STAGE, marker_input
from processing.stages.registry import Stage, register_stage
from processing.versions import MARKER_VERSION


def marker_labels(target_ids: Sequence[int]) -> dict[int, str]:
    """The mark's label or place, and its video."""
    markers = Marker.objects.filter(pk__in=target_ids).select_related("video")
    return {marker.pk: f"{marker} of {marker.video.title}" for marker in markers}


register_stage(
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
    )
)
