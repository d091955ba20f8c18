"""Grouping the faces that nobody has named, again and again, with what people said about them kept."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from django.db import connection, transaction
from django.db.models import Count, Max, Min, Q
from numpy.typing import NDArray

from faces.exceptions import ClusterError
from faces.ml.clustering import Group, cluster
from faces.models import DifferentPeople, FaceCluster, FaceModel, FaceSettings, FaceTrack
from faces.models.track import TrackStatus
from faces.services.locks import hold_clusters, hold_grouping
from faces.services.matching import as_vectors
from faces.services.models import current_model
from faces.services.vectors import as_bytes, unpack
from library.models import User
from library.services.changes import change_batch

# Pairs of one video's faces that were seen at once are one of many hints; a crowd would make millions.
_MOST_TOGETHER = 12
# A new face joins the cluster of its likest ones among so many neighbours.
_NEIGHBOURS = 12
# As `faces.ml.clustering` has it: so many others must be that like a face for it to hold a group together.
_LEAST_NEIGHBOURS = 2


@dataclass(frozen=True, slots=True)
class _Pending:
    """A track to be grouped."""

    pk: int
    video_id: int
    start_seconds: float
    end_seconds: float
    cluster_id: int | None
    is_placed: bool


@dataclass(frozen=True, slots=True)
class Clustered:
    """How many tracks were looked at, groups there are now, and tracks in them. `is_new` is False where nothing had
    changed since the last time, so that nothing was grouped."""

    tracks: int
    clusters: int
    grouped: int
    is_new: bool = True


# ---- by machine -----------------------------------------------------------------------------------------------------
def cluster_faces(*, only_if_changed: bool = False) -> Clustered:
    """Groups all pending tracks of the current model anew.

    A group keeps the cluster that most of its tracks were in, with its number and whether it is hidden. What somebody
    put into a cluster stays there, two clusters that somebody told apart are never joined, nor faces that were seen at
    the same moment. Clusters without tracks go. One grouping at a time; people wait for its writing only.
    """
    with transaction.atomic():
        hold_grouping()
        model = current_model()
        state = _state(model)
        if model is not None and only_if_changed and model.grouped_state == state:
            _refresh_counts()
            known = FaceCluster.objects.aggregate(n=Count("pk"))["n"]
            return Clustered(0, int(known), 0, is_new=False)
        rows = FaceTrack.objects.pending().filter(model=model, video__trashed_at=None).order_by("pk")
        columns = ("pk", "video_id", "start_seconds", "end_seconds", "cluster_id", "is_placed")
        listed = list(rows.values_list(*columns, as_bytes())) if model is not None else []
        found = [_Pending(*row[:6]) for row in listed]
        groups = _groups(found, unpack(row[6] for row in listed)) if found else []
        hold_clusters(alone=True)
        before = np.array([track.cluster_id or 0 for track in found], np.int64)
        placed = np.array([track.is_placed for track in found], bool)
        kept = _keep_numbers(groups, before, placed)
        after = np.zeros(len(found), np.int64)
        for number, group in enumerate(groups):
            assert model is not None
            pk = _write(kept.get(number), group, model.pk)
            after[group.members] = pk
        _assign(found, before, after)
        FaceCluster.objects.filter(tracks=None).delete()
        _refresh_counts()
        if model is not None:
            FaceModel.objects.filter(pk=model.pk).update(grouped_state=state)
        return Clustered(len(found), len(groups), int((after > 0).sum()))


def place_tracks(*, track_ids: Iterable[int]) -> int:
    """Puts new pending tracks into the clusters of their likest faces: what a whole grouping would do
    with them, without looking at all the others. Those without a place wait for the next grouping. Returns how many
    found one."""
    model = current_model()
    if model is None:
        return 0
    at_least, count = FaceSettings.load().cluster_threshold, 0
    with transaction.atomic():
        hold_clusters(alone=True)
        tracks = FaceTrack.objects.pending().filter(
            pk__in=list(track_ids), model=model, cluster=None, video__trashed_at=None
        )
        changed: set[int] = set()
        for track in tracks.order_by("pk"):
            cluster_id = _place_of(track, at_least)
            if cluster_id is not None:
                count += FaceTrack.objects.pending().filter(pk=track.pk).update(cluster=cluster_id)
                changed.add(cluster_id)
        _refresh_counts(changed)
    return count


_NEAREST = """
SELECT track.cluster_id, 1 - (track.embedding <=> %(vector)s::halfvec) AS likeness
  FROM faces_facetrack AS track
 WHERE track.status = 'pending' AND track.model_id = %(model)s AND track.id <> %(id)s
 ORDER BY track.embedding <=> %(vector)s::halfvec LIMIT %(most)s
