"""Where appearances were seen."""

from collections.abc import Sequence

from faces.models import FaceDetection

# left, top, right, bottom as fractions of the upright picture
Box = tuple[float, float, float, float]


def boxes_of(track_ids: Sequence[int]) -> dict[int, list[tuple[float, Box]]]:
    """(seconds, box) of each of their faces, by the id of the appearance."""
    found: dict[int, list[tuple[float, Box]]] = {}
    rows = FaceDetection.objects.filter(track__in=track_ids)
    for pk, seconds, left, top, width, height in rows.values_list(
        "track", "time_seconds", "left", "top", "width", "height"
    ):
        found.setdefault(pk, []).append((seconds, (left, top, left + width, top + height)))
    return found
