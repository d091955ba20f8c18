"""How well the library is described. A statement for each question, all of them over whole tables."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from library.services.triage.queues import all_queues
from stats.services.measuring.rows import one, rows

_LINKED = {
    "without_tags": "SELECT FROM library_videotag AS link WHERE link.video_id = video.id",
    "without_creators": "SELECT FROM people_credit AS link WHERE link.video_id = video.id",
    "without_studios": "SELECT FROM people_videostudio AS link WHERE link.video_id = video.id",
    "without_ratings": "SELECT FROM playback_rating AS link WHERE link.video_id = video.id",
    "without_thumbnails": (
        "SELECT FROM library_videofile AS file JOIN processing_thumbnail AS link ON link.file_id = file.id"
        " WHERE file.video_id = video.id AND file.is_primary"
    ),
    "without_storyboards": (
        "SELECT FROM library_videofile AS file JOIN processing_storyboard AS link ON link.file_id = file.id"
        " WHERE file.video_id = video.id AND file.is_primary"
    ),
}
_LACKING = """
    SELECT count(*) AS {name} FROM library_video AS video WHERE trashed_at IS NULL AND NOT EXISTS ({link})
"""
_ORGANISED = """
    SELECT count(*) AS organised_count FROM library_video AS video
     WHERE trashed_at IS NULL
       AND EXISTS (SELECT FROM library_videotag AS link WHERE link.video_id = video.id)
       AND EXISTS (SELECT FROM people_credit AS link WHERE link.video_id = video.id)
       AND EXISTS (SELECT FROM people_videostudio AS link WHERE link.video_id = video.id)
"""
_TOTALS = """
    SELECT (SELECT count(*) FROM library_video WHERE trashed_at IS NULL) AS video_count,
           (SELECT count(*) FROM library_tag WHERE trashed_at IS NULL) AS tag_count,
           (SELECT count(*) FROM people_creator WHERE trashed_at IS NULL) AS creator_count,
           (SELECT count(*) FROM people_studio WHERE trashed_at IS NULL) AS studio_count,
           (SELECT count(*) FROM playback_playlist) AS playlist_count,
           (SELECT count(*) FROM playback_marker) AS marker_count,
           (SELECT count(*) FROM faces_facedetection) AS faces_detected,
           (SELECT count(*) FROM faces_facetrack WHERE status IN ('matched', 'manual')) AS faces_named,
           (SELECT count(*) FROM faces_facetrack WHERE status = 'pending') AS faces_pending,
           (SELECT count(*) FROM faces_facecluster WHERE NOT is_hidden) AS face_clusters,
           (SELECT count(*) FROM library_changebatch
             WHERE created_at > %(since)s AND source = 'manual' AND undoes_id IS NULL) AS changes_by_people
"""
# Counted in the links alone, then named: ten rows instead of a join of all.
_TOP = """
    SELECT named.{key} AS id, named.name, top.number AS video_count
      FROM (
        SELECT link.{owner}_id, count(*) AS number FROM {links} AS link
          JOIN library_video AS video ON video.id = link.video_id AND video.trashed_at IS NULL
         GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 50
      ) AS top JOIN {table} AS named ON named.id = top.{owner}_id AND named.trashed_at IS NULL
     ORDER BY top.number DESC, named.name LIMIT 10
"""
_TOPS = {
    "top_tags": _TOP.format(key="id", owner="tag", links="library_videotag", table="library_tag"),
    "top_creators": _TOP.format(key="public_id", owner="creator", links="people_credit", table="people_creator"),
    "top_studios": _TOP.format(key="public_id", owner="studio", links="people_videostudio", table="people_studio"),
}
_PROVIDERS = """
    SELECT provider, count(*) FILTER (WHERE state = 'accepted') AS accepted,
           count(*) FILTER (WHERE state = 'rejected') AS rejected, count(*) FILTER (WHERE state = 'open') AS open
      FROM library_suggestion GROUP BY 1 ORDER BY 1
"""
# Answers that still count, as the pace page counts them.
_TRIAGE = """
    SELECT coalesce(sum(video_count) FILTER (WHERE is_last OR kind = 'batch'), 0) AS triage_answers,
           coalesce(sum(seconds), 0) AS triage_seconds
      FROM library_triageanswer AS answer
     WHERE created_at > %(since)s AND created_at <= %(now)s AND part_of_id IS NULL AND kind <> 'undone'
       AND NOT EXISTS (SELECT FROM library_triageanswer AS undo WHERE undo.undoes_id = answer.id)
"""


def measure(*, now: datetime, left: Mapping[str, int]) -> dict[str, Any]:
    """The fields of a ContentSnapshot; `left` is how many videos each queue of triage still holds."""
    values = (
        one(_TRIAGE, {"now": now, "since": now - timedelta(days=1)})
        | one(_TOTALS, {"since": now - timedelta(days=1)})
        | one(_ORGANISED)
    )
    for name, link in _LINKED.items():
        lacking = (
            f"SELECT count(*) AS {name} FROM library_video AS video WHERE trashed_at IS NULL AND NOT EXISTS ({link})"
        )
        values |= one(lacking)
    for name, top in _TOPS.items():
        values[name] = [row | {"id": row["id"] if isinstance(row["id"], int) else str(row["id"])} for row in rows(top)]
    providers = rows(_PROVIDERS)
    for row in providers:
        answered = row["accepted"] + row["rejected"]
        row["precision"] = round(row["accepted"] / answered, 4) if answered else None
    values["providers"] = providers
    values["triage_queues"] = [
        {"queue": queue.key, "label": queue.label, "left": left[queue.key]}
        for queue in all_queues()
        if queue.key in left
    ]
    values["triage_left"] = max(left.values(), default=0)
    values |= {
        f"suggestions_{state}": sum(row[state] for row in providers) for state in ("open", "accepted", "rejected")
    }
    return values
