"""What is compared: a file's hashes as arrays, and what a comparison found."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db.models import Q
from numpy.typing import NDArray

from library.models import FileSignature, VideoFile
from library.models.duplicate import DuplicateKind

Range = tuple[float, float]
RANKS = {DuplicateKind.EXACT: 0, DuplicateKind.NEAR: 1, DuplicateKind.CONTAINED: 2}


@dataclass(frozen=True, slots=True)
class Look:
    """A file as the search sees it. `phash` is signed, 0 when there is none to compare. Arrays: (n,) float64 seconds,
    growing, and (n,) uint64 hashes that belong to them; pictures of one colour are left out."""

    file_id: int
    video_id: int
    duration_seconds: float
    phash: int
    content_hash: str
    packet_hash: str
    version: int
    frame_times: NDArray[np.float64]
    frame_hashes: NDArray[np.uint64]
    keyframe_times: NDArray[np.float64]
    keyframe_hashes: NDArray[np.uint64]

    @property
    def step_seconds(self) -> float:
        """The usual time from one picture to the next; the whole length where there are fewer than two."""
        if len(self.frame_times) < 2:
            return self.duration_seconds
        return float(np.median(np.diff(self.frame_times)))


@dataclass(frozen=True, slots=True)
class Found:
    """Two videos that seem to show the same, the lower id first. See DuplicatePair for the rest."""

    first_id: int
    second_id: int
    kind: DuplicateKind
    confidence: float
    distance: float | None = None
    first_range: Range | None = None
    second_range: Range | None = None

    @classmethod
    def of(
        cls,
        one: Look,
        other: Look,
        kind: DuplicateKind,
        *,
        confidence: float,
        distance: float | None = None,
        ranges: tuple[Range, Range] | None = None,
    ) -> "Found":
        """`ranges` are those of `one` and of `other`."""
        first, second = ranges or (None, None)
        if one.video_id > other.video_id:
            one, other, first, second = other, one, second, first
        return cls(one.video_id, other.video_id, kind, round(confidence, 3), distance, first, second)

    @property
    def key(self) -> tuple[int, int]:
        return self.first_id, self.second_id


def best_of(found: Iterable[Found]) -> list[Found]:
    """One for each pair of videos, the kind that says most and then the surest, in the order of the ids."""
    best: dict[tuple[int, int], Found] = {}
    for item in found:
        known = best.get(item.key)
        if known is None or (RANKS[item.kind], -item.confidence) < (RANKS[known.kind], -known.confidence):
            best[item.key] = item
    return [best[key] for key in sorted(best)]


def comparable() -> Q:
    """Files that take part: of a video that isn't in the trash, and not in the trash themselves. Missing ones do."""
    return Q(video__isnull=False, video__trashed_at=None, trashed_at=None)


def load_looks(file_ids: Iterable[int]) -> dict[int, Look]:
    """By file id, of those that take part; two queries."""
    ids = list(file_ids)
    files = VideoFile.objects.filter(comparable(), pk__in=ids)
    rows = list(files.values("pk", "video_id", "duration_seconds", "phash", "content_hash", "packet_hash"))
    signatures = {signature.pk: signature for signature in FileSignature.objects.filter(pk__in=ids)}
    return {row["pk"]: _look(row, signatures.get(row["pk"])) for row in rows}


def looks_of_videos(video_ids: Iterable[int]) -> list[Look]:
    """Of all files that take part, in the order of their ids; three queries."""
    files = VideoFile.objects.filter(comparable(), video__in=list(video_ids)).order_by("pk")
    return list(load_looks(files.values_list("pk", flat=True)).values())


def _look(row: Mapping[str, Any], signature: FileSignature | None) -> Look:
    frame_times = np.array(signature.frame_times if signature else [], dtype=np.float64)
    frames = _unsigned(signature.frame_hashes if signature else [])
    keyframe_times = np.array(signature.keyframe_times if signature else [], dtype=np.float64)
    keyframes = _unsigned(signature.keyframe_hashes if signature else [])
    tells = telling_keyframes(keyframe_times, keyframes, flat_times=frame_times[frames == 0])
    return Look(
        file_id=row["pk"],
        video_id=row["video_id"],
        duration_seconds=row["duration_seconds"] or 0.0,
        phash=row["phash"] or 0,
        content_hash=row["content_hash"],
        packet_hash=row["packet_hash"],
        version=signature.version if signature else 0,
        frame_times=frame_times[frames != 0],
        frame_hashes=frames[frames != 0],
        keyframe_times=keyframe_times[tells],
        keyframe_hashes=keyframes[tells],
    )


def telling_keyframes(
    times: NDArray[np.float64], hashes: NDArray[np.uint64], *, flat_times: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Indexes of the keyframes to compare: each packet once, and none of those whose pictures are of one colour, which
    are in many files."""
    _, firsts = np.unique(hashes, return_index=True)
    tells = np.sort(firsts)
    says_something: NDArray[np.bool_] = (hashes[tells] != 0) & ~np.isin(times[tells], flat_times)
    return np.asarray(tells[says_something], dtype=np.int64)


def _unsigned(hashes: list[int]) -> NDArray[np.uint64]:
    return np.array(hashes, dtype=np.int64).view(np.uint64)
