"""Whose faces tracks are: naming the sure ones, proposing the likely ones, and never what was rejected."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import Count, Max, Sum
from numpy.typing import NDArray

from faces.ml.matching import Match, ReferenceSet
from faces.ml.pack import DIMENSIONS
from faces.models import FaceCluster, FaceReference, FaceSettings, FaceTrack
from faces.models.track import TrackStatus
from faces.services.credits import pairs_of, take_back_credits
from faces.services.locks import hold_clusters
from faces.services.models import current_model
from faces.services.vectors import as_bytes, unpack
from library.models import ChangeBatch, Rejection, Suggestion
from library.models.change import ChangeSource
from library.models.suggestion import SuggestedKind
from library.services.changes import change_batch, events_of
from people.models import Creator
from people.services.credits import edit_credits

PROVIDER = "faces"
_BATCH = 2_000
_CANDIDATES = 8
# Vectors are stored in half precision: a likeness is known to about this much.
_EXACT = 1e-3

# The last references that this process compared with, by what tells them from others.
_loaded: dict[tuple[Any, ...], ReferenceSet] = {}
# (video, subject, creator) that somebody said no to.
_Pairs = set[tuple[int, str, int]]


@dataclass(slots=True)
class Matched:
    """How many tracks were named, for how many somebody is proposed, and how many names were taken back."""

    recognised: int = 0
    proposed: int = 0
    forgotten: int = 0


def subject_of(track_id: int) -> str:
    """How suggestions and rejections name a track."""
    return f"track:{track_id}"


def as_vectors(rows: Iterable[Any]) -> NDArray[np.float32]:
    """(n, 512) float32 of vectors as the database gives them."""
    listed = [row.to_list() if hasattr(row, "to_list") else list(row) for row in rows]
    return np.asarray(listed, np.float32).reshape(len(listed), DIMENSIONS)


def load_references() -> ReferenceSet:
    """All references of people in use, of the current model; 40 MB for 20,000. Two queries, one where this process has
    them already."""
    rows = FaceReference.objects.filter(model__is_current=True, creator__trashed_at=None)
    state = tuple(rows.aggregate(n=Count("pk"), ids=Sum("pk"), newest=Max("updated_at")).values())
    if state not in _loaded:
        pairs = list(rows.order_by("creator_id", "pk").values_list("creator_id", as_bytes()))
        _loaded.clear()
        _loaded[state] = ReferenceSet(unpack(vector for _, vector in pairs), [creator for creator, _ in pairs])
    return _loaded[state]


def match_tracks(*, track_ids: Iterable[int] | None = None, references: ReferenceSet | None = None) -> Matched:
    """Compares tracks (all of them, if None) of the current model with everybody known.

    At or above the settings' `auto_tag_threshold` a pending track is theirs and the video credited, in a change batch
    that can be undone; between that and `match_threshold` it is proposed; a rejected pair is passed over. What was
    proposed and isn't likely any more goes, unless somebody answered. First, names that matching gave go where no
    reference says so any more; those that people gave never do.
    """
    model = current_model()
    result = Matched()
    if model is None:
        return result
    known = load_references() if references is None else references
    rows = FaceTrack.objects.filter(model=model, video__trashed_at=None)
    if track_ids is not None:
        rows = rows.filter(pk__in=list(track_ids))
    settings = FaceSettings.load()
    # What another system matched has no reference here to stand on.
    given = rows.filter(status=TrackStatus.MATCHED, imported_status="")
    for ids in _batches(given):
        _forget_batch(ids, known, settings, result)
    for ids in _batches(rows.pending()):
        _match_batch(ids, known, settings, result)
    return result


def _batches(rows: Any) -> Iterable[list[int]]:
    ids = list(rows.order_by("pk").values_list("pk", flat=True))
    return (ids[first : first + _BATCH] for first in range(0, len(ids), _BATCH))


# ---- names without evidence -----------------------------------------------------------------------------------------
def _forget_batch(ids: Sequence[int], known: ReferenceSet, settings: FaceSettings, result: Matched) -> None:
    rows = FaceTrack.objects.filter(pk__in=ids, status=TrackStatus.MATCHED, creator__isnull=False)
    seen = list(rows.values_list("pk", "creator_id", "embedding"))
    likeness = known.likeness_to(as_vectors(row[2] for row in seen), [int(row[1] or 0) for row in seen])
    lost: dict[int, list[int]] = {}
    for (pk, creator_id, _), value in zip(seen, likeness, strict=True):
        if value < settings.auto_tag_threshold - _EXACT:
            lost.setdefault(int(creator_id or 0), []).append(pk)
    for creator_id, track_ids in sorted(lost.items()):
        result.forgotten += _forget(creator_id, track_ids)


def _forget(creator_id: int, track_ids: Sequence[int]) -> int:
    creator = Creator.objects.filter(pk=creator_id).first()
    with change_batch(source="face") as batch:
        rows = FaceTrack.objects.select_for_update(of=("self",)).filter(
            pk__in=track_ids, status=TrackStatus.MATCHED, creator=creator_id
        )
        tracks = list(rows.order_by("video_id", "pk"))
        FaceTrack.objects.filter(pk__in=[track.pk for track in tracks]).update(
            status=TrackStatus.PENDING, creator=None, confidence=None
        )
        take_back_credits(pairs_of(tracks), user=None)
        if tracks and not batch.summary:
            batch.summary = f"No face that is known of {creator} is like {len(tracks):,} of theirs any more"
    return len(tracks)


# ---- names and proposals --------------------------------------------------------------------------------------------
def _match_batch(ids: Sequence[int], known: ReferenceSet, settings: FaceSettings, result: Matched) -> None:
    with transaction.atomic():
        hold_clusters(alone=False)
        rows = FaceTrack.objects.pending().filter(pk__in=ids).order_by("video_id", "pk")
        # People before their appearances, as naming holds them: otherwise the two may wait for each other.
        _hold_likely(known, rows, settings.auto_tag_threshold)
        tracks = list(rows.select_for_update(of=("self",)))
        nearest = known.nearest(as_vectors(track.embedding for track in tracks), most=_CANDIDATES)
        rejected, hidden = _rejected(tracks), _hidden(tracks)
        sure: dict[int, list[tuple[FaceTrack, float]]] = {}
        likely: list[tuple[FaceTrack, Match]] = []
        for track, candidates in zip(tracks, nearest, strict=True):
            best = _best(track, candidates, rejected, settings.match_threshold)
            if best is None:
                continue
            if best.similarity >= settings.auto_tag_threshold:
                sure.setdefault(best.creator_id, []).append((track, best.similarity))
            elif track.cluster_id not in hidden:
                likely.append((track, best))
        _propose(tracks, likely)
        for creator_id, hits in sorted(sure.items()):
            result.recognised += _recognise(creator_id, hits)
    result.proposed += len(likely)


def _hold_likely(known: ReferenceSet, rows: Any, at_least: float) -> None:
    """Holds whoever may be recognised, so that nobody trashes them meanwhile."""
    nearest = known.nearest(as_vectors(rows.values_list("embedding", flat=True)), most=_CANDIDATES)
    likely = {match.creator_id for candidates in nearest for match in candidates if match.similarity >= at_least}
    list(Creator.objects.select_for_update(no_key=True).filter(pk__in=likely).order_by("pk").values_list("pk"))


def _rejected(tracks: Sequence[FaceTrack]) -> _Pairs:
    """What somebody said no to, by an answer or by undoing what matching had named."""
    rows = Rejection.objects.filter(
        video__in={track.video_id for track in tracks}, kind=SuggestedKind.CREATOR, provider__in=["", PROVIDER]
    )
    undone = ChangeBatch.objects.filter(source=ChangeSource.FACE, user=None, undone_at__isnull=False)
    events = events_of(FaceTrack).filter(
        pgh_obj_id__in=[track.pk for track in tracks],
        pgh_label="update",
        status=TrackStatus.MATCHED,
        pgh_context_id__in=undone.values("pk"),
    )
    taken_back = events.values_list("pgh_obj_id", "creator_id").order_by()
    videos = {track.pk: track.video_id for track in tracks}
    return {
        *rows.values_list("video_id", "subject", "object_id"),
        *((videos[pk], subject_of(pk), creator_id) for pk, creator_id in taken_back),
    }


def _hidden(tracks: Sequence[FaceTrack]) -> set[int]:
    """Clusters of passers-by: nobody is asked about them."""
    ids = {track.cluster_id for track in tracks if track.cluster_id is not None}
    return set(FaceCluster.objects.filter(pk__in=ids, is_hidden=True).values_list("pk", flat=True)) if ids else set()


def _best(track: FaceTrack, candidates: Sequence[Match], rejected: _Pairs, at_least: float) -> Match | None:
    for match in candidates:
        if match.similarity < at_least:
            return None
        subjects = ("", subject_of(track.pk))
        if not any((track.video_id, subject, match.creator_id) in rejected for subject in subjects):
            return match
    return None


def _propose(tracks: Sequence[FaceTrack], likely: Sequence[tuple[FaceTrack, Match]]) -> None:
    """Open suggestions of these tracks become what is likely now."""
    subjects = [subject_of(track.pk) for track in tracks]
    wanted = {(subject_of(track.pk), match.creator_id) for track, match in likely}
    before = Suggestion.objects.open().filter(
        provider=PROVIDER, video__in={track.video_id for track in tracks}, subject__in=subjects
    )
    stale = [
        pk
        for pk, subject, creator in before.values_list("pk", "subject", "object_id")
        if (subject, creator) not in wanted
    ]
    if stale:
        Suggestion.objects.filter(pk__in=stale).delete()
    rows = [
        Suggestion(
            provider=PROVIDER,
            video_id=track.video_id,
            kind=SuggestedKind.CREATOR,
            object_id=match.creator_id,
            subject=subject_of(track.pk),
            confidence=min(1.0, max(0.0, match.similarity)),
            evidence={"track": track.pk, "from": track.start_seconds, "to": track.end_seconds},
        )
        for track, match in likely
    ]
    # One that was answered stays answered.
    Suggestion.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["video", "kind", "object_id", "provider", "subject"],
        update_fields=["confidence", "evidence"],
        batch_size=1_000,
    )
    confidences = {track.pk: match.similarity for track, match in likely}
    changed = []
    for track in tracks:
        confidence = confidences.get(track.pk)
        if track.confidence != confidence:
            track.confidence = confidence
            changed.append(track)
    FaceTrack.objects.bulk_update(changed, ["confidence"], batch_size=1_000)


def _recognise(creator_id: int, hits: Sequence[tuple[FaceTrack, float]]) -> int:
    """Names tracks and credits their videos, as one change by the machine; how many tracks."""
    best: dict[int, float] = {}
    for track, similarity in hits:
        best[track.video_id] = max(similarity, best.get(track.video_id, 0.0))
    videos = f"{len(best):,} video{'' if len(best) == 1 else 's'}"
    with change_batch(source="face") as batch:
        creator = Creator.objects.select_for_update(no_key=True).filter(pk=creator_id, trashed_at=None).first()
        if creator is None:
            return 0
        if not batch.summary:
            batch.summary = f"Recognised {creator} in {videos}"
        tracks = [track for track, _ in hits]
        clusters = {track.cluster_id for track in tracks if track.cluster_id is not None}
        for track, similarity in hits:
            track.status, track.creator, track.confidence = TrackStatus.MATCHED, creator, similarity
            track.cluster, track.is_placed = None, False
        columns = ["status", "creator", "confidence", "cluster", "is_placed"]
        FaceTrack.objects.bulk_update(tracks, columns, batch_size=1_000)
        for video_id, similarity in sorted(best.items()):
            edit_credits(
                video_ids=[video_id], add=[creator_id], user=None, source="face", confidence=min(1.0, similarity)
            )
        Suggestion.objects.open().filter(
            provider=PROVIDER, video__in=best, subject__in=[subject_of(track.pk) for track in tracks]
        ).delete()
        if clusters:
            FaceCluster.objects.filter(pk__in=clusters, tracks=None).delete()
    return len(tracks)
