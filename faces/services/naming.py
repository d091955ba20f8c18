"""Saying whose face it is, and whose not. Everything here is a change that can be undone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils import timezone

from faces.exceptions import NamingError
from faces.models import FaceCluster, FaceReference, FaceTrack
from faces.models.reference import ReferenceSource
from faces.models.track import TrackStatus
from faces.services.matching import PROVIDER, match_tracks, subject_of
from library.models import ChangeBatch, Rejection, Suggestion, User
from library.models.suggestion import SuggestedKind, SuggestionState
from library.services.changes import change_batch
from people.models import Creator, Credit
from people.services.credits import edit_credits
from processing.services.submit import MANUAL, submit_jobs

MATCH_STAGE = "faces-match"
# The id by which stages that are about the whole library are asked for.
EVERYTHING = 1
# So many references teach what a person looks like; more make matching slower and not better.
MOST_REFERENCES = 30
# Faces worse than this teach wrong things.
_TEACHING_QUALITY = 0.35


@dataclass(frozen=True, slots=True)
class Named:
    """What a naming did. `batch` undoes it, None where nothing changed."""

    tracks: int
    videos: int
    batch: ChangeBatch | None


def name_tracks(*, track_ids: Iterable[int], creator: Creator, user: User | None, source: str = "face") -> Named:
    """These appearances are this person: their videos are credited, their best faces become references, and what was
    proposed for them is answered. One change batch. Raises NamingError for somebody in the trash.

    Afterwards other faces may be likely to be them: `rematch_later` is called on commit.
    """
    if creator.trashed_at is not None:
        raise NamingError(f"{creator} lies in the trash. Take them out first.")
    with change_batch(summary=f"Named a face {creator}", user=user, source=source) as batch:
        rows = FaceTrack.objects.select_for_update(of=("self",)).filter(pk__in=list(track_ids))
        # Videos and tracks in the order of their ids: two namings never wait for each other in a circle.
        tracks = list(rows.exclude(status=TrackStatus.MANUAL, creator=creator).order_by("video_id", "pk"))
        if not tracks:
            return Named(0, 0, None)
        before = {track.pk: track.creator_id for track in tracks if track.creator_id not in (None, creator.pk)}
        videos = sorted({track.video_id for track in tracks})
        ids = [track.pk for track in tracks]
        FaceTrack.objects.filter(pk__in=ids).update(
            status=TrackStatus.MANUAL, creator=creator, confidence=None, cluster=None
        )
        edit_credits(video_ids=videos, add=[creator.pk], user=user, source=source)
        _take_back_credits([track for track in tracks if track.pk in before], before, user)
        _answer(tracks, creator, user)
        _teach(tracks, creator)
        count = f"{len(tracks):,} appearance{'' if len(tracks) == 1 else 's'}"
        where = f"{len(videos):,} video{'' if len(videos) == 1 else 's'}"
        batch.summary = f"Named {count} in {where} {creator}"
    rematch_later()
    return Named(len(tracks), len(videos), batch)


def name_cluster(*, cluster: FaceCluster, creator: Creator, user: User | None) -> Named:
    """Whoever this unknown person is, they are `creator`: in all their videos. One change batch."""
    ids = list(cluster.tracks.pending().values_list("pk", flat=True))
    return name_tracks(track_ids=ids, creator=creator, user=user)


def reject_match(*, track: FaceTrack, creator: Creator, user: User | None) -> ChangeBatch:
    """It is not them: never proposed for this appearance again. A name that matching gave is taken back, with its
    credit where no other face and no person says so. The next likely person is proposed."""
    with change_batch(summary=f"{creator} is not the face in {track.video}", user=user, source="face") as batch:
        Rejection.objects.get_or_create(
            video_id=track.video_id,
            kind=SuggestedKind.CREATOR,
            object_id=creator.pk,
            provider=PROVIDER,
            subject=subject_of(track.pk),
            defaults={"user": user},
        )
        Suggestion.objects.open().filter(
            provider=PROVIDER, video_id=track.video_id, subject=subject_of(track.pk), object_id=creator.pk
        ).update(state=SuggestionState.REJECTED, answered_at=timezone.now(), answered_by=user)
        if track.creator_id == creator.pk:
            FaceTrack.objects.filter(pk=track.pk).update(status=TrackStatus.PENDING, creator=None, confidence=None)
            _take_back_credits([track], {track.pk: creator.pk}, user)
        match_tracks(track_ids=[track.pk])
    return batch


def set_aside(*, track_ids: Iterable[int], user: User | None) -> Named:
    """Nobody worth a name: a passer-by, a picture on a wall. They are neither proposed nor grouped any more."""
    with change_batch(summary="Set faces aside", user=user, source="face") as batch:
        rows = FaceTrack.objects.select_for_update(of=("self",)).filter(pk__in=list(track_ids))
        tracks = list(rows.exclude(status=TrackStatus.REJECTED).order_by("video_id", "pk"))
        if not tracks:
            return Named(0, 0, None)
        before = {track.pk: track.creator_id for track in tracks if track.creator_id is not None}
        FaceTrack.objects.filter(pk__in=[track.pk for track in tracks]).update(
            status=TrackStatus.REJECTED, creator=None, confidence=None, cluster=None
        )
        _take_back_credits([track for track in tracks if track.pk in before], before, user)
        Suggestion.objects.open().filter(
            provider=PROVIDER, subject__in=[subject_of(track.pk) for track in tracks]
        ).delete()
        batch.summary = f"Set {len(tracks):,} face{'' if len(tracks) == 1 else 's'} aside"
    return Named(len(tracks), len({track.video_id for track in tracks}), batch)


def rematch_later() -> None:
    """Pending faces are compared anew in the background: somebody is known better now, or less."""
    submit_jobs(stage=MATCH_STAGE, target_ids=[EVERYTHING], priority=MANUAL, even_if_running=True)


def _take_back_credits(tracks: Sequence[FaceTrack], before: Mapping[int, int | None], user: User | None) -> None:
    """Credits that only these faces gave go: made by a face, and no other face of the video is that person's."""
    for track in tracks:
        creator_id = before[track.pk]
        if creator_id is None:
            continue
        others = FaceTrack.objects.named().filter(video_id=track.video_id, creator_id=creator_id)
        by_face = Credit.objects.filter(video_id=track.video_id, creator_id=creator_id, source="face")
        if not others.exists() and by_face.exists():
            edit_credits(video_ids=[track.video_id], remove=[creator_id], user=user, source="face")


