"""People who are trashed, taken out again, or gone for good: what becomes of their faces."""

from collections.abc import Sequence
from typing import Any

from faces.models import FaceTrack
from faces.models.track import NAMED, TrackStatus
from faces.services.credits import take_back_credits
from faces.services.matching import PROVIDER, subject_of
from faces.services.naming import rematch_later
from library.models import Rejection, Suggestion
from library.models.suggestion import SuggestedKind
from library.services.changes import events_of
from people.models import Creator


def let_go(*, creator_ids: Sequence[int]) -> None:
    """Of people who were put into the trash, in that batch: their faces wait for a name again, and they are proposed
    for nobody. Their references and what was rejected about them stay for the day they come back."""
    named = FaceTrack.objects.filter(creator__in=creator_ids, status__in=NAMED)
    had_any = named.update(status=TrackStatus.PENDING, creator=None, confidence=None)
    Suggestion.objects.open().filter(
        provider=PROVIDER, kind=SuggestedKind.CREATOR, object_id__in=list(creator_ids)
    ).delete()
    if had_any:
        rematch_later()


def bring_back(*, creator_ids: Sequence[int]) -> None:
    """Of people who were taken out of the trash, in that batch: the faces that they lost by going there are theirs
    again, but for those that got a name or another answer meanwhile."""
    for creator_id in creator_ids:
        batch_id = _batch_of_trashing(creator_id)
        if batch_id is None:
            continue
        lost = events_of(FaceTrack).filter(pgh_context_id=batch_id, pgh_label="before", creator_id=creator_id)
        before: dict[int, Any] = {event.pgh_obj_id: event for event in lost}
        rows = FaceTrack.objects.select_for_update(of=("self",)).pending().filter(pk__in=before)
        tracks = list(rows.order_by("video_id", "pk"))
        said_no = set(
            Rejection.objects.filter(
                kind=SuggestedKind.CREATOR,
                object_id=creator_id,
                provider=PROVIDER,
                video__in={track.video_id for track in tracks},
            ).values_list("subject", flat=True)
        )
        back = [track for track in tracks if subject_of(track.pk) not in said_no]
        for track in back:
            event = before[track.pk]
            track.status, track.creator_id, track.confidence = event.status, creator_id, event.confidence
            track.cluster, track.is_placed = None, False
        columns = ["status", "creator", "confidence", "cluster", "is_placed"]
        FaceTrack.objects.bulk_update(back, columns, batch_size=1_000)
        Suggestion.objects.open().filter(
            provider=PROVIDER, subject__in=[subject_of(track.pk) for track in back]
        ).delete()
        # Their credits stayed; where all their faces went to others meanwhile, none is theirs.
        take_back_credits({(event.video_id, creator_id) for event in before.values()}, user=None)
    rematch_later()


def forget_person(creator_id: int) -> None:
    """Of somebody who goes for good: their faces wait for a name again, and nothing is proposed or rejected about them
    any more."""
    FaceTrack.objects.filter(creator=creator_id, status__in=NAMED).update(
        status=TrackStatus.PENDING, creator=None, confidence=None
    )
    for model in (Suggestion, Rejection):
        model._default_manager.filter(provider=PROVIDER, kind=SuggestedKind.CREATOR, object_id=creator_id).delete()


def _batch_of_trashing(creator_id: int) -> Any:
    """The batch that put the person into the trash the last time, None when none did."""
    events = events_of(Creator).filter(pgh_obj_id=creator_id)
    went = events.filter(pgh_label="update", trashed_at__isnull=False).order_by().values("pgh_context_id")
    # What else was changed while they lay there is no trashing.
    before = events.filter(pgh_label="before", trashed_at__isnull=True, pgh_context_id__in=went)
    last = before.order_by("-pgh_id").first()
    return None if last is None else last.pgh_context_id
