"""What is watched, by all users together."""

from datetime import datetime, timedelta
from typing import Any

from stats.services.measuring.rows import one, rows

_WEEKS = 90
_PLAYS = """
    SELECT sum(play_count)::bigint AS play_count, sum(total_watch_seconds) AS watch_seconds,
           count(DISTINCT video_id) AS watched_videos,
           round(100 * avg(LEAST(total_watch_seconds / NULLIF(duration_seconds, 0), 1))::numeric, 2)::float8
               AS average_completion
      FROM playback_playcount AS plays JOIN library_video AS video ON video.id = plays.video_id
     WHERE plays.play_count > 0 AND video.trashed_at IS NULL
"""
_NEVER = """
    SELECT count(*) AS never_watched FROM library_video AS video
     WHERE trashed_at IS NULL
       AND NOT EXISTS (SELECT FROM playback_playcount AS plays WHERE plays.video_id = video.id AND plays.play_count > 0)
"""
_COMPLETED = """
    SELECT count(DISTINCT progress.video_id) AS completed_videos
      FROM playback_watchprogress AS progress JOIN library_video AS video ON video.id = progress.video_id
     WHERE progress.is_completed AND video.trashed_at IS NULL
"""
_TOP = """
    SELECT top.video_id, video.title, top.play_count, top.total_watch_seconds
      FROM (
        SELECT plays.video_id, sum(plays.play_count)::bigint AS play_count,
               sum(plays.total_watch_seconds) AS total_watch_seconds
          FROM playback_playcount AS plays WHERE plays.play_count > 0 GROUP BY 1 ORDER BY 2 DESC, 3 DESC, 1 LIMIT 50
      ) AS top JOIN library_video AS video ON video.id = top.video_id AND video.trashed_at IS NULL
     ORDER BY top.play_count DESC, top.total_watch_seconds DESC, top.video_id LIMIT 10
"""
_HOURS = """
    SELECT to_char(last_watched_at AT TIME ZONE 'UTC', 'HH24') AS hour, count(*) AS count
      FROM playback_playcount WHERE last_watched_at IS NOT NULL GROUP BY 1
"""
# One pass over the sittings of 90 days; what began later than now comes of a clock that was set back.
_SITTINGS = """
    SELECT extract(isodow FROM watched_at AT TIME ZONE 'UTC')::int AS weekday,
           extract(hour FROM watched_at AT TIME ZONE 'UTC')::int AS hour, sum(watched_seconds) AS seconds,
           count(*) FILTER (WHERE watched_at > %(day)s) AS day_sittings,
           coalesce(sum(watched_seconds) FILTER (WHERE watched_at > %(day)s), 0) AS day_seconds
      FROM playback_watch WHERE watched_at > %(since)s AND watched_at <= %(now)s GROUP BY 1, 2
"""
_USERS = """
    SELECT count(DISTINCT user_id) AS active_users FROM playback_watch
     WHERE watched_at > %(month)s AND watched_at <= %(now)s
"""


def measure(*, now: datetime) -> dict[str, Any]:
    """The fields of a UsageSnapshot."""
    values = one(_PLAYS) | one(_NEVER) | one(_COMPLETED)
    values["average_completion"] = min(100.0, float(values["average_completion"]))
    values["top_watched"] = rows(_TOP)
    hours = {row["hour"]: row["count"] for row in rows(_HOURS)}
    values["activity_by_hour"] = {f"{hour:02}": hours.get(f"{hour:02}", 0) for hour in range(24)}
    since = {"now": now, "since": now - timedelta(days=_WEEKS), "day": now - timedelta(days=1)}
    week = [[0.0] * 24 for _ in range(7)]
    values["day_watch_seconds"], values["day_sittings"] = 0.0, 0
    for row in rows(_SITTINGS, since):
        week[row["weekday"] - 1][row["hour"]] = round(row["seconds"], 1)
        values["day_watch_seconds"] += row["day_seconds"]
        values["day_sittings"] += row["day_sittings"]
    values["activity_by_weekday"] = week
    return values | one(_USERS, {"now": now, "month": now - timedelta(days=30)})
