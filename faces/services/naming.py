"""Saying whose face it is, and whose not. Everything here is a change that can be undone."""

import io
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.core.files.storage import storages
from django.db.models import QuerySet
from django.utils import timezone
from PIL import Image

from faces.exceptions import NamingError
from faces.ml.align import CROP_PX
from faces.models import DeletedFace, FaceCluster, FaceReference, FaceTrack
from faces.models.reference import ReferenceSource
from faces.models.track import NAMED, TrackQuerySet, TrackStatus
from faces.services.boxes import boxes_of
from faces.services.credits import pairs_of, take_back_credits
from faces.services.locks import hold_clusters
from faces.services.matching import PROVIDER, match_tracks, subject_of
from library.models import ChangeBatch, Rejection, Suggestion, User
from library.models.suggestion import SuggestedKind, SuggestionState
from library.services.changes import change_batch
from people.models import Creator
from people.services.credits import edit_credits
from processing.services.derived import NewFiles, folder_of
from processing.services.submit import MANUAL, submit_jobs

MATCH_STAGE = "faces-match"
# The id by which stages that are about the whole library are asked for.
EVERYTHING = 1
# So many references teach what a person looks like; more make matching slower and not better.
MOST_REFERENCES = 30
# Faces worse than this teach wrong things.
_TEACHING_QUALITY = 0.35
_WEBP_QUALITY = 92


@dataclass(frozen=True, slots=True)
class Named:
    """What a naming did. `batch` undoes it, None where nothing changed."""

    tracks: int
    videos: int
    batch: ChangeBatch | None


NOTHING = Named(0, 0, None)


def name_tracks(
    *, track_ids: Iterable[int], creator: Creator, user: User | None, source: str = "face", only_unnamed: bool = False
) -> Named:
    """These appearances are this person: their videos are credited, their best faces become references, what was
    proposed for them is answered, and what was learned from them about somebody else is forgotten. One change batch.

    With `only_unnamed`, those that somebody named meanwhile stay as they are. Raises NamingError for somebody in the
    trash. Afterwards other faces may be likely to be them: `rematch_later` is called on commit.
    """
    with change_batch(summary=f"Named a face {creator}", user=user, source=source) as batch:
        hold_clusters(alone=False)
        _check_in_use(creator)
        rows = _locked(track_ids).exclude(status=TrackStatus.MANUAL, creator=creator)
        tracks = list(_still_unnamed(rows) if only_unnamed else rows)
        if not tracks:
            return NOTHING
        taken = pairs_of([track for track in tracks if track.creator_id != creator.pk])
        videos = sorted({track.video_id for track in tracks})
        _write(tracks, status=TrackStatus.MANUAL, creator=creator)
        # Somebody who says so now has changed their mind.
        Rejection.objects.filter(
            video__in=videos, kind=SuggestedKind.CREATOR, object_id=creator.pk, subject__in=_subjects(tracks)
        ).delete()
        edit_credits(video_ids=videos, add=[creator.pk], user=user, source=source)
        take_back_credits(taken, user=user)
        _answer(tracks, creator, user)
        forget_taught(tracks, but=creator)
        _teach(tracks, creator)
        batch.summary = f"Named {_appearances(tracks)} in {_videos(len(videos))} {creator}"
    rematch_later()
    return Named(len(tracks), len(videos), batch)


def name_cluster(*, cluster: FaceCluster, creator: Creator, user: User | None) -> Named:
    """Whoever this unknown person is, they are `creator`: in all their videos. One change batch.

    Of two people who name them at once the second one changes nothing: nobody is unknown any more then.
    """
    with change_batch(summary=f"Named an unknown person {creator}", user=user, source="face"):
        hold_clusters(alone=False)
        if not is_there(cluster):
            return NOTHING
        ids = list(FaceTrack.objects.pending().filter(cluster=cluster).values_list("pk", flat=True))
        return name_tracks(track_ids=ids, creator=creator, user=user, only_unnamed=True)


