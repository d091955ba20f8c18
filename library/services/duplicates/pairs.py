"""Writing what was found. A pair that a person answered stays as it is, whoever finds it again and however often."""

from collections.abc import Collection, Sequence

from django.db import connection, models, transaction
from django.db.models import Q

from library.models import DuplicatePair
from library.models.duplicate import DuplicateVerdict
from library.services.duplicates.looks import Found

_BATCH = 5000

# In the order of the ids, so that two workers that found the same pairs don't wait for each other. The videos are held
# against deletion; of those that are gone or in the trash nothing is written. What says less than what is known (an
# exact pair that also looks the same) is written only when everything was compared.
_RECORD = """
WITH found AS (
    SELECT * FROM unnest(
        %s::bigint[], %s::bigint[], %s::text[], %s::float8[], %s::float8[], %s::float8[], %s::float8[], %s::float8[],
        %s::float8[]
    ) AS rows (first_id, second_id, kind, confidence, distance, first_from, first_to, second_from, second_to)
), alive AS (
    SELECT id FROM library_video
     WHERE id IN (SELECT first_id FROM found UNION SELECT second_id FROM found) AND trashed_at IS NULL
     ORDER BY id FOR KEY SHARE
), sized AS (
    SELECT alive.id, coalesce(file.size_bytes, 0) AS size_bytes
      FROM alive LEFT JOIN library_videofile AS file ON file.video_id = alive.id AND file.is_primary
)
INSERT INTO library_duplicatepair AS pair (
    first_id, second_id, kind, verdict, confidence, distance, wasted_bytes, is_first_smaller,
    first_from_seconds, first_to_seconds, second_from_seconds, second_to_seconds
)
SELECT first_id, second_id, kind, 'open', confidence, distance, least(one.size_bytes, other.size_bytes),
       one.size_bytes < other.size_bytes, first_from, first_to, second_from, second_to
  FROM found JOIN sized AS one ON one.id = first_id JOIN sized AS other ON other.id = second_id
 ORDER BY first_id, second_id
ON CONFLICT (first_id, second_id) DO UPDATE SET
    kind = excluded.kind, confidence = excluded.confidence, distance = excluded.distance,
    wasted_bytes = excluded.wasted_bytes, is_first_smaller = excluded.is_first_smaller,
    first_from_seconds = excluded.first_from_seconds, first_to_seconds = excluded.first_to_seconds,
    second_from_seconds = excluded.second_from_seconds, second_to_seconds = excluded.second_to_seconds
 WHERE pair.verdict = 'open'
   AND (pair.kind, pair.confidence, pair.wasted_bytes, pair.distance, pair.first_from_seconds)
       IS DISTINCT FROM (excluded.kind, excluded.confidence, excluded.wasted_bytes, excluded.distance,
                         excluded.first_from_seconds)
   AND (%s OR array_position(ARRAY['exact', 'near', 'contained'], excluded.kind)
              <= array_position(ARRAY['exact', 'near', 'contained'], pair.kind::text))
RETURNING (xmax = 0) AS is_new
"""


def record_pairs(found: Sequence[Found], *, is_complete: bool) -> int:
    """Writes pairs of different videos, each at most once and sorted by their ids; returns how many are new.

    `is_complete` says that everything known about them was compared, so that a weaker statement may take the place of
    a stronger one that no longer holds.
    """
    made = 0
    for start in range(0, len(found), _BATCH):
        batch = found[start : start + _BATCH]
        columns: list[list[object]] = [
            [item.first_id for item in batch],
            [item.second_id for item in batch],
            [str(item.kind) for item in batch],
            [item.confidence for item in batch],
            [item.distance for item in batch],
        ]
        for name in ("first_range", "second_range"):
            ranges = [getattr(item, name) or (None, None) for item in batch]
            columns += [[begin for begin, _ in ranges], [end for _, end in ranges]]
        with connection.cursor() as cursor:
            cursor.execute(_RECORD, [*columns, is_complete])
            made += sum(is_new for (is_new,) in cursor.fetchall())
    return made


def replace_pairs(video_id: int, found: Sequence[Found]) -> tuple[int, int]:
    """Makes `found` all that is open about a video; returns (new, gone). Answered pairs stay.

    Pairs with videos in the trash stay too: they come back with them.
    """
    with transaction.atomic():
        made = record_pairs(found, is_complete=True)
        gone, _ = _open_pairs_of(video_id, besides={item.key for item in found}).delete()
    return made, gone


def _open_pairs_of(video_id: int, *, besides: Collection[tuple[int, int]]) -> models.QuerySet[DuplicatePair]:
    pairs = DuplicatePair.objects.filter(Q(first=video_id) | Q(second=video_id), verdict=DuplicateVerdict.OPEN)
    pairs = pairs.filter(first__trashed_at=None, second__trashed_at=None)
    stale = [pk for pk, *key in pairs.values_list("pk", "first_id", "second_id") if tuple(key) not in besides]
    return DuplicatePair.objects.filter(pk__in=stale, verdict=DuplicateVerdict.OPEN)
