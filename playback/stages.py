"""The stages of watching: the pictures of marks, the films of shared clips. Loaded when Django starts."""

from collections.abc import Sequence

from playback.models import Marker
from playback.services.markers import STAGE
from playback.services.sharing.clips import STAGE as SHARED_CLIP
from processing.stages.registry import Stage, register_stage


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
    )
)
register_stage(
    Stage(
        name=SHARED_CLIP,
        label="Making a shared clip",
        queue="media",
        target_kind="marker",
        run="playback.shared_clip_stage.run",
        label_of=marker_labels,
        # In software, on a small machine.
        timeout_seconds=4 * 3600,
        triggers=("manual",),
    )
)
