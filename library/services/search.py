"""Putting the words of videos right where triggers could not: after a load with triggers off, or a restore."""

from collections.abc import Iterator

from django.db import connection, transaction

from library.models import Video
from library.models.search_text import text_sources

BATCH = 5_000


def rebuild_search(*, batch: int = BATCH) -> int:
    """Writes the words of every video anew where they differ; the number of videos that were put right.

    In batches of one transaction each: search goes on meanwhile, and a stopped rebuild keeps what it did.
    """
    return sum(_rebuild(low, high) for low, high in _ranges(batch))


def find_stale_texts(*, at_most: int = 100) -> list[int]:
    """Ids of videos whose kept words are not what their sources say; none unless a load went past the triggers."""
    ids = "SELECT id AS video_id FROM library_video"
    stale = " UNION ".join(f"({source.differing(ids)})" for source in text_sources())
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT video_id FROM ({stale}) AS stale ORDER BY video_id LIMIT %s", [at_most])
        return [row[0] for row in cursor.fetchall()]


def _ranges(batch: int) -> Iterator[tuple[int, int]]:
    """Ids from, and up to but without, of about `batch` videos each."""
    low = 0
    while True:
        ids = Video.objects.filter(pk__gte=low).order_by("pk").values_list("pk", flat=True)
        last = ids[batch - 1 : batch].first()
        if last is None:
            if (end := ids.last()) is not None:
                yield low, end + 1
            return
        yield low, last + 1
        low = last + 1


def _rebuild(low: int, high: int) -> int:
    ids = f"SELECT id AS video_id FROM library_video WHERE id >= {low:d} AND id < {high:d}"
    changed: set[int] = set()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO library_videotext (video_id) SELECT video_id FROM ({ids}) AS ids"
            " ON CONFLICT (video_id) DO NOTHING RETURNING video_id"
        )
        changed.update(row[0] for row in cursor.fetchall())
        for source in text_sources():
            cursor.execute(f"{source.update(ids)} RETURNING kept.video_id")
            changed.update(row[0] for row in cursor.fetchall())
    return len(changed)
