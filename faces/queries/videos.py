"""Who appears when in videos: for the player and for reports. Bounded, whatever the number of faces."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Count

from faces.models import FaceDetection, FaceLook, FaceTrack
from faces.models.track import NAMED, TrackStatus
from faces.services.matching import PROVIDER
from library.models import Suggestion
from library.models.suggestion import SuggestedKind
from people.models import Creator

# Lanes on a seek bar are few, and nobody sees thousands of spans on it.
MOST_TRACKS = 500
# Gaps shorter than this are no gaps on a seek bar.
_JOINED_SECONDS = 1.0


def people_in(video_id: int) -> list[tuple[str, UUID, list[tuple[float, float]]]]:
    """(name, public id, spans in seconds) of the people who are known to appear, those that are seen longest first. One
    query."""
    rows = FaceTrack.objects.filter(video=video_id, status__in=NAMED, creator__trashed_at=None)
    columns = ("creator__name", "creator__public_id", "start_seconds", "end_seconds")
    spans: dict[tuple[str, UUID], list[tuple[float, float]]] = {}
    for name, public_id, start, end in rows.order_by("start_seconds", "pk").values_list(*columns)[:MOST_TRACKS]:
        own = spans.setdefault((name, public_id), [])
        if own and start <= own[-1][1] + _JOINED_SECONDS:
            own[-1] = (own[-1][0], max(end, own[-1][1]))
        else:
            own.append((start, end))
    people = [(name, public_id, own) for (name, public_id), own in spans.items()]
    return sorted(people, key=lambda one: (-sum(end - start for start, end in one[2]), one[0]))


def reports_of(video_ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """For each video `{"state", "reason", "detections", "tracks": [{"start_seconds", "end_seconds", "status",
    "creator", "confidence"}]}`.

    `state` is that of the last look, None before the first, `reason` why it waits or was passed over. `creator` is the
    name that a track has, else that of the likeliest person above the match threshold. Five queries.
    """
    ids = list(video_ids)
    reports: dict[int, dict[str, Any]] = {
        pk: {"state": None, "reason": "", "detections": 0, "tracks": []} for pk in ids
    }
    looks = FaceLook.objects.filter(file__video__in=ids, file__is_primary=True)
    for video_id, state, reason in looks.values_list("file__video", "state", "reason"):
        reports[video_id] |= {"state": state, "reason": reason}
    counts = FaceDetection.objects.filter(video__in=ids).order_by().values_list("video").annotate(n=Count("pk"))
    for video_id, count in counts:
        reports[video_id]["detections"] = count
    proposed = _proposed(ids)
    tracks = FaceTrack.objects.filter(video__in=ids).order_by("video_id", "start_seconds", "pk")
    columns = ("pk", "video_id", "start_seconds", "end_seconds", "status", "creator__name", "confidence")
    for pk, video_id, start, end, status, name, confidence in tracks.values_list(*columns):
        if status == TrackStatus.PENDING:
            name, confidence = proposed.get(pk, (None, None))
        reports[video_id]["tracks"].append(
            {
                "start_seconds": round(start, 3),
                "end_seconds": round(end, 3),
                "status": status,
                "creator": name,
                "confidence": None if confidence is None else round(confidence, 4),
            }
        )
    return reports


def _proposed(video_ids: list[int]) -> dict[int, tuple[str, float]]:
    """Whom tracks wait to be confirmed as: (name, likeness) by track, the likeliest."""
    rows = Suggestion.objects.open().filter(video__in=video_ids, provider=PROVIDER, kind=SuggestedKind.CREATOR)
    found = list(rows.order_by("confidence").values_list("evidence", "object_id", "confidence"))
    names = dict(Creator.objects.filter(pk__in={row[1] for row in found}).values_list("pk", "name"))
    return {
        int(evidence["track"]): (names[creator_id], confidence)
        for evidence, creator_id, confidence in found
        if creator_id in names and "track" in evidence
    }
