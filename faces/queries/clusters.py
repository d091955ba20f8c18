"""People whom nobody has named: their list by reach, all faces of one, whom they look like. Everything is bounded."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from faces.models import FaceCluster, FaceTrack
from faces.queries.places import decode_place, encode_place
from faces.queries.shown import Face, Person, Thumb, cluster_thumbs, load_faces, load_people
from library.models import ChangeBatch

PAGE_SIZE = 24
FACES_PER_PAGE = 120
MOST_AT_ONCE = 200
# From this likeness on somebody is worth a hint.
_HINT = 0.35
_HINTS = 3
_CHANGES = 5
# Faces that are less like their group than this are shown as doubtful.
DOUBTFUL = 0.6


@dataclass(frozen=True, slots=True)
class UnknownPerson:
    """An unknown person with their best faces."""

    row: FaceCluster
    faces: Sequence[Thumb]


@dataclass(frozen=True, slots=True)
class ClusterPage:
    """`next_cursor` is None on the last page."""

    clusters: Sequence[UnknownPerson]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Member:
    """A face of an unknown person; `likeness` is the cosine to the middle of all of theirs."""

    face: Face
    likeness: float

    @property
    def is_doubtful(self) -> bool:
        return self.likeness < DOUBTFUL


@dataclass(frozen=True, slots=True)
class MemberPage:
    """Faces by video and time. `next_cursor` is None on the last page."""

    members: Sequence[Member]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Hint:
    """Somebody known whom they look like."""

    person: Person
    likeness: float


def unnamed() -> QuerySet[FaceCluster]:
    """Clusters that still have a face to be named; those of a naming just now are gone at once."""
    waiting = FaceTrack.objects.pending().filter(cluster=OuterRef("pk"))
    return FaceCluster.objects.filter(Exists(waiting)).defer("center")


def list_clusters(*, hidden: bool = False, after: str = "", limit: int = PAGE_SIZE) -> ClusterPage:
    """The next ones by reach: in the most videos first. Two queries. Raises CursorError."""
    order = "hidden" if hidden else "reach"
    rows = unnamed().filter(is_hidden=hidden).order_by("-video_count", "pk")
    if after:
        count, pk = decode_place(after, order, 2)
        rows = rows.filter(Q(video_count__lt=int(count)) | Q(video_count=int(count), pk__gt=int(pk)))
    found = list(rows[: limit + 1])
    shown = found[:limit]
    thumbs = cluster_thumbs([row.pk for row in shown])
    more = encode_place(order, shown[-1].video_count, shown[-1].pk) if len(found) > limit else None
    return ClusterPage([UnknownPerson(row, thumbs[row.pk]) for row in shown], more)


def count_hidden() -> int:
    """How many are hidden, up to a thousand. One query."""
    return unnamed().filter(is_hidden=True).values("pk")[:1_000].count()


def find_cluster(cluster_id: int) -> UnknownPerson | None:
    """One of them; None when all its faces are named, or it was joined with another. Two queries."""
    row = unnamed().filter(pk=cluster_id).first()
    return UnknownPerson(row, cluster_thumbs([row.pk])[row.pk]) if row else None


_MEMBERS = """
SELECT track.id, 1 - (track.embedding <=> cluster.center), track.video_id, track.start_seconds
  FROM faces_facetrack AS track
  JOIN faces_facecluster AS cluster ON cluster.id = track.cluster_id
  JOIN library_video AS video ON video.id = track.video_id AND video.trashed_at IS NULL
 WHERE track.cluster_id = %(cluster)s AND track.status = 'pending'
   AND (track.video_id, track.start_seconds, track.id) > (%(video)s, %(start)s, %(track)s)
 ORDER BY track.video_id, track.start_seconds, track.id LIMIT %(limit)s
