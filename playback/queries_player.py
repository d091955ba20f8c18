"""What the player shows on its bar, and the other files it may play."""

from typing import Any

from library.models import User, VideoFile
from playback.models import Marker


def find_marker(user: User, video_id: int, marker_id: int) -> dict[str, Any] | None:
    """One mark of the user in this video: id, start, end (seconds, end None for a moment), label, color."""
    row = Marker.objects.filter(pk=marker_id, video_id=video_id, user=user).first()
    return _facts(row) if row else None


def other_files(file: VideoFile) -> list[VideoFile]:
    """The video's other files in active folders, missing ones too, in the order they came. One query."""
    rows = VideoFile.objects.filter(video=file.video, trashed_at=None, folder__is_active=True)
    return list(rows.exclude(pk=file.pk).select_related("folder", "video").order_by("pk")[:20])


def _facts(row: Marker) -> dict[str, Any]:
    return {
        "id": row.pk,
        "start": row.start_seconds,
        "end": row.end_seconds,
        "label": row.label,
        "color": row.color,
    }
