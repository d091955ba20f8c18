"""All pairs of videos that look the same, compared in the database."""

from collections.abc import Iterator
from typing import Any

from django.db import connection, transaction

from library.models.duplicate import DuplicateKind
from library.services.duplicates.judging import (
    LENGTH_SECONDS,
    LENGTH_SHARE,
    MOST_BITS_ANY_LENGTH,
    MOST_BITS_CONFIRMED,
    judge,
    near_confidence,
)
from library.services.duplicates.looks import Found, best_of, load_looks

_FETCHED = 1000

# Tables of its own for the run, in the order of the lengths: neighbours lie beside each other.
_PREPARE = """
CREATE TEMPORARY TABLE near_run ON COMMIT DROP AS
SELECT row_number() OVER (ORDER BY file.duration_seconds, file.id)::integer AS place, file.id AS file_id,
       file.video_id, file.phash, coalesce(file.duration_seconds, 0) AS seconds
  FROM library_videofile AS file JOIN library_video AS video ON video.id = file.video_id
 WHERE file.phash IS NOT NULL AND file.phash <> 0 AND file.trashed_at IS NULL AND video.trashed_at IS NULL
 ORDER BY file.duration_seconds, file.id;
CREATE INDEX ON near_run (seconds);
CREATE TEMPORARY TABLE near_bands ON COMMIT DROP AS
SELECT unnest(videothek_phash_bands(phash)) AS band, near_run.* FROM near_run;
ANALYZE near_run;
ANALYZE near_bands;
SET LOCAL statement_timeout = 0;
SET LOCAL work_mem = '64MB';
SET LOCAL jit = off;
"""
# Of about the same length; and, by the pigeonhole, at most 3 bits apart: one of four bands is equal.
_PAIRS = """
SELECT one.file_id, other.file_id, one.video_id, other.video_id, true AS is_same_length,
       bit_count((one.phash # other.phash)::bit(64)) AS bits
  FROM near_run AS one
  JOIN near_run AS other ON other.seconds >= one.seconds AND other.place > one.place
   AND other.seconds <= greatest(one.seconds + %(seconds)s, one.seconds / (1 - %(share)s))
 WHERE one.video_id <> other.video_id AND bit_count((one.phash # other.phash)::bit(64)) <= %(most)s
UNION
SELECT one.file_id, other.file_id, one.video_id, other.video_id,
       other.seconds <= greatest(one.seconds + %(seconds)s, one.seconds / (1 - %(share)s)),
       bit_count((one.phash # other.phash)::bit(64))
  FROM near_bands AS one JOIN near_bands AS other ON other.band = one.band AND other.place > one.place
 WHERE one.video_id <> other.video_id AND bit_count((one.phash # other.phash)::bit(64)) <= %(most_any)s
"""


def near_pairs() -> list[Found]:
    """Every two videos with files that look the same, one for each two, in the order of the ids.

    Where the hashes of the whole leave doubt, the pictures of both are compared. Takes time with the number of files
    of about the same length, squared: 100,000 files of a usual mix of lengths 10 s, all of one length minutes.
    """
    values = {
        "seconds": LENGTH_SECONDS,
        "share": LENGTH_SHARE,
        "most": MOST_BITS_CONFIRMED,
        "most_any": MOST_BITS_ANY_LENGTH,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_PREPARE)
        cursor.execute(_PAIRS, values)
        rows = cursor.fetchall()
        cursor.execute("DROP TABLE near_run, near_bands")
    return best_of(_judged(rows))


def _judged(rows: list[tuple[Any, ...]]) -> Iterator[Found]:
    doubtful = []
    for file_id, other_id, video_id, other_video, is_same_length, bits in rows:
        if bits > MOST_BITS_ANY_LENGTH:
            doubtful.append((file_id, other_id))
            continue
        confidence = near_confidence(bits, is_same_length=is_same_length)
        first, second = sorted((video_id, other_video))
        yield Found(first, second, DuplicateKind.NEAR, round(confidence, 3), float(bits))
    for start in range(0, len(doubtful), _FETCHED):
        part = doubtful[start : start + _FETCHED]
        looks = load_looks({file_id for pair in part for file_id in pair})
        for file_id, other_id in part:
            if file_id in looks and other_id in looks:
                found = judge(looks[file_id], looks[other_id])
                if found is not None and found.kind != DuplicateKind.CONTAINED:
                    yield found
