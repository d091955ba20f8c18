"""The inbox of faces: who is proposed for which appearance, and how many wait. Everything is bounded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet

from faces.likeness import Band, band_of
from faces.models import FaceModel, FaceSettings, FaceTrack
from faces.queries.places import decode_place, encode_place
from faces.queries.shown import Face, Person, load_faces, load_people
from faces.services.matching import PROVIDER
from faces.services.models import has_pack
from library.models import Suggestion
from library.models.suggestion import SuggestedKind
from library.queries import BoundedCount
from people.models import Creator

PAGE_SIZE = 60
MOST_AT_ONCE = 200
# Waiting faces are counted, and people found among them, up to here.
COUNTED_AT_MOST = 20_000
SORTS = {
    "person": "By person, most faces first",
    "sure": "Surest first",
    "unsure": "Least sure first",
    "new": "Newest first",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of the inbox: is this face that person? `likeness` is a cosine."""

    id: int
    person: Person
    likeness: float
    band: Band
    face: Face


@dataclass(frozen=True, slots=True)
class InboxPage:
    """`waiting` has how many faces wait for each person of the page; `next_cursor` is None on the last page."""

    asked: Sequence[Asked]
    waiting: Mapping[int, int]
    total: BoundedCount
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody who is proposed for `count` faces."""

    person: Person
    count: int


# People and videos in the trash are few: they are looked up.
_OPEN = """
 state = 'open' AND provider = %(provider)s AND kind = 'creator' AND confidence >= %(least)s
   AND NOT EXISTS (SELECT FROM library_video WHERE id = asked.video_id AND trashed_at IS NOT NULL)
"""
_WAITING = f"""
SELECT object_id, count(*) FROM (
    SELECT object_id FROM library_suggestion AS asked
     WHERE {_OPEN} AND EXISTS (SELECT FROM people_creator WHERE id = asked.object_id AND trashed_at IS NULL)
     LIMIT %(most)s) AS counted
 GROUP BY object_id ORDER BY count(*) DESC, object_id
"""
_BY_PERSON = f"""
SELECT found.id, found.object_id, found.confidence, found.subject
  FROM unnest(%(people)s::bigint[]) WITH ORDINALITY AS person(id, place)
 CROSS JOIN LATERAL (
    SELECT id, object_id, confidence, subject FROM library_suggestion AS asked
     WHERE {_OPEN} AND object_id = person.id
       AND (person.id <> %(at_person)s OR confidence < %(at)s OR (confidence = %(at)s AND id > %(at_id)s))
     ORDER BY confidence DESC, id LIMIT %(limit)s) AS found
 ORDER BY person.place, found.confidence DESC, found.id LIMIT %(limit)s
"""


def open_questions() -> QuerySet[Suggestion]:
    """Faces that somebody is proposed for and nobody has answered; those of videos in the trash too."""
    return Suggestion.objects.open().filter(provider=PROVIDER, kind=SuggestedKind.CREATOR)


def count_waiting(*, least: float = 0.0) -> list[tuple[int, int]]:
    """(creator, how many faces wait for them), most first. One query over at most COUNTED_AT_MOST of them."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, {"provider": PROVIDER, "least": least, "most": COUNTED_AT_MOST})
        return [(int(creator_id), int(count)) for creator_id, count in cursor.fetchall()]


def list_waiting(*, limit: int = MOST_AT_ONCE) -> list[Waiting]:
    """People for whom faces wait, most first, with their own faces. Five queries."""
    counts = dict(count_waiting()[:limit])
    people = load_people(list(counts))
    return [Waiting(people[pk], count) for pk, count in counts.items() if pk in people]


def list_questions(
    *, sort: str = "person", creator: Creator | None = None, least: float = 0.0, after: str = "", limit: int = PAGE_SIZE
) -> InboxPage:
    """The next questions after a place in an order of SORTS; of one person, or from a likeness on. Ten queries at most.

    By person the surest of each come first; whoever reads on while others answer may see a face twice, and misses none
    that waited. Raises CursorError on a place of another order.
    """
    counts = count_waiting(least=least)
    if creator is not None:
        counts = [pair for pair in counts if pair[0] == creator.pk]
    # Of one person the order by person is the surest first.
    if sort == "person":
        rows, place = _by_person(counts, least, after, limit + 1)
    else:
        rows, place = _in_order(sort, creator, least, after, limit + 1)
    shown = rows[:limit]
    waiting = dict(counts)
    asked = _load(shown)
    total = sum(waiting.values())
    more = encode_place(sort, *place(shown[-1], waiting)) if len(rows) > limit else None
    of_page = {one.person.row.pk for one in asked}
    return InboxPage(
        asked,
        {pk: waiting.get(pk, 0) for pk in of_page},
        BoundedCount(total, total < COUNTED_AT_MOST),
        more,
    )


