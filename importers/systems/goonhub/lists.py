"""Marks, playlists, shared links."""

import os.path

from importers.records import Mapped, Record, Secret
from importers.systems.goonhub.row import LeftOut, Row
from playback.models.share import is_token

_WHITE = "#FFFFFF"


def map_marker(row: Row) -> Mapped:
    start = row.integer("timestamp")
    if start is None:
        raise LeftOut("bad_number")
    label = row.text("label", 100)
    values = {
        "user": row.ref("user_id", "users"),
        "video": row.ref("scene_id", "scenes"),
        "start_seconds": float(start),
        "label": label,
        "color": row.color("color", _WHITE),
    }
    # Both are made again; a still that is called otherwise was put there by somebody.
    still = row.text("thumbnail_path")
    if still and os.path.basename(still) != f"marker_{row.key}.webp":
        row.keep("thumbnail_path", still)
    row.made_again("animated_thumbnail_path")
    return row.mapped(Record("playback.marker", row.made_at(values)), title=label or f"{start} s")


def map_marker_tag(row: Row) -> Mapped:
    values = {
        "marker": row.ref("marker_id", "user_scene_markers"),
        "tag": row.ref("tag_id", "tags"),
        "is_from_label": row.boolean("is_from_label", False),
    }
    return row.mapped(Record("playback.markertag", row.made_at(values)))


def map_label_tag(row: Row) -> Mapped:
    label = row.text("label", 100)
    if not label:
        raise LeftOut("no_name")
    values = {"user": row.ref("user_id", "users"), "label": label, "tag": row.ref("tag_id", "tags")}
    return row.mapped(Record("playback.markerlabeltag", row.made_at(values)), title=label)


def map_playlist(row: Row) -> Mapped:
    """Of two lists of one user and name the later one gets a number."""
    name = row.named("name", 200)
    if own := row.lookups.own_name("playlists", row.key):
        row.keep("name", name, "name_taken")
        name = own
    values = {
        "user": row.ref("user_id", "users"),
        **row.uuid(),
        "name": name,
        "description": row.text("description"),
        "visibility": row.word("visibility", {"private": "private", "public": "public"}, "private"),
        "is_smart": False,
    }
    return row.mapped(Record("playback.playlist", row.made_at(values)), title=name)


def map_playlist_item(row: Row) -> Mapped:
    added = row.moment("added_at")
    values = {
        "playlist": row.ref("playlist_id", "playlists"),
        "video": row.ref("scene_id", "scenes"),
        "position": row.count("position"),
    }
    return row.mapped(Record("playback.playlistitem", {**values, "created_at": added} if added else values))


def map_playlist_tag(row: Row) -> Mapped:
    values = {"playlist": row.ref("playlist_id", "playlists"), "tag": row.ref("tag_id", "tags")}
    return row.mapped(Record("playback.playlisttag", row.made_at(values)))


def map_playlist_like(row: Row) -> Mapped:
    values = {
        "user": row.ref("user_id", "users"),
        "playlist": row.ref("playlist_id", "playlists"),
        "added_at": row.moment_of("created_at"),
    }
    return row.mapped(Record("playback.playlistlike", row.made_at(values)))


def map_playlist_progress(row: Row) -> Mapped:
    last = row.raw("last_scene_id")
    values = {
        "user": row.ref("user_id", "users"),
        "playlist": row.ref("playlist_id", "playlists"),
        "video": None if last is None else row.lookups.ref("scenes", last),
        "position_seconds": row.number("last_position_s") or 0.0,
        "watched_at": row.moment_of("updated_at", "created_at"),
    }
    return row.mapped(Record("playback.playlistprogress", row.made_at(values)))


def map_share_link(row: Row) -> Mapped:
    """Its address goes on opening. A token that could be none of ours is kept, encrypted."""
    token = str(row.raw("token") or "")
    if not is_token(token):
        left_out = row.left_out("bad_value", title="A shared link")
        return Mapped(skipped=left_out.skipped, kept={**left_out.kept, "token": Secret(token)}, title=left_out.title)
    values = {
        "owner": row.ref("user_id", "users"),
        "target": "video",
        "video": row.ref("scene_id", "scenes"),
        "access": row.word("share_type", {"public": "public", "auth_required": "auth_required"}, "auth_required"),
        "expires_at": row.moment("expires_at"),
        "view_count": row.count("view_count"),
        "token": token,
    }
    return row.mapped(Record("playback.sharelink", row.made_at(values)), title="A shared link")