def _answer(tracks: Sequence[FaceTrack], creator: Creator, user: User | None) -> None:
    """What was proposed for these faces: right where it was this person, else wrong."""
    subjects = [subject_of(track.pk) for track in tracks]
    waiting = Suggestion.objects.open().filter(
        provider=PROVIDER, video__in={track.video_id for track in tracks}, subject__in=subjects
    )
    now = timezone.now()
    # The right ones first: what is answered is not open any more.
    waiting.filter(object_id=creator.pk).update(state=SuggestionState.ACCEPTED, answered_at=now, answered_by=user)
    waiting.update(state=SuggestionState.REJECTED, answered_at=now, answered_by=user)


def _teach(tracks: Sequence[FaceTrack], creator: Creator) -> None:
    """The best faces become references, of different videos where there are some, up to a bound for each person."""
    room = MOST_REFERENCES - FaceReference.objects.filter(creator=creator).count()
    rows: list[FaceReference] = []
    seen: set[int] = set()
    for track in sorted(tracks, key=lambda one: -one.quality):
        if len(rows) >= room or track.quality < _TEACHING_QUALITY:
            break
        if track.video_id in seen:
            continue
        seen.add(track.video_id)
        rows.append(
            FaceReference(
                creator=creator,
                model_id=track.model_id,
                embedding=track.embedding,
                source=ReferenceSource.VIDEO_FRAME,
                video_id=track.video_id,
                time_seconds=(track.start_seconds + track.end_seconds) / 2,
                quality=min(1.0, track.quality),
                path=track.crop.name or "",
            )
        )
    if rows and not FaceReference.objects.filter(creator=creator, is_primary=True).exists():
        rows[0].is_primary = True
    for row in rows:
        row.save(force_insert=True)
