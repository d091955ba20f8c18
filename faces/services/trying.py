"""What other thresholds would do, before anybody sets them. NumPy only: no model is loaded."""

from dataclasses import dataclass

import numpy as np
from django.db.models import Q
from numpy.typing import NDArray

from faces.models import FaceLook, FaceReference, FaceSettings, FaceTrack
from faces.models.look import LookState
from faces.models.track import TrackStatus
from faces.services.matching import PROVIDER, load_references
from faces.services.models import current_model
from faces.services.vectors import as_bytes, unpack
from library.models import Rejection
from library.models.suggestion import SuggestedKind
from processing.models import FaceFrames

Likeness = NDArray[np.float32]
# Of the faces that wait the latest are tried; the rest is told by their share.
MOST_TRIED = 4_000


@dataclass(frozen=True, slots=True)
class Tried:
    """Of `waiting` faces that nobody has named, so many would be `named` without asking, `proposed`, and left alone.
    `is_exact` is False where the latest `tried` speak for all."""

    waiting: int
    tried: int
    named: int
    proposed: int

    @property
    def is_exact(self) -> bool:
        return self.tried == self.waiting

    @property
    def left(self) -> int:
        return max(0, self.waiting - self.named - self.proposed)


@dataclass(frozen=True, slots=True)
class Trial:
    """The same faces under the lines that count now and under the ones tried; `recognised` are names that matching gave
    with a likeness below the tried line: they stay, and show what it would have asked about."""

    now: Tried
    then: Tried
    below_line: int


def try_thresholds(*, match: float, auto: float) -> Trial:
    """What the next comparison of all waiting faces would do with these lines. Reads only; about six statements."""
    settings = FaceSettings.load()
    likeness, waiting = _likeness()
    named = FaceTrack.objects.filter(status=TrackStatus.MATCHED, video__trashed_at=None, confidence__lt=auto)
    return Trial(
        now=_counted(likeness, waiting, settings.match_threshold, settings.auto_tag_threshold),
        then=_counted(likeness, waiting, match, auto),
        below_line=named.count(),
    )


def _counted(likeness: Likeness, waiting: int, match: float, auto: float) -> Tried:
    tried = len(likeness)
    share = waiting / tried if tried else 0.0
    named = int((likeness >= auto).sum())
    proposed = int(((likeness >= match) & (likeness < auto)).sum())
    return Tried(waiting, tried, round(named * share), round(proposed * share))


def _likeness() -> tuple[Likeness, int]:
    """For the latest faces that wait, how like the likest person they are whom nobody rejected; and how many wait."""
    model = current_model()
    if model is None:
        return np.zeros(0, np.float32), 0
    rows = FaceTrack.objects.pending().filter(model=model, video__trashed_at=None)
    waiting = rows.count()
    listed = list(rows.order_by("-pk").values_list("pk", "video_id", as_bytes())[:MOST_TRIED])
    nearest = load_references().nearest(unpack(row[2] for row in listed), most=4)
    said_no = Rejection.objects.filter(
        kind=SuggestedKind.CREATOR, provider__in=["", PROVIDER], video__in={row[1] for row in listed}
    )
    rejected = set(said_no.values_list("video_id", "subject", "object_id"))
    found = np.full(len(listed), -1.0, np.float32)
    for number, (row, matches) in enumerate(zip(listed, nearest, strict=True)):
        subjects = ("", f"track:{row[0]}")
        for match in matches:
            if not any((row[1], subject, match.creator_id) in rejected for subject in subjects):
                found[number] = match.similarity
                break
    return found, waiting


def videos_waiting() -> int:
    """Files that wait for a model, or whose pictures wait to be looked at. One statement."""
    looks = FaceLook.objects.filter(state=LookState.WAITING).order_by()
    return looks.values("file").union(FaceFrames.objects.order_by().values("file")).count()


def other_models() -> int:
    """Appearances and known faces that another pack described, and that can't be compared until they are made anew. Two
    statements."""
    old = Q(model__is_current=False)
    return FaceTrack.objects.filter(old).count() + FaceReference.objects.filter(old).count()
