"""Wiping what is known of faces: rows, pictures and the history that holds them. Can't be undone."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import pgtrigger
from django.db import transaction
from django.db.models import Model, Q, QuerySet

from faces.models import (
    DeletedFace,
    DifferentPeople,
    FaceCluster,
    FaceDetection,
    FaceLook,
    FaceModel,
    FaceReference,
    FaceSettings,
    FaceTrack,
)
from faces.services.clustering import cluster_faces
from faces.services.inputs import FACES_STAGE
from faces.services.locks import hold_faces
from faces.services.matching import PROVIDER
from library.models import Folder, Rejection, Suggestion, User, Video, VideoFile
from library.models.audit import AuditKind
from library.models.suggestion import SuggestedKind
from library.services.audit import record
from library.services.changes import events_of
from people.models import Creator
from processing.models import FaceFrames, StageRecord
from processing.services.derived import remove_files
from processing.services.owners import owned_by

# Tables whose history holds vectors, names of pictures or who was taken for whom.
_WITH_HISTORY: tuple[type[Model], ...] = (
    FaceTrack, FaceDetection, FaceReference, FaceCluster, DifferentPeople, DeletedFace
)  # fmt: skip
_ANSWERS: tuple[type[Model], ...] = (Suggestion, Rejection)
# Whose rows name pictures: under whose key these lie, and in which columns.
_PICTURES: dict[type[Model], tuple[str, tuple[str, ...]]] = {
    FaceTrack: ("video_id", ("crop", "strip")), FaceReference: ("creator_id", ("crop",))
}  # fmt: skip
_PICTURES_AT_ONCE = 500
# What others keep of faces for a while (photos that somebody searches by); called by a wipe of everything.
_also: list[Callable[[], None]] = []


def also_wipe(wipe: Callable[[], None]) -> None:
    """`wipe()` is called in the transaction of `wipe_everything`; it removes rows, and files on commit."""
    if wipe not in _also:
        _also.append(wipe)


@dataclass(slots=True)
class Wiped:
    """How many rows and pictures went."""

    tracks: int = 0
    detections: int = 0
    references: int = 0
    clusters: int = 0
    answers: int = 0
    frames: int = 0
    pictures: int = 0
    history: int = 0

    @property
    def is_nothing(self) -> bool:
        return not any((self.tracks, self.detections, self.references, self.clusters, self.answers, self.frames))


def count_faces(*, folder: Folder | None = None, creator: Creator | None = None) -> Wiped:
    """What a wipe would take now: of a folder, of a person, or all. A few statements."""
    tracks, references, frames = _of(folder, creator)
    whole = folder is None and creator is None
    return Wiped(
        tracks=tracks.count(),
        detections=FaceDetection.objects.filter(track__in=tracks).count(),
        references=references.count(),
        clusters=FaceCluster.objects.count() if whole else 0,
        frames=frames.count(),
    )


def wipe_everything(*, user: User | None, switch_off: bool = True) -> Wiped:
    """All faces of all videos and people, with everything that was learned, proposed and answered about them. Credits
    stay: they are names in videos. With `switch_off` nobody is looked for from then on; otherwise new videos are looked
    at as before."""
    with transaction.atomic():
        hold_faces(alone=True)
        if switch_off:
            settings = FaceSettings.load()
            settings.is_enabled = False
            settings.save()
        wiped = _wipe(*_of(None, None), answers=Q(provider=PROVIDER))
        wiped.clusters = FaceCluster.objects.count()
        FaceCluster.objects.all().delete()
        _delete(DeletedFace.objects.all())
        wiped.history += _forget_history({model: Q() for model in _WITH_HISTORY})
        wiped.history += _forget_history({model: Q(provider=PROVIDER) for model in _ANSWERS})
        FaceLook.objects.all().delete()
        _forget_looks(None)
        for wipe in _also:
            wipe()
        FaceModel.objects.update(grouped_state="", matched_state="")
        _remember(user, "All faces", wiped)
    return wiped


def wipe_folder(*, folder: Folder, user: User | None) -> Wiped:
    """The faces of the videos whose files lie in the folder, and references that came from them. Whether it is looked
    at from then on is `Folder.looks_for_faces`."""
    with transaction.atomic():
        hold_faces(alone=True)
        videos = _videos_of(folder)
        wiped = _wipe(*_of(folder, None), answers=Q(provider=PROVIDER, video__in=videos.values("pk")))
        _delete(DeletedFace.objects.filter(video__in=videos.values("pk")))
        of_videos = Q(video_id__in=list(videos.values_list("pk", flat=True)))
        wiped.history += _forget_history(
            dict.fromkeys((FaceTrack, FaceDetection, FaceReference, DeletedFace), of_videos)
            | {model: of_videos & Q(provider=PROVIDER) for model in _ANSWERS}
        )
        FaceLook.objects.filter(file__folder=folder).delete()
        _forget_looks(folder)
        wiped.clusters = _drop_empty_clusters()
        _remember(user, f"Faces of the folder {folder.name}", wiped)
    _group_again()
    return wiped


def wipe_person(*, creator: Creator, user: User | None) -> Wiped:
    """The faces that go by a person's name, and all by which they would be known again. Their credits stay."""
    with transaction.atomic():
        hold_faces(alone=True)
        about = Q(provider=PROVIDER, kind=SuggestedKind.CREATOR, object_id=creator.pk)
        tracks = list(FaceTrack.objects.filter(creator=creator).values_list("pk", flat=True))
        wiped = _wipe(*_of(None, creator), answers=about | Q(subject__in=[f"track:{pk}" for pk in tracks]))
        theirs = Q(creator_id=creator.pk)
        _delete(DeletedFace.objects.filter(theirs))
        wiped.history += _forget_history(
            {
                # What else was said about the same faces too.
                FaceTrack: theirs | Q(pgh_obj_id__in=tracks),
                FaceDetection: Q(track_id__in=tracks),
                FaceReference: theirs,
                DeletedFace: theirs,
            }
            | dict.fromkeys(_ANSWERS, about)
        )
        wiped.clusters = _drop_empty_clusters()
        _remember(user, f"Faces of {creator}", wiped)
    _group_again()
    return wiped


