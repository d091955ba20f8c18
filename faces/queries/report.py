"""Numbers about faces, for reports."""

from dataclasses import dataclass

from django.db.models import Count, Q

from faces.models import FaceCluster, FaceDetection, FaceModel, FaceReference, FaceTrack
from faces.models.track import TrackStatus
from faces.services.matching import PROVIDER
from library.models import Suggestion
from library.models.suggestion import SuggestedKind, SuggestionState
from people.models import Creator


@dataclass(frozen=True, slots=True)
class CreatorFaces:
    """What is known about a person's faces. `precision` is the share of accepted among answered suggestions, None where
    none was answered."""

    creator: Creator
    references: int
    tracks: int
    videos: int
    accepted: int
    rejected: int

    @property
    def precision(self) -> float | None:
        answered = self.accepted + self.rejected
        return self.accepted / answered if answered else None


@dataclass(frozen=True, slots=True)
class FaceStats:
    """Counts of the whole library, and a row for each person who has any face, the most seen first."""

    counts: dict[str, int]
    model: FaceModel | None
    creators: tuple[CreatorFaces, ...]


def face_stats() -> FaceStats:
    """Eight statements, whatever the number of people; those over all tracks and suggestions read their tables."""
    per_status = dict(FaceTrack.objects.order_by().values_list("status").annotate(count=Count("pk")))
    suggestions = Suggestion.objects.filter(provider=PROVIDER, kind=SuggestedKind.CREATOR).order_by()
    answers: dict[int, dict[str, int]] = {}
    for creator_id, state, count in suggestions.values_list("object_id", "state").annotate(count=Count("pk")):
        answers.setdefault(creator_id, {})[state] = count
    references = dict(FaceReference.objects.order_by().values_list("creator_id").annotate(count=Count("pk")))
    named = FaceTrack.objects.named().filter(creator__isnull=False).order_by().values("creator_id")
    tracks = {
        row["creator_id"]: (row["tracks"], row["videos"])
        for row in named.annotate(tracks=Count("pk"), videos=Count("video_id", distinct=True))
    }
    clusters = FaceCluster.objects.aggregate(shown=Count("pk", filter=Q(is_hidden=False)), all=Count("pk"))
    counts: dict[str, int] = {
        "videos": FaceTrack.objects.aggregate(count=Count("video_id", distinct=True))["count"],
        "detections": FaceDetection.objects.count(),
        "tracks": sum(per_status.values()),
        **{f"tracks_{status}": per_status.get(status, 0) for status in TrackStatus.values},
        "clusters": clusters["shown"],
        "clusters_hidden": clusters["all"] - clusters["shown"],
        "references": sum(references.values()),
        "creators": len(references),
        **{
            f"suggestions_{state}": sum(states.get(state, 0) for states in answers.values())
            for state in SuggestionState.values
        },
    }
    people = Creator.objects.in_bulk({*references, *tracks, *answers})
    rows = [
        CreatorFaces(
            creator=person,
            references=references.get(pk, 0),
            tracks=tracks.get(pk, (0, 0))[0],
            videos=tracks.get(pk, (0, 0))[1],
            accepted=answers.get(pk, {}).get(SuggestionState.ACCEPTED, 0),
            rejected=answers.get(pk, {}).get(SuggestionState.REJECTED, 0),
        )
        for pk, person in people.items()
    ]
    rows.sort(key=_most_seen)
    return FaceStats(counts, FaceModel.objects.filter(is_current=True).first(), tuple(rows))


def _most_seen(row: CreatorFaces) -> tuple[int, str, int]:
    return -row.videos, row.creator.name, row.creator.pk
