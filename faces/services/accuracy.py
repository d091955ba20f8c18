"""How often matching is right, from this library's own answers: faces that people named, and names they rejected."""

from dataclasses import dataclass

import numpy as np
from django.db.models import QuerySet
from numpy.typing import NDArray

from faces.ml.accuracy import NEVER, KnownFaces, Point, compare_elsewhere, curve, threshold_for_precision
from faces.models import FaceReference, FaceTrack
from faces.models.track import TrackStatus
from faces.services.matching import PROVIDER
from faces.services.vectors import as_bytes, unpack
from library.models import Rejection
from library.models.suggestion import SuggestedKind
from people.models import Creator

# Fewer answers say nothing about how often matching is right.
LEAST_ANSWERS = 20
# The latest answers tell as much as all of them, and fit a page's patience.
MOST_ANSWERS = 1_500
_FROM, _TO, _STEP = 30, 95, 1


@dataclass(frozen=True, slots=True)
class PrecisionCurve:
    """`named` faces whose person is known from people and who have a reference elsewhere; `rejected` names that people
    said no to; `points` by rising threshold, empty where there are no answers. `is_enough` says that they can be
    trusted."""

    named: int
    rejected: int
    points: tuple[Point, ...]
    is_enough: bool

    @property
    def answers(self) -> int:
        return self.named + self.rejected


@dataclass(frozen=True, slots=True)
class WishedThreshold:
    """The likeness from which on matching was as precise as wished; None where the answers don't tell, and `sentence`
    says why or what it means. `point` is the curve's at that threshold."""

    threshold: float | None
    sentence: str
    answers: int
    point: Point | None = None


@dataclass(frozen=True, slots=True)
class _Answers:
    """What matching would say of each face, and whether that is right; `named` of them are known to be somebody."""

    scores: NDArray[np.float32]
    is_right: NDArray[np.bool_]
    named: int
    rejected: int


def precision_curve(*, creator: Creator | None = None) -> PrecisionCurve:
    """Precision and recall of matching at each threshold, for one person or all.

    Each face that a person named is compared anew with everybody's references, except those from its own video, which
    it taught itself: matching is right there where the likest person is the named one. A rejected name is wrong at its
    likeness. The latest 1,500 of each. About four statements; no model is loaded.
    """
    answers = _answers(creator)
    thresholds = [percent / 100 for percent in range(_FROM, _TO + 1, _STEP)]
    points = curve(answers.scores, answers.is_right, known=answers.named, thresholds=thresholds)
    count = len(answers.scores)
    return PrecisionCurve(answers.named, answers.rejected, tuple(points if count else ()), count >= LEAST_ANSWERS)


def threshold_for(precision: float, *, creator: Creator | None = None) -> WishedThreshold:
    """The lowest threshold that kept the wished precision (0 to 1), with 90 % confidence."""
    answers = _answers(creator)
    count = len(answers.scores)
    wished = f"{precision:.1%}".replace(".0%", "%")
    if count < LEAST_ANSWERS:
        sentence = (
            f"Too few answers: {count} can be compared so far, {LEAST_ANSWERS} are needed. Name more faces, in several "
            "videos of each person, or answer what is proposed."
        )
        return WishedThreshold(None, sentence, count)
    found = threshold_for_precision(answers.scores, answers.is_right, wished=precision, least_answers=LEAST_ANSWERS)
    if found is None:
        sentence = (
            f"No threshold was right {wished} of the time in your {count:,} answers, or they are too few to be sure of "
            "so much. More answers help."
        )
        return WishedThreshold(None, sentence, count)
    # Down to what the page shows, so that the face at the line stays above it.
    threshold = max(0.0, float(np.floor(found * 1000) / 1000))
    [point] = curve(answers.scores, answers.is_right, known=answers.named, thresholds=[threshold])
    sentence = (
        f"From {threshold:.3f} on matching was right in {point.right:,} of {point.answers:,} cases and finds "
        f"{point.recall:.0%} of the faces you named."
    )
    return WishedThreshold(threshold, sentence, count, point)


def _answers(creator: Creator | None) -> _Answers:
    known = _known_faces()
    named_rows = FaceTrack.objects.filter(
        status=TrackStatus.MANUAL, creator__isnull=False, model__is_current=True, video__trashed_at=None
    )
    tracks = _tracks(named_rows.order_by("-updated_at", "-pk"))
    if creator is not None:
        mine = _tracks(named_rows.filter(creator=creator).order_by("-updated_at", "-pk"))
        tracks |= mine
    owners = [owner for owner, _, _ in tracks.values()]
    compared = compare_elsewhere(
        unpack(vector for _, _, vector in tracks.values()),
        owners,
        [video for _, video, _ in tracks.values()],
        known,
    )
    asked = np.asarray(owners, np.int64)
    # Somebody without a reference elsewhere can't be found, whatever the threshold.
    counts = compared.own > NEVER
    if creator is not None:
        counts &= (compared.best_owners == creator.pk) | (asked == creator.pk)
    is_right = compared.best_owners == asked
    scores = compared.best.copy()
    if creator is not None:
        # Theirs that go to somebody else are missed, and nothing is wrong about them.
        scores[(asked == creator.pk) & ~is_right] = NEVER
    rejected = _rejected(creator, known, set(tracks))
    named = int((counts & (asked == creator.pk)).sum() if creator is not None else counts.sum())
    chosen = counts & (scores > NEVER)
    return _Answers(
        np.concatenate([scores[chosen], rejected]),
        np.concatenate([is_right[chosen], np.zeros(len(rejected), bool)]),
        named,
        len(rejected),
    )


def _tracks(rows: "QuerySet[FaceTrack]") -> dict[int, tuple[int, int, bytes]]:
    """Track -> (creator, video, vector), of the latest answers."""
    latest = rows.values_list("pk", "creator_id", "video_id", as_bytes())[:MOST_ANSWERS]
    return {pk: (owner or 0, video, vector) for pk, owner, video, vector in latest}


def _known_faces() -> KnownFaces:
    rows = FaceReference.objects.filter(model__is_current=True, creator__trashed_at=None).order_by("pk")
    listed = list(rows.values_list("creator_id", "video_id", as_bytes()))
    return KnownFaces(
        unpack(row[2] for row in listed),
        np.array([row[0] for row in listed], np.int64),
        np.array([row[1] or 0 for row in listed], np.int64),
    )


def _rejected(creator: Creator | None, known: KnownFaces, named: set[int]) -> NDArray[np.float32]:
    """How like faces are to the names that people rejected for them; those named meanwhile say so themselves."""
    rows = Rejection.objects.filter(
        kind=SuggestedKind.CREATOR, provider__in=["", PROVIDER], subject__startswith="track:"
    ).order_by("-pk")
    if creator is not None:
        rows = rows.filter(object_id=creator.pk)
    pairs = [
        (int(subject.removeprefix("track:")), person)
        for subject, person in rows.values_list("subject", "object_id")[:MOST_ANSWERS]
        if subject.removeprefix("track:").isdecimal()
    ]
    tracks = FaceTrack.objects.filter(pk__in={track for track, _ in pairs} - named, model__is_current=True)
    faces = {pk: (video, vector) for pk, video, vector in tracks.values_list("pk", "video_id", as_bytes())}
    pairs = [(track, person) for track, person in pairs if track in faces]
    compared = compare_elsewhere(
        unpack(faces[track][1] for track, _ in pairs),
        [person for _, person in pairs],
        [faces[track][0] for track, _ in pairs],
        known,
    )
    return compared.own[compared.own > NEVER]
