"""What is known of one person's faces: for their page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Case, Count, F, Sum, Value, When

from faces.addresses import crop_address, reference_crop
from faces.models import FaceReference, FaceTrack
from faces.models.reference import ReferenceSource
from faces.models.track import NAMED, TrackStatus
from people.models import Creator, Credit
from people.queries import Card, creator_cards

MOST_REFERENCES = 60
MOST_TOGETHER = 24
# Of more appearances only the latest are compared with those of others.
_LOOKED_AT = 5_000


@dataclass(frozen=True, slots=True)
class Numbers:
    """How well somebody's faces are known. `credited` are the videos that name them, `seen_in` those of them in which
    their face is named too; `by_hand` are appearances that a person named."""

    references: int
    appearances: int
    by_hand: int
    videos: int
    seconds: float
    credited: int
    seen_in: int

    @property
    def recognised(self) -> int:
        return self.appearances - self.by_hand

    @property
    def percent(self) -> int:
        """Of the videos that name them, those in which their face is."""
        return round(100 * self.seen_in / self.credited) if self.credited else 0


def references_of(creator: Creator) -> list[FaceReference]:
    """What they are known by: the face that stands for them, then the best; at most 60. One statement."""
    rows = FaceReference.objects.filter(creator=creator).defer("embedding").select_related("video", "model")
    return list(rows.order_by("-is_primary", F("quality").desc(nulls_last=True), "pk")[:MOST_REFERENCES])


def source_words(reference: FaceReference) -> str:
    """Where a known face came from, in words."""
    if reference.source == ReferenceSource.VIDEO_FRAME and reference.video is not None:
        return reference.video.title
    return str(ReferenceSource(reference.source).label)


def numbers_of(creator: Creator) -> Numbers:
    """Three statements."""
    named = FaceTrack.objects.named().filter(creator=creator, video__trashed_at=None)
    counted = named.aggregate(
        appearances=Count("pk"),
        by_hand=Count(Case(When(status=TrackStatus.MANUAL, then=Value(1)))),
        videos=Count("video", distinct=True),
        seconds=Sum(F("end_seconds") - F("start_seconds")),
    )
    credits = Credit.objects.filter(creator=creator, video__trashed_at=None)
    seen = named.order_by().values("video")
    in_credits = credits.aggregate(
        credited=Count("video", distinct=True),
        seen_in=Count(Case(When(video__in=seen, then=F("video"))), distinct=True),
    )
    return Numbers(
        references=FaceReference.objects.filter(creator=creator).count(),
        **{**counted, "seconds": counted["seconds"] or 0.0},
        **in_credits,
    )


# Those whose faces are named in the same videos at the same time, in most videos first.
_TOGETHER = """
SELECT other.creator_id, COUNT(DISTINCT other.video_id)
  FROM (SELECT video_id, start_seconds, end_seconds FROM faces_facetrack
         WHERE creator_id = %(one)s AND status = ANY(%(named)s) ORDER BY id DESC LIMIT %(most)s) AS one
  JOIN faces_facetrack AS other ON other.video_id = one.video_id AND other.status = ANY(%(named)s)
       AND other.creator_id <> %(one)s
       AND other.start_seconds < one.end_seconds AND other.end_seconds > one.start_seconds
  JOIN library_video AS video ON video.id = other.video_id AND video.trashed_at IS NULL
 GROUP BY other.creator_id ORDER BY 2 DESC, 1 LIMIT %(count)s
"""


def seen_together_with(creator: Creator) -> list[Card]:
    """Who is to be seen with them at the same time, in most videos first; the count is of those videos. Three
    statements."""
    wanted: dict[str, Any] = {
        "one": creator.pk,
        "named": [str(one) for one in NAMED],
        "most": _LOOKED_AT,
        "count": 2 * MOST_TOGETHER,
    }
    with connection.cursor() as cursor:
        cursor.execute(_TOGETHER, wanted)
        shared = {int(pk): int(count) for pk, count in cursor.fetchall()}
    rows = Creator.objects.in_use().in_bulk(list(shared))
    return creator_cards([rows[pk] for pk in shared if pk in rows][:MOST_TOGETHER], shared)


def pictures_of_people(cards: Sequence[Card]) -> list[tuple[Card, str]]:
    """Each with the address of their picture, else of the face that stands for them, else nothing. One statement."""
    bare = [card.row.pk for card in cards if not card.picture]
    rows = FaceReference.objects.filter(creator__in=bare, is_primary=True).defer("embedding")
    faces = {row.creator_id: reference_crop(row) for row in rows}
    return [(card, card.picture or faces.get(card.row.pk, "")) for card in cards]


def crops_of(track_ids: Sequence[int]) -> dict[int, str]:
    """Where the pictures of appearances are, by their ids. One statement."""
    rows = FaceTrack.objects.filter(pk__in=track_ids).values_list("pk", "crop")
    return {pk: crop_address(pk, name or "") for pk, name in rows}
