"""Who looks at which video right now: of several curators no two are shown the same one."""

from collections.abc import Iterable, Sequence

from django.db import connection
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from library.models import TriageLease, User
from library.models.video import VideoQuerySet

LEASE_SECONDS = 300

# The conflict decides: of two who want a video at once the later one waits until the first has it, and gets nothing.
# FOR KEY SHARE of the video, since it may be purged meanwhile; in the order of ids, so that no two wait in a circle.
_TAKE = """
INSERT INTO library_triagelease AS lease (video_id, user_id, queue, expires_at)
SELECT id, %(user)s, %(queue)s, clock_timestamp() + make_interval(secs => %(seconds)s)
  FROM (SELECT id FROM library_video WHERE id = ANY(%(ids)s) ORDER BY id FOR KEY SHARE) AS video
    ON CONFLICT (video_id) DO UPDATE
   SET user_id = EXCLUDED.user_id, queue = EXCLUDED.queue, expires_at = EXCLUDED.expires_at
 WHERE lease.user_id = EXCLUDED.user_id OR lease.expires_at < clock_timestamp()
RETURNING video_id
"""


def take_leases(*, user: User, queue: str, video_ids: Iterable[int]) -> list[int]:
    """Takes the videos for the user, or renews what they have; returns those that they have now, by id.

    Those that somebody else has are left out. One statement.
    """
    ids = sorted(set(video_ids))
    if not ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, {"user": user.pk, "queue": queue, "seconds": LEASE_SECONDS, "ids": ids})
        return sorted(row[0] for row in cursor.fetchall())


def give_back(*, user: User, queue: str, keeping: Sequence[int] = ()) -> int:
    """Gives back what the user has in the queue but for `keeping`; the number of videos."""
    rows = TriageLease.objects.filter(user=user, queue=queue).exclude(video__in=keeping)
    return rows.delete()[0]


def not_with_others(rows: VideoQuerySet, user: User) -> VideoQuerySet:
    """Videos that nobody else has before them."""
    theirs = TriageLease.objects.filter(video=OuterRef("pk"), expires_at__gt=Now()).exclude(user=user)
    return rows.filter(~Exists(theirs))
