"""What users think of scenes, people and studios, and what they watched."""

from functools import partial

from importers.records import Mapped, Record
from importers.systems.goonhub.row import LeftOut, Row

# What a table is about: the column of its key, the table that it points to, and our field.
_SCENE = ("scene_id", "scenes", "video")
_ACTOR = ("actor_id", "actors", "creator")
_STUDIO = ("studio_id", "studios", "studio")


def _map_rating(row: Row, *, about: tuple[str, str, str]) -> Mapped:
    column, table, field = about
    stars = row.decimal("rating", least="0.5", most="5", step="0.5")
    if stars is None:
        raise LeftOut("bad_number")
    values = {
        "user": row.ref("user_id", "users"),
        field: row.ref(column, table),
        "stars": stars,
        "rated_at": row.moment_of("updated_at", "created_at"),
    }
    return row.mapped(Record("playback.rating", row.made_at(values)))


def _map_like(row: Row, *, about: tuple[str, str, str]) -> Mapped:
    column, table, field = about
    values = {
        "user": row.ref("user_id", "users"),
        field: row.ref(column, table),
        "added_at": row.moment_of("created_at"),
    }
    return row.mapped(Record("playback.favorite", row.made_at(values)))


map_scene_rating, map_scene_like = partial(_map_rating, about=_SCENE), partial(_map_like, about=_SCENE)
map_actor_rating, map_actor_like = partial(_map_rating, about=_ACTOR), partial(_map_like, about=_ACTOR)
map_studio_rating, map_studio_like = partial(_map_rating, about=_STUDIO), partial(_map_like, about=_STUDIO)


def map_tally(row: Row) -> Mapped:
    values = {
        "user": row.ref("user_id", "users"),
        "video": row.ref("scene_id", "scenes"),
        "count": row.count("count"),
    }
    return row.mapped(Record("playback.tally", row.made_at(values)))


def map_watch(row: Row) -> Mapped:
    """A sitting; the newest one of a user and scene says where the user is in it, too."""
    user, video = row.ref("user_id", "users"), row.ref("scene_id", "scenes")
    watched_at = row.moment_of("watched_at", "created_at")
    position, is_completed = float(row.count("last_position")), row.boolean("completed", False)
    row.made_again("updated_at")
    values = {
        "user": user,
        "video": video,
        "watched_at": watched_at,
        "watched_seconds": float(row.count("watch_duration")),
        "position_seconds": position,
        "is_completed": is_completed,
    }
    progress = {
        "user": user,
        "video": video,
        "watched_at": watched_at,
        # What was watched to its end begins anew.
        "position_seconds": 0.0 if is_completed else position,
        "is_completed": is_completed,
    }
    is_newest = row.key in row.lookups.newest_watches
    return row.mapped(
        Record("playback.watch", row.made_at(values)),
        Record("playback.watchprogress", progress, part="progress") if is_newest else None,
    )


def map_view_count(row: Row) -> Mapped:
    values = {
        "user": row.ref("user_id", "users"),
        "video": row.ref("scene_id", "scenes"),
        "last_counted_at": row.moment_of("last_counted_at", "created_at"),
    }
    return row.mapped(Record("playback.viewcount", row.made_at(values)))
