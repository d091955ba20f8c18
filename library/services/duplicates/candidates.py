"""Which of 100,000 files are worth a comparison with one: index look-ups only, each bounded."""

from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from library.models import DuplicatePair, VideoFile
from library.models.duplicate import DuplicateVerdict
from library.services.duplicates.judging import (
    LENGTH_SECONDS,
    LENGTH_SHARE,
    MOST_BITS_ANY_LENGTH,
    MOST_BITS_CONFIRMED,
)
from library.services.duplicates.looks import Look, comparable

# Of each kind of hint. What is like more than this many others says little about any of them.
MOST_CANDIDATES = 200
# Pictures and keyframes that are in more files than this (logos, test cards, black with noise) don't vote.
COMMON_FILES = 64
# Two random files share one 21-bit part of a picture's hash in 2 of 100 cases, two in 2 of 10,000.
LEAST_VOTES = 2

_NEAR = """
SELECT id FROM (
    (SELECT file.id, bit_count((file.phash # %(phash)s)::bit(64)) AS bits FROM library_videofile AS file
      WHERE file.phash IS NOT NULL AND file.phash <> 0 AND file.video_id <> %(video)s
        AND file.duration_seconds BETWEEN %(shortest)s AND %(longest)s
        AND bit_count((file.phash # %(phash)s)::bit(64)) <= %(most)s
      ORDER BY bits LIMIT %(limit)s)
    UNION
    (SELECT file.id, bit_count((file.phash # %(phash)s)::bit(64)) AS bits FROM library_videofile AS file
      WHERE file.phash IS NOT NULL AND file.video_id <> %(video)s
        AND videothek_phash_bands(file.phash) && videothek_phash_bands(%(phash)s)
        AND bit_count((file.phash # %(phash)s)::bit(64)) <= %(most_any)s
      ORDER BY bits LIMIT %(limit)s)
) AS hits
"""

# One index look-up for each part of a hash; LIMIT ends it where it is common. `part` tells which picture it is of.
_SHARED = """
SELECT file_id FROM (
    SELECT hits.file_id, parts.place, count(*) OVER (PARTITION BY parts.value) AS files
      FROM unnest(%(values)s::{type}[], %(places)s::integer[]) AS parts (value, place)
     CROSS JOIN LATERAL (
        SELECT file_id FROM library_filesignature
         WHERE {indexed} @> ARRAY[parts.value] AND file_id <> %(file)s LIMIT %(common)s + 1
     ) AS hits
) AS votes
WHERE files <= %(common)s
GROUP BY file_id HAVING count(DISTINCT place) >= %(votes)s
ORDER BY count(DISTINCT place) DESC, file_id LIMIT %(limit)s
"""
_SHARED_FRAMES = _SHARED.format(type="integer", indexed="videothek_frame_bands(frame_hashes)")
_SHARED_KEYFRAMES = _SHARED.format(type="bigint", indexed="keyframe_hashes")


def candidates_for(look: Look) -> set[int]:
    """Ids of files of other videos that may show the same as this one, or a part of it, or contain it."""
    found = equal_to(look)
    if look.phash:
        found |= _near(look)
    return found | _sharing_frames(look) | _sharing_keyframes(look) | _paired(look)


def equal_to(look: Look) -> set[int]:
    """Ids of files of other videos with the same bytes, or the same packets. One statement."""
    same = Q()
    if look.content_hash:
        same |= Q(content_hash=look.content_hash)
    if look.packet_hash:
        same |= Q(packet_hash=look.packet_hash)
    if not same:
        return set()
    files = VideoFile.objects.filter(comparable(), same).exclude(video=look.video_id).order_by("pk")
    return set(files.values_list("pk", flat=True)[:MOST_CANDIDATES])


def _near(look: Look) -> set[int]:
    length = look.duration_seconds
    values = {
        "phash": look.phash,
        "video": look.video_id,
        "shortest": length - max(LENGTH_SECONDS, LENGTH_SHARE * length),
        "longest": max(length + LENGTH_SECONDS, length / (1 - LENGTH_SHARE)),
        "most": MOST_BITS_CONFIRMED,
        "most_any": MOST_BITS_ANY_LENGTH,
        "limit": MOST_CANDIDATES,
    }
    return _ids(_NEAR, values)


def _sharing_frames(look: Look) -> set[int]:
    """Files with pictures that share 21 bits in a row with pictures of this one, at two places at least."""
    values, places = [], []
    for place, number in enumerate(look.frame_hashes.tolist()):
        for band in range(3):
            values.append((number >> 21 * band & 0x1FFFFF) + band * 0x200000)
            places.append(place)
    return _shared(_SHARED_FRAMES, look, values, places, votes=LEAST_VOTES)


def _sharing_keyframes(look: Look) -> set[int]:
    """Files that hold one of this one's keyframes as it is."""
    values = look.keyframe_hashes.view("int64").tolist()
    return _shared(_SHARED_KEYFRAMES, look, values, list(range(len(values))), votes=1)


def _shared(query: str, look: Look, values: list[int], places: list[int], *, votes: int) -> set[int]:
    if not values:
        return set()
    common = {"common": COMMON_FILES, "limit": MOST_CANDIDATES, "votes": votes}
    return _ids(query, {"values": values, "places": places, "file": look.file_id, **common})


def _ids(query: str, values: dict[str, Any]) -> set[int]:
    with transaction.atomic(), connection.cursor() as cursor:
        # Statistics know nothing about single hashes: left alone, the planner reads whole tables.
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL jit = off")
        cursor.execute(query, values)
        ids = {row[0] for row in cursor.fetchall()}
        cursor.execute("SET LOCAL enable_seqscan = on")
    return ids


def _paired(look: Look) -> set[int]:
    """Those it was paired with before: whether that still holds is looked at again."""
    pairs = DuplicatePair.objects.filter(verdict=DuplicateVerdict.OPEN)
    pairs = pairs.filter(Q(first=look.video_id) | Q(second=look.video_id)).order_by("pk")
    videos = {pk for pair in pairs.values_list("first_id", "second_id")[:MOST_CANDIDATES] for pk in pair}
    files = VideoFile.objects.filter(comparable(), video__in=videos - {look.video_id})
    return set(files.values_list("pk", flat=True))
