"""Pairs that may be one person: two unknown ones, or an unknown and a known one. Everything is bounded."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from faces.models import FaceCluster, FaceSettings
from faces.queries.clusters import UnknownPerson, unnamed
from faces.queries.places import decode_place, encode_place
from faces.queries.shown import Person, Thumb, cluster_thumbs, load_people, person_thumbs

PAGE_SIZE = 12
MOST_AT_ONCE = 48
# Unknown people are taken in the order of their reach, so many at once; each is compared with everybody known, and with
# so many unknown ones after it. What a page costs doesn't grow with how many there are.
WINDOW = 16
_OTHERS = 2_000
_WINDOWS = 4
# Of each the likest: more of them would be asked again and again about one person.
_NEAREST = 2
# Pairs less alike than the line of the clustering by more than this are nobody's question.
_BELOW = 0.2
_LEAST = 0.4


@dataclass(frozen=True, slots=True)
class Pair:
    """A question: is `cluster` the same as `other`, an unknown person, or `person` with `known` faces? Likeness is the
    cosine of the middles of both, of a known one of the likest reference."""

    cluster: UnknownPerson
    likeness: float
    other: UnknownPerson | None = None
    person: Person | None = None
    known: Sequence[Thumb] = ()


@dataclass(frozen=True, slots=True)
class PairPage:
    """`next_cursor` is None when everybody was compared."""

    pairs: Sequence[Pair]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class _Found:
    cluster_id: int
    likeness: float
    other_id: int | None = None
    creator_id: int | None = None


_UNKNOWN = """
SELECT one.id, near.id, near.likeness
  FROM unnest(%(ids)s::bigint[]) AS asked(id)
  JOIN faces_facecluster AS one ON one.id = asked.id
 CROSS JOIN LATERAL (
    SELECT other.id, 1 - (other.center <=> one.center) AS likeness FROM (
        SELECT id, center FROM faces_facecluster
         WHERE NOT is_hidden AND model_id = one.model_id
           AND (video_count < one.video_count OR (video_count = one.video_count AND id > one.id))
         ORDER BY video_count DESC, id LIMIT %(others)s) AS other
     WHERE EXISTS (SELECT FROM faces_facetrack WHERE cluster_id = other.id AND status = 'pending')
       AND NOT EXISTS (
        SELECT FROM faces_differentpeople
         WHERE first_id = least(one.id, other.id) AND second_id = greatest(one.id, other.id))
     ORDER BY other.center <=> one.center LIMIT %(nearest)s) AS near
 WHERE near.likeness >= %(least)s
"""
# Somebody of whom it was said that they aren't this one was rejected for their faces. New ones may have come since.
_KNOWN = """
SELECT one.id, near.creator_id, near.likeness
  FROM unnest(%(ids)s::bigint[]) AS asked(id)
  JOIN faces_facecluster AS one ON one.id = asked.id
 CROSS JOIN LATERAL (
    SELECT reference.creator_id, max(1 - (reference.embedding <=> one.center)) AS likeness
      FROM faces_facereference AS reference
      JOIN people_creator AS person ON person.id = reference.creator_id AND person.trashed_at IS NULL
     WHERE reference.model_id = one.model_id
     GROUP BY reference.creator_id ORDER BY likeness DESC LIMIT 6) AS near
 WHERE near.likeness >= %(least)s
   AND NOT EXISTS (
    SELECT FROM (
        SELECT id, video_id FROM faces_facetrack
         WHERE cluster_id = one.id AND status = 'pending' ORDER BY id LIMIT 200) AS track
      JOIN library_rejection AS said
        ON said.kind = 'creator' AND said.object_id = near.creator_id AND said.video_id = track.video_id
       AND said.provider IN ('', 'faces') AND said.subject IN ('', 'track:' || track.id)
    HAVING 2 * count(*) >= (SELECT least(200, count(*)) FROM faces_facetrack
                             WHERE cluster_id = one.id AND status = 'pending'))
 ORDER BY one.id, near.likeness DESC
"""


def list_pairs(*, after: str = "", limit: int = PAGE_SIZE) -> PairPage:
    """The next pairs that nobody has answered: those about people in the most videos first, of a few of them the likest
    first. Nineteen queries at most. Raises CursorError. A page may hold a few pairs more than `limit`."""
    settings = FaceSettings.load()
    least = max(_LEAST, settings.cluster_threshold - _BELOW)
    found: list[_Found] = []
    place: tuple[int, int] | None = None
    if after:
        count, pk = decode_place(after, "pairs", 2)
        place = (int(count), int(pk))
    more = None
    for _ in range(_WINDOWS):
        window = _window(place)
        found += _compare([row.pk for row in window[:WINDOW]], least)
        more = None
        if len(window) > WINDOW:
            place = (window[WINDOW - 1].video_count, window[WINDOW - 1].pk)
            more = encode_place("pairs", *place)
        if more is None or len(found) >= limit:
            break
    return PairPage(_load(found), more)


def _window(place: tuple[int, int] | None) -> list[FaceCluster]:
    """The next WINDOW clusters by reach, and one more if there is one."""
    rows = unnamed().filter(is_hidden=False).order_by("-video_count", "pk")
    if place is not None:
        # A row comparison can't be: one column falls, the other rises.
        rows = rows.filter(video_count__lte=place[0]).exclude(video_count=place[0], pk__lte=place[1])
    return list(rows[: WINDOW + 1])


def _compare(ids: Sequence[int], least: float) -> list[_Found]:
    if not ids:
        return []
    asked: dict[str, Any] = {"ids": list(ids), "least": least, "others": _OTHERS, "nearest": _NEAREST}
    known: dict[int, list[_Found]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_UNKNOWN, asked)
        found = [_Found(one, float(likeness), other_id=other) for one, other, likeness in cursor.fetchall()]
        cursor.execute(_KNOWN, asked)
        for one, creator, likeness in cursor.fetchall():
            known.setdefault(one, []).append(_Found(one, float(likeness), creator_id=creator))
    found += [pair for pairs in known.values() for pair in pairs[:_NEAREST]]
    return sorted(found, key=lambda pair: (-pair.likeness, pair.cluster_id))


def _load(found: Sequence[_Found]) -> list[Pair]:
    """Both sides with their faces. Eight queries."""
    clusters = {pair.cluster_id for pair in found} | {pair.other_id for pair in found if pair.other_id}
    rows = unnamed().in_bulk(list(clusters))
    thumbs = cluster_thumbs(list(rows))
    unknown = {pk: UnknownPerson(row, thumbs[pk]) for pk, row in rows.items()}
    people = load_people(list(_ids(pair.creator_id for pair in found)))
    known = person_thumbs(list(people))
    pairs = []
    for one in found:
        cluster = unknown.get(one.cluster_id)
        other: Any = unknown.get(one.other_id) if one.other_id else None
        person = people.get(one.creator_id) if one.creator_id else None
        if cluster and (other or person):
            faces = known[person.row.pk] if person else ()
            pairs.append(Pair(cluster, min(1.0, one.likeness), other, person, faces))
    return pairs


def _ids(values: Iterable[int | None]) -> set[int]:
    return {value for value in values if value is not None}