def reject_match(*, track: FaceTrack, creator: Creator, user: User | None) -> ChangeBatch:
    """It is not them: never proposed for this appearance again. A name that it had is taken back, with its credit where
    no other face and no person says so. The next likely person is proposed."""
    with change_batch(summary=f"{creator} is not the face in {track.video}", user=user, source="face") as batch:
        hold_clusters(alone=False)
        tracks = list(_locked([track.pk]))
        _reject(tracks, creator.pk, user)
        theirs = [one for one in tracks if one.creator_id == creator.pk]
        if theirs:
            _take_back(theirs, user, status=TrackStatus.PENDING)
        match_tracks(track_ids=[track.pk])
    return batch


def unname_tracks(*, track_ids: Iterable[int], user: User | None) -> Named:
    """Nobody knows who they are, after all: back to waiting for a name, and not by themselves to the one they had.
    Those that were set aside wait again too. One change batch."""
    with change_batch(summary="Took names off faces", user=user, source="face") as batch:
        hold_clusters(alone=False)
        tracks = list(_locked(track_ids).exclude(status=TrackStatus.PENDING))
        if not tracks:
            return NOTHING
        for creator_id in sorted({track.creator_id for track in tracks if track.creator_id is not None}):
            _reject([track for track in tracks if track.creator_id == creator_id], creator_id, user)
        _take_back(tracks, user, status=TrackStatus.PENDING)
        match_tracks(track_ids=[track.pk for track in tracks])
        batch.summary = f"Took the name off {_appearances(tracks)}"
    rematch_later()
    return Named(len(tracks), len({track.video_id for track in tracks}), batch)


def set_aside(*, track_ids: Iterable[int], user: User | None) -> Named:
    """Nobody worth a name: a passer-by, a picture on a wall. They are neither proposed nor grouped any more."""
    with change_batch(summary="Set faces aside", user=user, source="face") as batch:
        hold_clusters(alone=False)
        tracks = list(_locked(track_ids).exclude(status=TrackStatus.REJECTED))
        if not tracks:
            return NOTHING
        _take_back(tracks, user, status=TrackStatus.REJECTED)
        Suggestion.objects.open().filter(provider=PROVIDER, subject__in=_subjects(tracks)).delete()
        batch.summary = f"Set {len(tracks):,} face{'' if len(tracks) == 1 else 's'} aside"
    rematch_later()
    return Named(len(tracks), len({track.video_id for track in tracks}), batch)


def edit_track(
    *, track: FaceTrack, start_seconds: float | None = None, end_seconds: float | None = None, user: User | None
) -> ChangeBatch:
    """Sets when the appearance begins or ends; no later look changes that. Raises NamingError for times that are none
    of the video."""
    with change_batch(summary=f"Changed the times of a face in {track.video}", user=user, source="face") as batch:
        row = _locked([track.pk]).select_related("video").first()
        if row is None:
            raise NamingError("That face is gone: the video was looked at again meanwhile.")
        start = row.start_seconds if start_seconds is None else start_seconds
        end = row.end_seconds if end_seconds is None else end_seconds
        length = row.video.duration_seconds
        if not 0 <= start <= end:
            raise NamingError("An appearance begins at 0:00 or later, and ends after it began.")
        if length is not None and end > length + 1:
            raise NamingError(f"The video is over after {length:.0f} seconds.")
        if (start, end) != (row.start_seconds, row.end_seconds):
            FaceTrack.objects.filter(pk=row.pk).update(start_seconds=start, end_seconds=end, is_retimed=True)
    return batch


def delete_tracks(*, track_ids: Iterable[int], user: User | None) -> Named:
    """Takes appearances out, with their detections and what was learned and proposed by them. One change batch. A later
    look at the video leaves them out."""
    with change_batch(summary="Deleted faces", user=user, source="face") as batch:
        hold_clusters(alone=False)
        tracks = list(_locked(track_ids))
        if not tracks:
            return NOTHING
        _remember_deleted(tracks)
        _take_back(tracks, user, status=TrackStatus.REJECTED)
        for model in (Suggestion, Rejection):
            model._default_manager.filter(
                kind=SuggestedKind.CREATOR,
                video__in={track.video_id for track in tracks},
                subject__in=_subjects(tracks),
            ).delete()
        FaceTrack.objects.filter(pk__in=[track.pk for track in tracks]).delete()
        batch.summary = f"Deleted {_appearances(tracks)}"
    rematch_later()
    return Named(len(tracks), len({track.video_id for track in tracks}), batch)


