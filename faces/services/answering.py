"""Answering the questions of the inbox, many at once: each answer is one change that an undo takes back exactly."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from django.db.models import QuerySet
from django.utils import timezone

from faces.models import FaceCluster, FaceTrack
from faces.services.locks import hold_clusters
from faces.services.matching import PROVIDER, subject_of
from faces.services.naming import name_tracks, rematch_later
from library.models import ChangeBatch, Rejection, Suggestion, User
from library.models.suggestion import SuggestedKind, SuggestionState
from library.services.changes import change_batch
from people.models import Creator

Answer = Literal["yes", "no"]
# Of one unknown person; more are not rejected one by one.
_MOST_REJECTED = 5_000


@dataclass(frozen=True, slots=True)
class Answered:
    """What an answer did: how many questions it answered, and the ids of those that were not open any more because
    somebody else answered them, or the face is named or gone. `batch` is None where nothing changed."""

    count: int
    gone: list[int]
    batch: ChangeBatch | None


def answer_suggestions(
    *, suggestion_ids: Iterable[int], answer: Answer, user: User | None, creator: Creator | None = None
) -> Answered:
    """Answers questions of the inbox in one change batch. "yes": they are who was proposed, or `creator` if given.
    "no": never proposed for these faces again; who else they may be is looked for in the background.

    Raises NamingError for somebody in the trash; then nothing is answered.
    """
    asked = list(dict.fromkeys(suggestion_ids))
    with change_batch(user=user, source="face") as batch:
        hold_clusters(alone=False)
        questions = _hold_open(asked, creator)
        if answer == "no":
            _reject(questions, user)
            batch.summary = _said_no(questions)
        else:
            _accept(questions, creator, user, batch)
    if answer == "no" and questions:
        rematch_later()
    known = {question.pk for question in questions}
    changed = batch if batch.change_count else None
    return Answered(len(questions), [pk for pk in asked if pk not in known], changed)


def reject_cluster(*, cluster: FaceCluster, creator: Creator, user: User | None) -> ChangeBatch | None:
    """This unknown person is not `creator`: none of their faces is proposed for them again, and the pair is not asked
    about any more. None where that was said before."""
    with change_batch(summary=f"{cluster} is not {creator}", user=user, source="face") as batch:
        hold_clusters(alone=False)
        tracks = FaceTrack.objects.select_for_update(of=("self",)).pending().filter(cluster=cluster)
        held = list(tracks.order_by("video_id", "pk").values_list("pk", "video_id")[:_MOST_REJECTED])
        _remember(held, creator.pk, user)
        waiting = Suggestion.objects.open().filter(
            provider=PROVIDER,
            kind=SuggestedKind.CREATOR,
            object_id=creator.pk,
            video__in={video_id for _, video_id in held},
            subject__in=[subject_of(pk) for pk, _ in held],
        )
        _close(waiting, user)
    if batch.change_count:
        rematch_later()
    return batch if batch.change_count else None


@dataclass(frozen=True, slots=True)
class _Question:
    pk: int
    track_id: int
    video_id: int
    creator_id: int


def _hold_open(ids: Sequence[int], creator: Creator | None) -> list[_Question]:
    """The questions among these that are open, their faces locked: the second of two answers at once finds none.

    People before faces, faces before questions: the order in which naming takes them.
    """
    open_ones = Suggestion.objects.open().filter(provider=PROVIDER, kind=SuggestedKind.CREATOR, pk__in=ids)
    proposed = {*open_ones.values_list("object_id", flat=True), *([creator.pk] if creator else [])}
    people = set(_held_people(proposed))
    subjects = {int(number) for number in _numbers(open_ones.values_list("subject", flat=True))}
    tracks = FaceTrack.objects.select_for_update(of=("self",)).pending().filter(pk__in=subjects)
    held = {subject_of(pk): pk for pk in tracks.order_by("video_id", "pk").values_list("pk", flat=True)}
    rows = list(open_ones.order_by("pk").values_list("pk", "subject", "video_id", "object_id"))
    return [
        _Question(pk, held[subject], video, person)
        for pk, subject, video, person in rows
        if subject in held and person in people
    ]


def _held_people(ids: Iterable[int]) -> list[int]:
    rows = Creator.objects.select_for_update(no_key=True).filter(pk__in=ids)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def _numbers(subjects: Iterable[str]) -> Iterable[str]:
    for subject in subjects:
        _, _, number = subject.partition(":")
        if number.isdecimal() and len(number) < 19:
            yield number


def _accept(questions: Sequence[_Question], creator: Creator | None, user: User | None, batch: ChangeBatch) -> None:
    by_person: dict[int, list[int]] = {}
    for question in questions:
        by_person.setdefault(creator.pk if creator else question.creator_id, []).append(question.track_id)
    people = {creator.pk: creator} if creator else Creator.objects.in_bulk(list(by_person))
    for pk, track_ids in sorted(by_person.items()):
        name_tracks(track_ids=track_ids, creator=people[pk], user=user)
    if len(by_person) > 1:
        batch.summary = f"Named {_faces(len(questions))} of {len(by_person):,} people as proposed"


def _reject(questions: Sequence[_Question], user: User | None) -> None:
    by_person: dict[int, list[tuple[int, int]]] = {}
    for question in questions:
        by_person.setdefault(question.creator_id, []).append((question.track_id, question.video_id))
    for creator_id, tracks in sorted(by_person.items()):
        _remember(tracks, creator_id, user)
    _close(Suggestion.objects.filter(pk__in=[question.pk for question in questions]), user)


def _remember(tracks: Sequence[tuple[int, int]], creator_id: int, user: User | None) -> None:
    rows = [
        Rejection(
            video_id=video_id,
            kind=SuggestedKind.CREATOR,
            object_id=creator_id,
            provider=PROVIDER,
            subject=subject_of(track_id),
            user=user,
        )
        for track_id, video_id in tracks
    ]
    # Said before is said.
    Rejection.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1_000)


def _close(suggestions: QuerySet[Suggestion], user: User | None) -> None:
    suggestions.update(state=SuggestionState.REJECTED, answered_at=timezone.now(), answered_by=user)


def _said_no(questions: Sequence[_Question]) -> str:
    people = {question.creator_id for question in questions}
    if len(people) != 1:
        return f"Said of {_faces(len(questions))} who they are not"
    person = Creator.objects.filter(pk=people.pop()).first()
    return f"Said that {_faces(len(questions))} {'is' if len(questions) == 1 else 'are'} not {person}"


def _faces(count: int) -> str:
    return f"{count:,} face{'' if count == 1 else 's'}"
