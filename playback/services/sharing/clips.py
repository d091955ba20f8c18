"""The films of shared clips: which there are, and having them made. Loads no decoder."""

from django.db.models import Exists, OuterRef

from library.models import VideoFile
from playback.models import Marker, SharedClip, ShareLink
from processing.services.derived import input_digest
from processing.services.submit import MANUAL, submit_jobs

STAGE = "shared-clip"
# Grows when the films are made in another way.
_VERSION = 1


def request_clip(*, marker: Marker) -> int:
    """Has the clip's film made soon; returns how many jobs were made, 0 where one waits already."""
    return submit_jobs(stage=STAGE, target_ids=[marker.pk], priority=MANUAL, even_if_running=True)


def clip_key(marker: Marker, file: VideoFile) -> str:
    """Sixteen hexadecimal digits that change when the mark's range or the file changes."""
    return input_digest(_VERSION, file, marker.start_seconds, marker.end_seconds)


def clip_of(marker: Marker, file: VideoFile) -> SharedClip | None:
    """The film of just this range of this file; None until it is made."""
    clip = SharedClip.objects.filter(marker=marker).first()
    return clip if clip is not None and clip.input_key == clip_key(marker, file) else None


def remove_unshared_clips() -> int:
    """Removes films of clips that no link leads to any more; returns how many. The scheduler calls it once a day."""
    links = ShareLink.objects.live().filter(marker=OuterRef("marker"))
    removed, _ = SharedClip.objects.filter(~Exists(links)).delete()
    return removed
