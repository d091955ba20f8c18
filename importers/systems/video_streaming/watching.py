"""What the user did and keeps: plays, lists, favourites, marks, stars, places in triage."""

from decimal import Decimal
from typing import Any

from importers.records import Mapped, Record, Ref
from importers.systems.video_streaming.facts import Facts, Shape
from importers.systems.video_streaming.fields import Fields
from importers.systems.video_streaming.names import made

_MOST = 2**31 - 1
# A video that was left behind this share of it counts as seen to its end.
_COMPLETED = 0.9
QUEUES = {
    "videos_without_tags": "without-tags",
    "videos_without_creators": "without-people",
    "videos_without_studios": "without-studio",
    "videos_without_ratings": "without-rating",
    "videos_without_thumbnails": "without-thumbnail",
    "videos_without_storyboards": "without-storyboard",
    "all_videos": "all",
    "new_videos": "new",
}


def map_stats(fields: Fields, facts: Facts) -> Mapped:
    """Plays, and where the user left the video."""
    user, video = fields.ref("users", "user_id"), fields.ref("videos", "video_id")
    if user is None or video is None:
        return fields.skip("dangling_reference")
    fields.pass_over("id")
    last_watched = fields.moment("last_watch_at")
    values: dict[str, Any] = {
        "user": user,
        "video": video,
        "play_count": fields.integer("play_count", most=_MOST) or 0,
        "total_watch_seconds": fields.number("total_watch_seconds") or 0.0,
        "session_watch_seconds": fields.number("session_watch_seconds") or 0.0,
        "is_session_counted": fields.boolean("session_play_counted", default=False),
        "last_played_at": fields.moment("last_played_at"),
        "last_watched_at": last_watched,
        **made(fields),
    }
    records = [Record("playback.playcount", values)]
    position = fields.number("last_position_seconds")
    left_at = last_watched or fields.moment("updated_at") or values.get("created_at") or facts.began
    if position:
        seconds = facts.shapes.get(video.key, Shape()).seconds
        progress = {
            "user": user,
            "video": video,
            "position_seconds": position,
            "duration_seconds": seconds,
            "is_completed": seconds is not None and position >= _COMPLETED * seconds,
            "watched_at": left_at,
        }
        records.append(Record("playback.watchprogress", progress, part="progress"))
    return fields.done(*records)


def map_playlist(fields: Fields, facts: Facts) -> Mapped:
    user, name = fields.ref("users", "user_id") or facts.owner, fields.text("name", longest=200)
    if not name:
        return fields.skip("no_name")
    values = {
        "user": user,
        "name": name,
        "description": fields.text("description"),
        "visibility": "private",
        **made(fields),
    }
    return fields.done(Record("playback.playlist", values), title=name)


def map_playlist_item(fields: Fields, facts: Facts) -> Mapped:
    """Places are counted from 0 without gaps, in the order that theirs, then the moments of adding give."""
    playlist, video = fields.ref("playlists", "playlist_id"), fields.ref("videos", "video_id")
    if playlist is None or video is None:
        return fields.skip("dangling_reference")
    fields.pass_over("id", "position")
    values = {
        "playlist": playlist,
        "video": video,
        "position": facts.positions.get((playlist.key, video.key), 0),
        **made(fields, "added_at", "created_at"),
    }
    return fields.done(Record("playback.playlistitem", values))


def map_favorite(fields: Fields, facts: Facts) -> Mapped:
    user, video = fields.ref("users", "user_id"), fields.ref("videos", "video_id")
    if user is None or video is None:
        return fields.skip("dangling_reference")
    fields.pass_over("id")
    added = fields.moment("added_at", "created_at") or facts.began
    values = {"user": user, "video": video, "added_at": added, "created_at": added}
    return fields.done(Record("playback.favorite", values))


def map_bookmark(fields: Fields, facts: Facts) -> Mapped:
    user, video = fields.ref("users", "user_id") or facts.owner, fields.ref("videos", "video_id")
    label = fields.text("name", longest=100)
    if user is None or video is None:
        return fields.skip("dangling_reference", title=label)
    start = fields.number("timestamp_seconds", most=1e9)
    if start is None:
        return fields.skip("bad_number", title=label)
    values = {
        "user": user,
        "video": video,
        "start_seconds": start,
        "label": label,
        "description": fields.text("description"),
        **made(fields),
    }
    return fields.done(Record("playback.marker", values), title=label)


def map_rating(fields: Fields, facts: Facts) -> Mapped:
    """Stars had no user: they are the owner's. Of several for a video the newest counts."""
    video = fields.ref("videos", "video_id")
    if video is None or facts.owner is None:
        return fields.skip("dangling_reference")
    stars = fields.number("rating", least=1, most=5)
    if stars is None:
        return fields.skip("bad_number")
    if facts.newest_ratings.get(video.key) != fields.key:
        return fields.skip("duplicate")
    rated = fields.moment("rated_at", "created_at") or facts.began
    values = {
        "user": facts.owner,
        "video": video,
        "stars": Decimal(round(2 * stars)) / 2,
        "comment": fields.text("comment"),
        "rated_at": rated,
        "created_at": rated,
    }
    return fields.done(Record("playback.rating", values))


def map_triage(fields: Fields, facts: Facts) -> Mapped:
    """A queue that isn't one of ours is kept. No last video is the beginning."""
    user, key = fields.ref("users", "user_id") or facts.owner, fields.text("filter_key")
    if key not in QUEUES:
        return fields.skip("no_place_yet", title=key)
    if user is None:
        return fields.skip("dangling_reference", title=key)
    last = fields.ref("videos", "last_video_id")
    started = fields.moment("created_at") or facts.began
    active = fields.moment("updated_at") or started
    position: Ref | int = last if last is not None and last.key in facts.ids("videos") else 0
    if last is not None and position == 0:
        fields.refuse("dangling_reference", "last_video_id")
    values: dict[str, Any] = {
        "user": user,
        "queue": QUEUES[key],
        "position": position,
        "processed": fields.integer("processed_count", most=_MOST) or 0,
        "total": fields.integer("total_count", most=_MOST) or 0,
        "started_at": started,
        "active_at": active,
        "created_at": started,
    }
    return fields.done(Record("library.triageprogress", values), title=key)
