"""Grouping the faces that nobody has named, again and again, with what people said about them kept."""

from collections import Counter
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from django.db import connection, transaction
from numpy.typing import NDArray

from faces.ml.clustering import Group, cluster
from faces.models import DifferentPeople, FaceCluster, FaceSettings, FaceTrack
from faces.models.track import TrackStatus
from faces.services.matching import as_vectors
from faces.services.models import current_model

_LOCK = 5_207_311
# Pairs of one video's faces that were seen at once are one of many hints; a crowd would make millions.
_MOST_TOGETHER = 12


@dataclass(frozen=True, slots=True)
class _Pending:
    """A track to be grouped."""

    pk: int
    video_id: int
    start_seconds: float
    end_seconds: float
    cluster_id: int | None


@dataclass(frozen=True, slots=True)
class Clustered:
    """How many tracks were looked at, groups there are now, and tracks in them."""

    tracks: int
    clusters: int
    grouped: int


def cluster_faces() -> Clustered:
    """Groups all pending tracks of the current model anew. A group keeps the cluster that most of its tracks were in,
    with its number and whether it is hidden; two clusters that somebody told apart are never joined, nor faces that
    were seen at the same moment. Clusters without tracks go. One clustering at a time."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        model = current_model()
        rows = FaceTrack.objects.pending().filter(model=model, video__trashed_at=None).order_by("pk")
        listed = list(rows.values_list("pk", "video_id", "start_seconds", "end_seconds", "cluster_id", "embedding"))
        found = [_Pending(*row[:5]) for row in listed]
        if model is None or not found:
            removed = FaceCluster.objects.filter(tracks=None)
            removed.delete()
            return Clustered(0, 0, 0)
        vectors = as_vectors(row[5] for row in listed)
        groups = cluster(
            vectors,
            at_least=FaceSettings.load().cluster_threshold,
            apart=[*_seen_together(found), *_told_apart(found)],
        )
        before = np.array([track.cluster_id or 0 for track in found], np.int64)
        kept = _keep_numbers(groups, before)
        after = np.zeros(len(found), np.int64)
        videos = np.array([track.video_id for track in found], np.int64)
        for number, group in enumerate(groups):
            pk = _write(kept.get(number), group, videos, model.pk)
            after[group.members] = pk
        _assign(found, before, after)
        FaceCluster.objects.filter(tracks=None).delete()
        return Clustered(len(found), len(groups), int((after > 0).sum()))


def _keep_numbers(groups: list[Group], before: NDArray[np.int64]) -> dict[int, int]:
    """Which group goes on as which cluster: the one with most of its tracks; each cluster goes on once."""
    claims: list[tuple[int, int, int]] = []
    for number, group in enumerate(groups):
        counts = Counter(int(pk) for pk in before[group.members] if pk)
        claims += [(count, number, pk) for pk, count in counts.items()]
    kept: dict[int, int] = {}
    taken: set[int] = set()
    for _, number, pk in sorted(claims, key=lambda claim: (-claim[0], claim[2])):
        if number not in kept and pk not in taken:
            kept[number] = pk
            taken.add(pk)
    return kept


def _write(pk: int | None, group: Group, videos: NDArray[np.int64], model_id: int) -> int:
    values = {
        "model_id": model_id,
        "center": group.center.tolist(),
        "track_count": len(group.members),
        "video_count": len(np.unique(videos[group.members])),
    }
    if pk is not None and FaceCluster.objects.filter(pk=pk).update(**values):
        return pk
    return FaceCluster.objects.create(**values).pk


def _assign(found: list[_Pending], before: NDArray[np.int64], after: NDArray[np.int64]) -> None:
    """Only tracks whose cluster changed are written."""
    changed = np.nonzero(before != after)[0]
    if not len(changed):
        return
    ids = [found[index].pk for index in changed]
    clusters = [int(after[index]) or None for index in changed]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE faces_facetrack AS track SET cluster_id = each.cluster FROM unnest(%s::bigint[], %s::bigint[])"
            " AS each(id, cluster) WHERE track.id = each.id AND track.status = %s",
            [ids, clusters, TrackStatus.PENDING],
        )


def _seen_together(found: list[_Pending]) -> list[tuple[int, int]]:
    """Pairs of tracks of one video that overlap in time: two people."""
    by_video: dict[int, list[int]] = {}
    for index, track in enumerate(found):
        by_video.setdefault(track.video_id, []).append(index)
    pairs = []
    for indexes in by_video.values():
        for one, other in combinations(indexes[:_MOST_TOGETHER], 2):
            start = max(found[one].start_seconds, found[other].start_seconds)
            if start < min(found[one].end_seconds, found[other].end_seconds):
                pairs.append((one, other))
    return pairs


def _told_apart(found: list[_Pending]) -> list[tuple[int, int]]:
    """A pair of tracks for each pair of clusters that somebody told apart."""
    first_of: dict[int, int] = {}
    for index, track in enumerate(found):
        if track.cluster_id is not None:
            first_of.setdefault(track.cluster_id, index)
    pairs = DifferentPeople.objects.values_list("first_id", "second_id")
    return [(first_of[one], first_of[other]) for one, other in pairs if one in first_of and other in first_of]
