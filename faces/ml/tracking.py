"""Who is the same from picture to picture: detections of one video joined into tracks, one appearance of one person."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

# The least cosine at which two faces of one video are taken for one person: lower than between videos, since light,
# make-up and lens are the same. 0.45 is well above what strangers reach with ArcFace (about 0.3).
SAME_IN_VIDEO = 0.45
# A face that hardly moved since the picture before may look a little different.
OVERLAP_BONUS = 0.15
_OVERLAP_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Detection:
    """A face in one picture of a video. `box` is left, top, right, bottom as fractions of the picture; `vector`
    (512,) float32 of length 1; `quality` 0 to 1."""

    seconds: float
    box: tuple[float, float, float, float]
    vector: NDArray[np.float32]
    quality: float


@dataclass(slots=True)
class Track:
    """One appearance: `members` are indexes of detections in time order; `vector` (512,) float32 of length 1 is their
    mean by quality; `best` is the index of the detection of the best quality."""

    start_seconds: float
    end_seconds: float
    members: list[int]
    vector: NDArray[np.float32]
    best: int


@dataclass(slots=True)
class _Open:
    """A track that may go on."""

    members: list[int]
    total: NDArray[np.float64]
    weight: float
    seconds: float
    box: tuple[float, float, float, float] = field(default=(0.0, 0.0, 0.0, 0.0))

    @property
    def vector(self) -> NDArray[np.float64]:
        length = float(np.linalg.norm(self.total))
        return self.total / length if length > 0 else self.total


def overlap(one: Sequence[float], other: Sequence[float]) -> float:
    """Intersection over union of two boxes (left, top, right, bottom), 0 to 1."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return float(shared / (areas - shared))


def link_tracks(
    detections: Sequence[Detection],
    *,
    times: Sequence[float],
    duration_seconds: float,
    same: float = SAME_IN_VIDEO,
    most_gap_pictures: int = 2,
) -> list[Track]:
    """Tracks of a video, by their beginning. `times` are those of all pictures that were looked at, faces or not.

    Between two pictures each track goes on with at most one face: the assignment of the greatest total likeness
    (Kuhn-Munkres), where likeness is the cosine to the track's mean so far, and a bonus where the boxes overlap within
    two seconds. Two faces of one picture are never one track. A face that is missing in `most_gap_pictures` pictures in
    a row, or reappears later, begins a new one. A track reaches half way to the neighbouring pictures, where the person
    was not seen any more, and to the video's ends from the first and last picture.
    """
    by_time: dict[float, list[int]] = {seconds: [] for seconds in sorted(set(times))}
    for index, detection in enumerate(detections):
        by_time.setdefault(detection.seconds, []).append(index)
    order = sorted(by_time)
    place = {seconds: number for number, seconds in enumerate(order)}
    active: list[_Open] = []
    done: list[_Open] = []
    for number, seconds in enumerate(order):
        still: list[_Open] = []
        gone: list[_Open] = []
        for track in active:
            (still if number - place[track.seconds] <= most_gap_pictures + 1 else gone).append(track)
        done += gone
        active = _continue(still, by_time[seconds], detections, seconds, same)
    done += active
    tracks = [_close(track, detections, order, place, duration_seconds) for track in done]
    return sorted(tracks, key=lambda track: (track.start_seconds, track.members[0]))


def _continue(
    active: list[_Open], faces: list[int], detections: Sequence[Detection], seconds: float, same: float
) -> list[_Open]:
    """The tracks after one more picture."""
    taken: set[int] = set()
    if active and faces:
        likeness = np.array([[_likeness(track, detections[face], seconds) for face in faces] for track in active])
        rows, columns = linear_sum_assignment(likeness, maximize=True)
        for row, column in zip(rows, columns, strict=True):
            if likeness[row, column] >= same:
                _extend(active[row], faces[column], detections[faces[column]])
                taken.add(faces[column])
    for face in faces:
        if face not in taken:
            track = _Open([], np.zeros(len(detections[face].vector)), 0.0, seconds)
            _extend(track, face, detections[face])
            active.append(track)
    return active


def _likeness(track: _Open, face: Detection, seconds: float) -> float:
    cosine = float(track.vector @ face.vector)
    if seconds - track.seconds <= _OVERLAP_SECONDS:
        cosine += OVERLAP_BONUS * overlap(track.box, face.box)
    return cosine


def _extend(track: _Open, index: int, face: Detection) -> None:
    # A blurred profile says little about how somebody looks.
    weight = max(face.quality, 0.05)
    track.members.append(index)
    track.total = track.total + weight * face.vector.astype(np.float64)
    track.weight += weight
    track.seconds, track.box = face.seconds, face.box


def _close(
    track: _Open,
    detections: Sequence[Detection],
    order: list[float],
    place: dict[float, int],
    duration_seconds: float,
) -> Track:
    first, last = detections[track.members[0]].seconds, detections[track.members[-1]].seconds
    before, after = place[first] - 1, place[last] + 1
    start = (order[before] + first) / 2 if before >= 0 else 0.0
    end = (order[after] + last) / 2 if after < len(order) else max(duration_seconds, last)
    best = max(track.members, key=lambda index: (detections[index].quality, -index))
    return Track(start, end, track.members, np.asarray(track.vector, np.float32), best)