def rematch_later() -> None:
    """Faces are compared anew in the background: somebody is known better now, or less."""
    submit_jobs(stage=MATCH_STAGE, target_ids=[EVERYTHING], priority=MANUAL, even_if_running=True)


# ---- parts ----------------------------------------------------------------------------------------------------------
def is_there(cluster: FaceCluster) -> bool:
    """Whether nobody has named the unknown person; held until the end of the transaction."""
    return FaceCluster.objects.select_for_update().filter(pk=cluster.pk).first() is not None


def _still_unnamed(rows: TrackQuerySet) -> TrackQuerySet:
    """Those that nobody named while this one waited for their locks."""
    return rows.pending()


def _locked(track_ids: Iterable[int]) -> TrackQuerySet:
    """Videos and tracks in the order of their ids: two namings never wait for each other in a circle."""
    rows: TrackQuerySet = FaceTrack.objects.select_for_update(of=("self",)).filter(pk__in=list(track_ids))
    return rows.order_by("video_id", "pk")


def _check_in_use(creator: Creator) -> None:
    """Holds the person, so that nobody trashes them meanwhile. Raises NamingError for one in the trash, or gone."""
    row = Creator.objects.select_for_update(no_key=True).filter(pk=creator.pk).first()
    if row is None:
        raise NamingError(f"{creator} is gone: somebody merged or deleted them meanwhile.")
    if row.trashed_at is not None:
        raise NamingError(f"{creator} lies in the trash. Take them out first.")


def _write(tracks: Sequence[FaceTrack], *, status: str, creator: Creator | None) -> None:
    """A cluster that loses its last face goes, within the batch: an undo brings it back under its number."""
    FaceTrack.objects.filter(pk__in=[track.pk for track in tracks]).update(
        status=status, creator=creator, confidence=None, cluster=None, is_placed=False
    )
    drop_empty_clusters({track.cluster_id for track in tracks if track.cluster_id is not None})


def drop_empty_clusters(cluster_ids: Collection[int]) -> None:
    """Of these those that no face is in any more."""
    if cluster_ids:
        FaceCluster.objects.filter(pk__in=cluster_ids, tracks=None).delete()


def _take_back(tracks: Sequence[FaceTrack], user: User | None, *, status: str) -> None:
    """Names go, with the credits and references that they gave."""
    taken = pairs_of([track for track in tracks if track.status in NAMED])
    _write(tracks, status=status, creator=None)
    take_back_credits(taken, user=user)
    forget_taught(tracks)


def _reject(tracks: Sequence[FaceTrack], creator_id: int, user: User | None) -> None:
    rows = [
        Rejection(
            video_id=track.video_id,
            kind=SuggestedKind.CREATOR,
            object_id=creator_id,
            provider=PROVIDER,
            subject=subject_of(track.pk),
            user=user,
        )
        for track in tracks
    ]
    Rejection.objects.bulk_create(rows, ignore_conflicts=True)
    _waiting(tracks).filter(object_id=creator_id).update(
        state=SuggestionState.REJECTED, answered_at=timezone.now(), answered_by=user
    )


def _waiting(tracks: Sequence[FaceTrack]) -> "QuerySet[Suggestion]":
    """What is proposed for these faces and waits for an answer."""
    return Suggestion.objects.open().filter(
        provider=PROVIDER, video__in={track.video_id for track in tracks}, subject__in=_subjects(tracks)
    )


def _answer(tracks: Sequence[FaceTrack], creator: Creator, user: User | None) -> None:
    """What was proposed for these faces: right where it was this person, else wrong."""
    waiting, now = _waiting(tracks), timezone.now()
    # The right ones first: what is answered is not open any more.
    waiting.filter(object_id=creator.pk).update(state=SuggestionState.ACCEPTED, answered_at=now, answered_by=user)
    waiting.update(state=SuggestionState.REJECTED, answered_at=now, answered_by=user)