"""
_CENTER = """
SELECT 1 - (center <=> %(vector)s::halfvec) >= %(least)s AND NOT EXISTS (
  SELECT FROM faces_facetrack AS other WHERE other.cluster_id = cluster.id AND other.video_id = %(video)s
   AND other.start_seconds < %(end)s AND other.end_seconds > %(start)s)
  FROM faces_facecluster AS cluster WHERE id = %(cluster)s
"""


def _place_of(track: FaceTrack, at_least: float) -> int | None:
    """The cluster of the likest face that is in one: of enough alike neighbours, near its center, and without somebody
    who is seen in the same video at the same time."""
    vector = str(np.asarray(as_vectors([track.embedding])[0]).tolist())
    with connection.cursor() as cursor:
        cursor.execute(_NEAREST, {"vector": vector, "model": track.model_id, "id": track.pk, "most": _NEIGHBOURS})
        near = [(cluster_id, likeness) for cluster_id, likeness in cursor.fetchall() if likeness >= at_least]
        best = next((cluster_id for cluster_id, _ in near if cluster_id is not None), None)
        if best is None or len(near) < _LEAST_NEIGHBOURS:
            return None
        cursor.execute(
            _CENTER,
            {
                "vector": vector,
                "least": at_least,
                "cluster": best,
                "video": track.video_id,
                "start": track.start_seconds,
                "end": track.end_seconds,
            },
        )
        row = cursor.fetchone()
    return best if row is not None and row[0] else None


def _state(model: FaceModel | None) -> str:
    """What a grouping depends on, in a line: which tracks wait, what people said, how alike faces must be."""
    if model is None:
        return ""
    waiting = FaceTrack.objects.pending().aggregate(n=Count("pk"), low=Min("pk"), high=Max("pk"))
    placed = FaceTrack.objects.pending().filter(is_placed=True).count()
    told = DifferentPeople.objects.aggregate(n=Count("pk"), high=Max("pk"))
    threshold = FaceSettings.load().cluster_threshold
    parts = (waiting["n"], waiting["low"], waiting["high"], placed, told["n"], told["high"], threshold)
    return " ".join(str(part) for part in parts)


def _groups(found: list[_Pending], vectors: NDArray[np.float32]) -> list[Group]:
    groups = cluster(
        vectors,
        at_least=FaceSettings.load().cluster_threshold,
        apart=[*_seen_together(found), *_told_apart(found)],
        together=_put_together(found),
    )
    # A face that somebody put into a cluster of its own is one, however alone it is.
    grouped = set(np.concatenate([group.members for group in groups]).tolist()) if groups else set()
    alone = [index for index, track in enumerate(found) if track.is_placed and index not in grouped]
    return [*groups, *(Group(np.array([index], np.int32), vectors[index]) for index in alone)]


def _keep_numbers(groups: list[Group], before: NDArray[np.int64], placed: NDArray[np.bool_]) -> dict[int, int]:
    """Which group goes on as which cluster: the one with the tracks that somebody put there, then the one with most of
    its tracks; each cluster goes on once."""
    claims: list[tuple[int, int, int, int]] = []
    for number, group in enumerate(groups):
        by_hand = Counter(int(pk) for pk in before[group.members][placed[group.members]] if pk)
        counts = Counter(int(pk) for pk in before[group.members] if pk)
        claims += [(by_hand[pk], count, number, pk) for pk, count in counts.items()]
    kept: dict[int, int] = {}
    taken: set[int] = set()
    for _, _, number, pk in sorted(claims, key=lambda claim: (-claim[0], -claim[1], claim[3])):
        if number not in kept and pk not in taken:
            kept[number] = pk
            taken.add(pk)
    return kept


def _write(pk: int | None, group: Group, model_id: int) -> int:
    values = {"model_id": model_id, "center": group.center.tolist()}
    if pk is not None and FaceCluster.objects.filter(pk=pk).update(**values):
        return pk
    return FaceCluster.objects.create(**values).pk


def _assign(found: list[_Pending], before: NDArray[np.int64], after: NDArray[np.int64]) -> None:
    """Only tracks whose cluster changed are written, and only where nobody said something about them meanwhile."""
    changed = np.nonzero(before != after)[0]
    if not len(changed):
        return
    ids = [found[index].pk for index in changed]
    old = [int(before[index]) or None for index in changed]
    new = [int(after[index]) or None for index in changed]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE faces_facetrack AS track SET cluster_id = each.new"
            " FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS each(id, old, new)"
            " WHERE track.id = each.id AND track.status = %s AND track.cluster_id IS NOT DISTINCT FROM each.old",
            [ids, old, new, TrackStatus.PENDING],
        )


_COUNTS = """
UPDATE faces_facecluster AS cluster SET track_count = counted.tracks, video_count = counted.videos
  FROM (SELECT one.id, count(track.id) AS tracks, count(DISTINCT track.video_id) AS videos
          FROM faces_facecluster AS one LEFT JOIN faces_facetrack AS track ON track.cluster_id = one.id
         WHERE %(ids)s::bigint[] IS NULL OR one.id = ANY(%(ids)s) GROUP BY one.id) AS counted
 WHERE counted.id = cluster.id AND (cluster.track_count, cluster.video_count) <> (counted.tracks, counted.videos)