# ---- parts ----------------------------------------------------------------------------------------------------------
_Rows = tuple["QuerySet[FaceTrack]", "QuerySet[FaceReference]", "QuerySet[FaceFrames]"]


def _of(folder: Folder | None, creator: Creator | None) -> _Rows:
    tracks, references, frames = FaceTrack.objects.all(), FaceReference.objects.all(), FaceFrames.objects.all()
    if folder is not None:
        videos = _videos_of(folder).values("pk")
        return tracks.filter(video__in=videos), references.filter(video__in=videos), frames.filter(file__folder=folder)
    if creator is not None:
        return tracks.filter(creator=creator), references.filter(creator=creator), frames.none()
    return tracks, references, frames


def _videos_of(folder: Folder) -> "QuerySet[Video]":
    return Video.objects.filter(pk__in=VideoFile.objects.filter(folder=folder).values("video"))


def _wipe(
    tracks: "QuerySet[FaceTrack]",
    references: "QuerySet[FaceReference]",
    frames: "QuerySet[FaceFrames]",
    *,
    answers: Q,
) -> Wiped:
    names = [*_names(tracks, "crop", "strip"), *_names(references, "crop"), *_names(frames, "archive")]
    detections = FaceDetection.objects.filter(track__in=tracks)
    wiped = Wiped(pictures=len(names))
    # What points to tracks goes first; raw, since Django would load a million rows to tell others of them.
    for model in _ANSWERS:
        wiped.answers += _delete(model._default_manager.filter(answers))
    wiped.references = _delete(references)
    FaceReference.objects.filter(track__in=tracks).update(track=None)
    wiped.detections = _delete(detections)
    wiped.tracks = _delete(tracks)
    wiped.frames = _delete(frames)
    # Committed first: rows without pictures can be lived with, the other way round they would stay for ever.
    transaction.on_commit(lambda: remove_files(names))
    return wiped


def _delete(rows: "QuerySet[Any]") -> int:
    # None where it is plain without asking that there are none.
    return int(rows._raw_delete(rows.db) or 0)


def _names(rows: "QuerySet[Any]", *columns: str) -> Iterator[str]:
    for row in rows.values_list(*columns).iterator():
        yield from (name for name in row if name)


def _forget_looks(folder: Folder | None) -> None:
    """What the stage made is gone, so the ledger doesn't speak of it: whoever asks for what is missing gets it."""
    records = StageRecord.objects.filter(target_kind="file", stage=FACES_STAGE)
    if folder is not None:
        records = records.filter(target_id__in=VideoFile.objects.filter(folder=folder).values("pk"))
    records.delete()


def _drop_empty_clusters() -> int:
    """Clusters that lost all their faces, with the history that holds their centers."""
    gone = list(FaceCluster.objects.filter(tracks=None).values_list("pk", flat=True))
    FaceCluster.objects.filter(pk__in=gone).delete()
    _forget_history({FaceCluster: Q(pgh_obj_id__in=gone)})
    return len(gone)


def _forget_history(which: dict[type[Model], Q]) -> int:
    """Event tables are append-only; this is the one place that takes something out of them."""
    count = 0
    for model, rows in which.items():
        events = events_of(model).filter(rows).order_by()
        _forget_pictures(model, events)
        with pgtrigger.ignore(f"{events.model._meta.label}:append_only"):
            count += _delete(events)
    return count


def _forget_pictures(model: type[Model], events: "QuerySet[Any]") -> None:
    """Pictures that only the history names, of rows that a change took out and an undo could have brought back."""
    if model not in _PICTURES:
        return
    key, columns = _PICTURES[model]
    named = sorted(set(_names(events.values(*columns).distinct(), *columns)))
    owned = owned_by(model, key, columns)
    for first in range(0, len(named), _PICTURES_AT_ONCE):
        part = named[first : first + _PICTURES_AT_ONCE]
        gone = set(part) - owned(part)
        transaction.on_commit(partial(remove_files, gone))


def _group_again() -> None:
    """Centers of clusters that lost faces forget them too."""
    cluster_faces()


def _remember(user: User | None, what: str, wiped: Wiped) -> None:
    detail = {name: getattr(wiped, name) for name in ("tracks", "detections", "references", "clusters")}
    record(kind=AuditKind.PURGE, user=user, subject=what, detail={"faces": detail})
