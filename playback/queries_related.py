"""Videos that have something in common with one: people, tags, the studio, the kind.

Whatever a person or a tag has, only the latest PER_NAME videos of each are looked at, and of so many candidates only
the best by what those lists say are compared exactly. So it costs the same for a tag on fifty videos and on fifty thousand.
"""

from dataclasses import dataclass
from typing import Any

from django.db import connection

from library.models import User, VideoFile
from library.queries import find_videos

DEFAULT_LIMIT, MOST = 15, 50
# How many people and tags of the video, how many videos of each, and how many are compared exactly.
_NAMES = {"creators": 12, "tags": 16, "studios": 3}
PER_NAME = 250
_COMPARED = 300

_POINTS = {
    "actor": 40, "liked_actor": 25, "tag": 8, "studio": 20, "liked_studio": 15, "type": 10, "popular": 10,
    "watched": 30,
}  # fmt: skip

# `mine`: what the video is about, with its points. `near`: the latest videos of each. `best`: those that gather most.
# `shared`: all that the best have in common with it. Then what is seen in the database only: kind, views, watched.
_RELATED = """
WITH creators AS MATERIALIZED (
    SELECT credit.creator_id AS id,
           %(actor)s + CASE WHEN EXISTS (SELECT FROM playback_favorite AS liked WHERE liked.user_id = %(user)s
               AND liked.creator_id = credit.creator_id) THEN %(liked_actor)s ELSE 0 END AS points
      FROM people_credit AS credit JOIN people_creator AS creator ON creator.id = credit.creator_id
     WHERE credit.video_id = %(video)s AND creator.trashed_at IS NULL ORDER BY credit.id LIMIT %(creators)s),
tags AS MATERIALIZED (
    SELECT link.tag_id AS id, %(tag)s AS points
      FROM library_videotag AS link JOIN library_tag AS tag ON tag.id = link.tag_id
     WHERE link.video_id = %(video)s AND tag.trashed_at IS NULL ORDER BY link.id LIMIT %(tags)s),
studios AS MATERIALIZED (
    SELECT link.studio_id AS id,
           %(studio)s + CASE WHEN EXISTS (SELECT FROM playback_favorite AS liked WHERE liked.user_id = %(user)s
               AND liked.studio_id = link.studio_id) THEN %(liked_studio)s ELSE 0 END AS points
      FROM people_videostudio AS link JOIN people_studio AS studio ON studio.id = link.studio_id
     WHERE link.video_id = %(video)s AND studio.trashed_at IS NULL
     ORDER BY link.is_primary DESC, link.id LIMIT %(studios)s),
near AS (
    SELECT one.video_id, creators.points FROM creators CROSS JOIN LATERAL (SELECT video_id FROM people_credit
        WHERE creator_id = creators.id ORDER BY video_id DESC LIMIT %(per_name)s) AS one
    UNION ALL
    SELECT one.video_id, tags.points FROM tags CROSS JOIN LATERAL (SELECT video_id FROM library_videotag
        WHERE tag_id = tags.id ORDER BY video_id DESC LIMIT %(per_name)s) AS one
    UNION ALL
    SELECT one.video_id, studios.points FROM studios CROSS JOIN LATERAL (SELECT video_id FROM people_videostudio
        WHERE studio_id = studios.id ORDER BY video_id DESC LIMIT %(per_name)s) AS one),
best AS MATERIALIZED (
    SELECT video_id FROM near WHERE video_id <> %(video)s
     GROUP BY video_id ORDER BY sum(points) DESC, video_id DESC LIMIT %(compared)s),
shared AS (
    SELECT best.video_id,
           (SELECT COALESCE(sum(creators.points), 0) FROM people_credit AS credit
              JOIN creators ON creators.id = credit.creator_id WHERE credit.video_id = best.video_id)
         + (SELECT COALESCE(sum(tags.points), 0) FROM library_videotag AS link
              JOIN tags ON tags.id = link.tag_id WHERE link.video_id = best.video_id)
         -- The same studio counts once, however many studios two videos share.
         + (SELECT COALESCE(max(studios.points), 0) FROM people_videostudio AS link
              JOIN studios ON studios.id = link.studio_id WHERE link.video_id = best.video_id) AS points
      FROM best),
popular AS (
    SELECT video.id AS video_id, 0 AS points FROM library_video AS video
     WHERE video.view_count > 0 ORDER BY video.view_count DESC, video.id DESC LIMIT %(compared)s),
candidates AS (
    SELECT video_id, points, TRUE AS is_related FROM shared
    UNION ALL
    SELECT video_id, points, FALSE FROM popular WHERE video_id <> %(video)s
       AND video_id NOT IN (SELECT video_id FROM best))
SELECT video.id,
       GREATEST(0, candidates.points
         + CASE WHEN video.type <> '' AND video.type = %(kind)s THEN %(type)s ELSE 0 END
         + LEAST(%(popular)s, log(2, 1 + video.view_count))
         - CASE WHEN EXISTS (SELECT FROM playback_watchprogress AS mine WHERE mine.user_id = %(user)s
               AND mine.video_id = video.id AND mine.is_completed) THEN %(watched)s ELSE 0 END)::float8 AS score,
       candidates.is_related
  FROM candidates JOIN library_video AS video ON video.id = candidates.video_id
  JOIN library_videofile AS file ON file.video_id = video.id AND file.is_primary
  JOIN library_folder AS folder ON folder.id = file.folder_id AND folder.is_active
 WHERE video.trashed_at IS NULL AND video.missing_since IS NULL
 ORDER BY candidates.is_related DESC, score DESC, video.view_count DESC, video.id DESC
 LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Related:
    """A video beside another one; `is_related` is False for popular ones that fill the list up. `file` has `video` and
    `folder` loaded."""

    file: VideoFile
    score: float
    is_related: bool


def related_videos(file: VideoFile, *, user: User, limit: int = DEFAULT_LIMIT) -> list[Related]:
    """Those that go with a video, the best first; reads `file.video`. Two queries, both bounded."""
    video: Any = file.video
    values = {
        **_POINTS, **_NAMES, "video": video.pk, "kind": video.type, "user": user.pk,
        "per_name": PER_NAME, "compared": _COMPARED, "limit": min(max(limit, 1), MOST),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_RELATED, values)
        found = cursor.fetchall()
    files = {one.video_id: one for one in find_videos([video_id for video_id, _, _ in found])}
    return [Related(files[video_id], score, is_related) for video_id, score, is_related in found if video_id in files]