"""


def _refresh_counts(cluster_ids: Iterable[int] | None = None) -> None:
    """How far clusters reach, of all if None."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, {"ids": None if cluster_ids is None else list(cluster_ids)})


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
    """A pair of tracks for each pair of clusters that somebody told apart: those that were put there, which stay."""
    first_of: dict[int, int] = {}
    for is_placed in (True, False):
        for index, track in enumerate(found):
            if track.cluster_id is not None and track.is_placed == is_placed:
                first_of.setdefault(track.cluster_id, index)
    pairs = DifferentPeople.objects.values_list("first_id", "second_id")
    return [(first_of[one], first_of[other]) for one, other in pairs if one in first_of and other in first_of]


def _put_together(found: list[_Pending]) -> list[tuple[int, int]]:
    """A chain through the tracks that somebody put into each cluster."""
    last_of: dict[int, int] = {}
    pairs = []
    for index, track in enumerate(found):
        if track.cluster_id is not None and track.is_placed:
            if track.cluster_id in last_of:
                pairs.append((last_of[track.cluster_id], index))
            last_of[track.cluster_id] = index
    return pairs


# ---- by people ------------------------------------------------------------------------------------------------------
def merge_clusters(*, cluster_ids: Iterable[int], user: User | None) -> FaceCluster:
    """They are one unknown person: the one in most videos keeps its number and takes the others' faces, for good. One
    change batch; its undo parts them exactly. Raises ClusterError for fewer than two that are there."""
    with change_batch(summary="Joined unknown people", user=user, source="face") as batch:
        hold_clusters(alone=True)
        rows = _locked(cluster_ids)
        if len(rows) < 2:
            raise ClusterError("Choose two unknown people or more; the others are gone or were named meanwhile.")
        keep, *others = sorted(rows, key=lambda row: (-row.video_count, row.pk))
        gone = [row.pk for row in others]
        FaceTrack.objects.pending().filter(cluster__in=[keep.pk, *gone]).update(cluster=keep, is_placed=True)
        _move_differences(keep.pk, gone)
        FaceCluster.objects.filter(pk__in=gone).delete()
        _renew([keep.pk])
        batch.summary = f"Joined {len(rows)} unknown people into {keep}"
    keep.refresh_from_db()
    return keep


