"""When clips go: downloads after some days, shared ones with their last link. Both can be made again."""

from datetime import timedelta

from django.db.models import Exists, OuterRef
from django.utils import timezone

from playback.models import ClipExport, SharedClip, ShareLink

# How long a clip can be downloaded.
KEPT_DAYS = 7


def remove_old_clips() -> int:
    """Removes downloads whose KEPT_DAYS are over, files and all; returns how many. The scheduler calls it hourly."""
    before = timezone.now() - timedelta(days=KEPT_DAYS)
    # Row by row for the signal that takes the file along.
    removed = 0
    for export in ClipExport.objects.filter(made_at__lt=before).order_by("pk")[:1000]:
        export.delete()
        removed += 1
    return removed


def remove_unshared_clips() -> int:
    """Removes films of clips that no link leads to any more; returns how many. The scheduler calls it once a day."""
    links = ShareLink.objects.live().filter(marker=OuterRef("marker"))
    removed, _ = SharedClip.objects.filter(~Exists(links)).delete()
    return removed