_Row = tuple[int, int, float, str]


def _by_person(counts: Sequence[tuple[int, int]], least: float, after: str, limit: int) -> tuple[list[_Row], Any]:
    at_count, at_person, at, at_id = decode_place(after, "person", 4) if after else (0, 0, 0.0, 0)
    people = [pk for pk, _ in counts]
    if after:
        # Whoever is at this place first, then those who come after it.
        people = [pk for pk, count in counts if (-count, pk) > (-at_count, at_person) and pk != at_person]
        people.insert(0, int(at_person))
    # Each has one face at least, but the first, whose may all be behind.
    asked = {
        "provider": PROVIDER, "least": least, "people": people[: limit + 1], "at_person": int(at_person), "at": at,
        "at_id": int(at_id), "limit": limit,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_BY_PERSON, asked)
        rows = [tuple(row) for row in cursor.fetchall()]

    def place(row: _Row, waiting: Mapping[int, int]) -> tuple[float, ...]:
        return (waiting.get(row[1], 0), row[1], row[2], row[0])

    return rows, place


def _in_order(sort: str, creator: Creator | None, least: float, after: str, limit: int) -> tuple[list[_Row], Any]:
    rows = open_questions().filter(video__trashed_at=None, confidence__gte=least)
    if creator is not None:
        rows = rows.filter(object_id=creator.pk)
    else:
        rows = rows.exclude(object_id__in=Creator.objects.exclude(trashed_at=None).values("pk"))
    at, at_id = decode_place(after, sort, 2) if after else (None, 0)
    if sort == "new":
        rows = rows.order_by("-pk")
        rows = rows.filter(pk__lt=int(at_id)) if after else rows
    elif sort == "unsure":
        rows = rows.order_by("confidence", "-pk")
        rows = rows.filter(Q(confidence__gt=at) | Q(confidence=at, pk__lt=int(at_id))) if after else rows
    else:
        rows = rows.order_by("-confidence", "pk")
        rows = rows.filter(Q(confidence__lt=at) | Q(confidence=at, pk__gt=int(at_id))) if after else rows

    def place(row: _Row, waiting: Mapping[int, int]) -> tuple[float, ...]:
        return (row[2], row[0])

    return list(rows.values_list("pk", "object_id", "confidence", "subject")[:limit]), place


def _load(rows: Sequence[_Row]) -> list[Asked]:
    """Those whose appearance and person are still there, in their order."""
    settings = FaceSettings.load()
    people = load_people(list({row[1] for row in rows}))
    faces = load_faces([track_of(row[3]) for row in rows])
    return [
        Asked(pk, people[creator_id], likeness, band_of(likeness, settings), faces[track_of(subject)])
        for pk, creator_id, likeness, subject in rows
        if creator_id in people and track_of(subject) in faces
    ]


def track_of(subject: str) -> int:
    """The track that a suggestion is about; 0 for what names none."""
    kind, _, number = subject.partition(":")
    return int(number) if kind == "track" and number.isdecimal() and len(number) < 19 else 0


@dataclass(frozen=True, slots=True)
class Begun:
    """How far an installation is with faces: what an empty page says depends on it."""

    has_model: bool
    is_enabled: bool
    has_faces: bool
    has_people: bool
    is_grouped: bool


def how_far() -> Begun:
    """Four queries. Before the first grouping by the current model nobody knows who is seen how often."""
    has_people = Creator.objects.in_use().filter(face_references__isnull=False).exists()
    is_grouped = not FaceModel.objects.filter(is_current=True, grouped_state="").exists()
    return Begun(has_pack(), FaceSettings.load().is_enabled, FaceTrack.objects.exists(), has_people, is_grouped)