def split_cluster(*, cluster: FaceCluster, track_ids: Iterable[int], user: User | None) -> FaceCluster:
    """These faces of the cluster are somebody else: a cluster of their own from now on, which is returned, and never
    one with the rest again by itself. One change batch. Raises ClusterError for none of its faces, or all."""
    with change_batch(summary=f"Parted {cluster}", user=user, source="face") as batch:
        hold_clusters(alone=True)
        rows = _locked([cluster.pk])
        if not rows:
            raise ClusterError("This unknown person is gone: they were named or joined with another one meanwhile.")
        [old] = rows
        inside = FaceTrack.objects.pending().filter(cluster=old)
        leaving = list(inside.filter(pk__in=list(track_ids)).values_list("pk", flat=True))
        if not leaving:
            raise ClusterError("Choose the faces that are somebody else; those that were chosen are not here any more.")
        if len(leaving) == inside.count():
            raise ClusterError("These are all faces of this person. Leave one at least.")
        new = FaceCluster.objects.create(model_id=old.model_id, center=old.center, is_hidden=old.is_hidden)
        inside.update(is_placed=True)
        FaceTrack.objects.filter(pk__in=leaving).update(cluster=new)
        _tell_apart(old.pk, new.pk)
        _renew([old.pk, new.pk])
        batch.summary = f"Parted {len(leaving):,} face{'' if len(leaving) == 1 else 's'} from {old}"
    new.refresh_from_db()
    return new


def say_different(*, first: FaceCluster, second: FaceCluster, user: User | None) -> DifferentPeople:
    """Two unknown people, however alike: not offered as one again, nor joined by the grouping. One change batch. Raises
    ClusterError for one and the same, or one that is gone."""
    if first.pk == second.pk:
        raise ClusterError("This is one and the same unknown person.")
    with change_batch(summary=f"{first} is not {second}", user=user, source="face"):
        hold_clusters(alone=True)
        if len(_locked([first.pk, second.pk])) < 2:
            raise ClusterError("One of these unknown people is gone: they were named or joined meanwhile.")
        # Else the next grouping might move their faces past each other.
        FaceTrack.objects.pending().filter(cluster__in=[first.pk, second.pk]).update(is_placed=True)
        return _tell_apart(first.pk, second.pk)


def hide_clusters(*, cluster_ids: Iterable[int], hidden: bool, user: User | None) -> int:
    """Passers-by: shown nowhere, and nobody is asked about them; or shown again. One change batch; how many."""
    with change_batch(user=user, source="face") as batch:
        hold_clusters(alone=True)
        ids = [row.pk for row in _locked(cluster_ids) if row.is_hidden != hidden]
        FaceCluster.objects.filter(pk__in=ids).update(is_hidden=hidden)
        people = f"{len(ids):,} unknown {'person' if len(ids) == 1 else 'people'}"
        batch.summary = f"Hid {people}" if hidden else f"Showed {people} again"
    return len(ids)


def _locked(cluster_ids: Iterable[int]) -> list[FaceCluster]:
    return list(FaceCluster.objects.select_for_update().filter(pk__in=list(cluster_ids)).order_by("pk"))


def _tell_apart(one: int, other: int) -> DifferentPeople:
    row, _ = DifferentPeople.objects.get_or_create(first_id=min(one, other), second_id=max(one, other))
    return row


def _move_differences(keep_id: int, gone: Sequence[int]) -> None:
    """Whoever was told apart from those that go is told apart from the one that stays; among themselves nobody is."""
    theirs = DifferentPeople.objects.filter(Q(first__in=gone) | Q(second__in=gone))
    outside = {pk for pair in theirs.values_list("first_id", "second_id") for pk in pair} - {keep_id, *gone}
    theirs.delete()
    for other in sorted(outside):
        _tell_apart(keep_id, other)


def _renew(cluster_ids: Sequence[int]) -> None:
    """Centers and counts of clusters whose faces have changed."""
    for pk in cluster_ids:
        rows = FaceTrack.objects.pending().filter(cluster=pk).values_list("embedding", flat=True)
        mean = as_vectors(rows).mean(axis=0)
        length = float(np.linalg.norm(mean))
        if length > 0:
            FaceCluster.objects.filter(pk=pk).update(center=(mean / length).tolist())
    _refresh_counts(cluster_ids)