"""


def list_members(cluster: FaceCluster, *, after: str = "", limit: int = FACES_PER_PAGE) -> MemberPage:
    """The next faces of an unknown person, by video and time. Four queries. Raises CursorError."""
    video, start, track = decode_place(after, "members", 3) if after else (0, -1.0, 0)
    asked = {"cluster": cluster.pk, "video": int(video), "start": float(start), "track": int(track), "limit": limit + 1}
    with connection.cursor() as cursor:
        cursor.execute(_MEMBERS, asked)
        rows = cursor.fetchall()
    faces = load_faces([row[0] for row in rows[:limit]])
    members = [Member(faces[row[0]], max(-1.0, min(1.0, float(row[1])))) for row in rows[:limit] if row[0] in faces]
    last: Any = rows[limit - 1] if len(rows) > limit else None
    return MemberPage(members, encode_place("members", last[2], last[3], last[0]) if last else None)


_LOOKS_LIKE = """
SELECT reference.creator_id, max(1 - (reference.embedding <=> cluster.center)) AS likeness
  FROM faces_facecluster AS cluster
  JOIN faces_facereference AS reference ON reference.model_id = cluster.model_id
  JOIN people_creator AS person ON person.id = reference.creator_id AND person.trashed_at IS NULL
 WHERE cluster.id = %s
 GROUP BY reference.creator_id ORDER BY likeness DESC LIMIT %s
"""


def looks_like(cluster: FaceCluster) -> list[Hint]:
    """Known people whom they look like, the likest first. Every reference is compared: 20,000 take some 15 ms. Five
    queries."""
    with connection.cursor() as cursor:
        cursor.execute(_LOOKS_LIKE, [cluster.pk, _HINTS])
        found = [(pk, float(likeness)) for pk, likeness in cursor.fetchall() if likeness >= _HINT]
    people = load_people([pk for pk, _ in found])
    return [Hint(people[pk], min(1.0, likeness)) for pk, likeness in found if pk in people]


_NEAR = """
SELECT other.id, 1 - (other.center <=> one.center) AS likeness
  FROM faces_facecluster AS one
 CROSS JOIN LATERAL (
    SELECT id, center FROM faces_facecluster
     WHERE NOT is_hidden AND model_id = one.model_id AND id <> one.id
     ORDER BY video_count DESC, id LIMIT 2000) AS other
 WHERE one.id = %s
   AND EXISTS (SELECT FROM faces_facetrack WHERE cluster_id = other.id AND status = 'pending')
   AND NOT EXISTS (
    SELECT FROM faces_differentpeople
     WHERE first_id = least(one.id, other.id) AND second_id = greatest(one.id, other.id))
 ORDER BY other.center <=> one.center LIMIT %s
"""


def near_clusters(cluster: FaceCluster) -> list[tuple[UnknownPerson, float]]:
    """Unknown people whom they look like, of the 2,000 in most videos, the likest first. Three queries."""
    with connection.cursor() as cursor:
        cursor.execute(_NEAR, [cluster.pk, _HINTS])
        found = [(pk, float(likeness)) for pk, likeness in cursor.fetchall() if likeness >= _HINT]
    rows = unnamed().in_bulk([pk for pk, _ in found])
    thumbs = cluster_thumbs(list(rows), most=1)
    return [(UnknownPerson(rows[pk], thumbs[pk]), min(1.0, likeness)) for pk, likeness in found if pk in rows]


# What was done to faces that are among theirs now: so many of them are asked.
_CHANGED = """
SELECT DISTINCT pgh_context_id FROM (
    SELECT pgh_context_id FROM faces_faceclusterevent WHERE pgh_obj_id = %(cluster)s
     UNION ALL
    SELECT pgh_context_id FROM faces_facetrackevent
     WHERE pgh_obj_id IN (SELECT id FROM faces_facetrack WHERE cluster_id = %(cluster)s ORDER BY id LIMIT 500)
) AS events
"""


def changes_of_cluster(cluster: FaceCluster) -> list[ChangeBatch]:
    """What people did last to it and to the faces in it: merged, split, hidden. Two queries."""
    with connection.cursor() as cursor:
        cursor.execute(_CHANGED, {"cluster": cluster.pk})
        ids = [row[0] for row in cursor.fetchall()]
    return list(ChangeBatch.objects.filter(pk__in=ids).exclude(source="system").order_by("-created_at")[:_CHANGES])
