"""What counts: plays per sitting, views per day, the history, and where a user is. Each is one statement that decides
and writes at once, so that two devices of one user can't count a thing twice. Called within a transaction."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from playback.models import PlaybackSettings

# Watched for less than this, a video was only looked at.
COUNTS_FROM_SECONDS = 5.0

_IS_NEW_SITTING = """(%(gap)s > 0 AND mine.last_watched_at IS NOT NULL
    AND %(now)s - mine.last_watched_at > make_interval(mins => %(gap)s))"""
_SITTING = f"(CASE WHEN {_IS_NEW_SITTING} THEN 0 ELSE mine.session_watch_seconds END + %(credit)s)"
_WAS_COUNTED = f"(mine.is_session_counted AND NOT {_IS_NEW_SITTING})"
_COUNTS = f"(NOT {_WAS_COUNTED} AND {_SITTING} >= %(threshold)s)"
# A sitting counts once, when enough of it was watched; after a pause that is long enough another one begins.
_PLAY = f"""
INSERT INTO playback_playcount AS mine (user_id, video_id, play_count, total_watch_seconds, session_watch_seconds,
       is_session_counted, last_played_at, last_watched_at)
VALUES (%(user)s, %(video)s, (%(credit)s >= %(threshold)s)::int, %(credit)s, %(credit)s, %(credit)s >= %(threshold)s,
       CASE WHEN %(credit)s >= %(threshold)s THEN %(now)s END, %(now)s)
ON CONFLICT (user_id, video_id) DO UPDATE SET
       play_count = mine.play_count + {_COUNTS}::int,
       last_played_at = CASE WHEN {_COUNTS} THEN %(now)s ELSE mine.last_played_at END,
       is_session_counted = {_WAS_COUNTED} OR {_COUNTS},
       session_watch_seconds = {_SITTING},
       total_watch_seconds = mine.total_watch_seconds + %(credit)s,
       last_watched_at = %(now)s
RETURNING is_session_counted AND last_played_at = %(now)s
"""

# A report within five minutes of the last one goes on with its row.
_HISTORY = """
WITH latest AS (
    SELECT id FROM playback_watch
     WHERE user_id = %(user)s AND video_id = %(video)s AND watched_at > %(now)s - interval '5 minutes'
     ORDER BY watched_at DESC, id DESC LIMIT 1),
goes_on AS (
    UPDATE playback_watch AS watch
       SET watched_at = %(now)s, watched_seconds = watch.watched_seconds + %(credit)s, position_seconds = %(position)s,
           is_completed = watch.is_completed OR %(completed)s
      FROM latest WHERE watch.id = latest.id RETURNING watch.id)
INSERT INTO playback_watch (user_id, video_id, watched_at, watched_seconds, position_seconds, is_completed)
SELECT %(user)s, %(video)s, %(now)s, %(credit)s, %(position)s, %(completed)s WHERE NOT EXISTS (SELECT FROM goes_on)
"""

# One of a user's views counts in a rolling day; the upsert decides, so those who ask at once get one.
_VIEW = """
WITH counted AS (
    INSERT INTO playback_viewcount AS mine (user_id, video_id, last_counted_at) VALUES (%(user)s, %(video)s, %(now)s)
    ON CONFLICT (user_id, video_id) DO UPDATE SET last_counted_at = EXCLUDED.last_counted_at
     WHERE mine.last_counted_at < EXCLUDED.last_counted_at - interval '24 hours'
    RETURNING 1)
UPDATE library_video SET view_count = view_count + 1 WHERE id = %(video)s AND EXISTS (SELECT FROM counted)
"""

# Whose message moves the place: the player that has it, one that just began to play, or another once it has spoken
# twice since the place last moved. So a message that comes late can't pull it back.
_TAKES = """(mine.session IS NULL OR mine.session = %(session)s OR %(may_take)s
    OR COALESCE(%(heard_at)s::timestamptz > mine.watched_at, FALSE))"""
_PLACE = f"""
INSERT INTO playback_watchprogress AS mine (user_id, video_id, position_seconds, duration_seconds, is_completed,
       watched_at, session)
VALUES (%(user)s, %(video)s, %(position)s, %(length)s, %(completed)s, %(now)s, %(session)s)
ON CONFLICT (user_id, video_id) DO UPDATE SET
       position_seconds = CASE WHEN {_TAKES} THEN EXCLUDED.position_seconds ELSE mine.position_seconds END,
       duration_seconds = CASE WHEN {_TAKES} THEN EXCLUDED.duration_seconds ELSE mine.duration_seconds END,
       watched_at = CASE WHEN {_TAKES} THEN EXCLUDED.watched_at ELSE mine.watched_at END,
       session = CASE WHEN {_TAKES} THEN EXCLUDED.session ELSE mine.session END,
       is_completed = mine.is_completed OR EXCLUDED.is_completed
RETURNING is_completed
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a user is in a video, and when; `length` is None where nobody knows it."""

    user_id: int
    video_id: int
    position_seconds: float
    length: float | None
    is_completed: bool
    at: datetime

    def values(self, **more: Any) -> dict[str, Any]:
        return {
            "user": self.user_id,
            "video": self.video_id,
            "position": self.position_seconds,
            "length": self.length,
            "completed": self.is_completed,
            "now": self.at,
            **more,
        }


def add_play(place: Place, *, credit: float, rules: PlaybackSettings) -> bool:
    """Adds watched seconds to the sitting; whether they made it count as a play."""
    is_short = place.length is not None and place.length <= rules.short_video_duration_seconds
    threshold = rules.short_video_watch_seconds if is_short else rules.min_watch_seconds
    values = place.values(credit=credit, threshold=float(threshold), gap=rules.watch_session_gap_minutes)
    return bool(_run(_PLAY, values))


def add_history(place: Place, *, watched_seconds: float) -> None:
    """Goes on with the newest row of the history, or begins one. The row of `add_play` is held, so nobody does so at
    the same time."""
    with connection.cursor() as cursor:
        cursor.execute(_HISTORY, place.values(credit=watched_seconds))


def add_view(place: Place) -> bool:
    """Counts a view, unless one of this user counted within the last 24 hours; whether it did."""
    with connection.cursor() as cursor:
        cursor.execute(_VIEW, place.values())
        return bool(cursor.rowcount == 1)


def keep_place(place: Place, *, session: UUID, heard_at: datetime | None, may_take: bool) -> bool:
    """Moves the user's place where this player may; whether the video was watched to its end, now or before.

    `heard_at` is when this player spoke before, None for its first message; `may_take` whether it just began to play.
    """
    return bool(_run(_PLACE, place.values(session=session, heard_at=heard_at, may_take=may_take)))


def _run(statement: str, values: dict[str, Any]) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone()[0]