def _remember_deleted(tracks: Sequence[FaceTrack]) -> None:
    """What a later look knows them by."""
    boxes = boxes_of([track.pk for track in tracks])
    DeletedFace.objects.bulk_create(
        DeletedFace(
            video_id=track.video_id,
            creator_id=track.creator_id,
            start_seconds=track.start_seconds,
            end_seconds=track.end_seconds,
            model_id=track.model_id,
            embedding=track.embedding,
            boxes=[[seconds, *box] for seconds, box in boxes.get(track.pk, [])],
        )
        for track in tracks
    )


def _subjects(tracks: Sequence[FaceTrack]) -> list[str]:
    return [subject_of(track.pk) for track in tracks]


def _appearances(tracks: Sequence[FaceTrack]) -> str:
    return f"{len(tracks):,} appearance{'' if len(tracks) == 1 else 's'}"


def _videos(count: int) -> str:
    return f"{count:,} video{'' if count == 1 else 's'}"


# ---- what is learned ------------------------------------------------------------------------------------------------
def forget_taught(tracks: Sequence[FaceTrack], *, but: Creator | None = None) -> None:
    """Removes references that came from these appearances, of others than `but`."""
    rows = FaceReference.objects.filter(track__in=[track.pk for track in tracks])
    if but is not None:
        rows = rows.exclude(creator=but)
    people = set(rows.values_list("creator_id", flat=True))
    if people:
        rows.delete()
        keep_primary(people)


def keep_primary(creator_ids: Iterable[int]) -> None:
    """Each of these people who has references has one that is shown as their face: the best."""
    for creator_id in sorted(creator_ids):
        theirs = FaceReference.objects.filter(creator=creator_id)
        if not theirs.filter(is_primary=True).exists():
            best = theirs.order_by("-quality", "pk").values_list("pk", flat=True).first()
            if best is not None:
                FaceReference.objects.filter(pk=best).update(is_primary=True)


def _teach(tracks: Sequence[FaceTrack], creator: Creator) -> None:
    """The best faces become references, of different videos where there are some, up to a bound for each person. Each
    gets an upright face of its own, cut from the track's strip: the video may go, and another model needs it."""
    known = FaceReference.objects.filter(creator=creator)
    room = MOST_REFERENCES - known.count()
    seen = set(known.filter(track__in=[track.pk for track in tracks]).values_list("video_id", flat=True))
    with NewFiles(folder_of("references", creator.pk, "track")) as files:
        rows: list[FaceReference] = []
        for track in sorted(tracks, key=lambda one: -one.quality):
            if len(rows) >= room or track.quality < _TEACHING_QUALITY:
                break
            if track.video_id in seen:
                continue
            seen.add(track.video_id)
            face = best_face(track)
            rows.append(
                FaceReference(
                    creator=creator,
                    model_id=track.model_id,
                    embedding=track.embedding,
                    source=ReferenceSource.VIDEO_FRAME,
                    video_id=track.video_id,
                    track=track,
                    time_seconds=(track.start_seconds + track.end_seconds) / 2,
                    quality=min(1.0, track.quality),
                    crop=files.add(f"{track.pk}.webp", face) if face else "",
                )
            )
        FaceReference.objects.bulk_create(rows)
        files.keep()
    keep_primary([creator.pk])


def best_face(track: FaceTrack) -> bytes:
    """The upright face of 112 px that the track's strip begins with, as WebP; empty where there is no strip."""
    if not track.strip:
        return b""
    try:
        with storages["derived"].open(str(track.strip)) as stream, Image.open(stream) as strip:
            face = strip.convert("RGB").crop((0, 0, CROP_PX, CROP_PX))
    except (OSError, ValueError):
        return b""
    out = io.BytesIO()
    face.save(out, "WEBP", quality=_WEBP_QUALITY)
    return out.getvalue()
