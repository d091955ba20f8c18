"""What of watching follows a merge of videos, people, studios or tags. Loaded when Django starts."""

from typing import Any

from library.services.merging import MovedLink, register_merge
from playback.models import (
    Favorite,
    Marker,
    MarkerLabelTag,
    MarkerTag,
    PlaybackSession,
    PlayCount,
    PlaylistItem,
    PlaylistProgress,
    PlaylistTag,
    Rating,
    ShareLink,
    Tally,
    ViewCount,
    Watch,
    WatchProgress,
)


def keep_own_stars(stays: Rating, goes: Rating) -> None:
    """The stars of the one that stays; a comment only where it has none."""
    stays.comment = stays.comment or goes.comment


def keep_earliest(stays: Favorite, goes: Favorite) -> None:
    stays.added_at = min(stays.added_at, goes.added_at)


def add_count(stays: Tally, goes: Tally) -> None:
    stays.count += goes.count


def add_plays(stays: PlayCount, goes: PlayCount) -> None:
    """Plays and seconds are added up; the sitting that goes on is the later one."""
    stays.play_count += goes.play_count
    stays.total_watch_seconds += goes.total_watch_seconds
    if _is_later(goes.last_watched_at, stays.last_watched_at):
        stays.session_watch_seconds = goes.session_watch_seconds
        stays.is_session_counted = goes.is_session_counted
        stays.last_watched_at = goes.last_watched_at
    if _is_later(goes.last_played_at, stays.last_played_at):
        stays.last_played_at = goes.last_played_at


def keep_latest_place(stays: WatchProgress, goes: WatchProgress) -> None:
    """Where the player last was; seen to the end once counts for both."""
    stays.is_completed = stays.is_completed or goes.is_completed
    if goes.watched_at > stays.watched_at:
        stays.position_seconds, stays.duration_seconds = goes.position_seconds, goes.duration_seconds
        stays.watched_at, stays.session = goes.watched_at, goes.session


def keep_latest_view(stays: ViewCount, goes: ViewCount) -> None:
    stays.last_counted_at = max(stays.last_counted_at, goes.last_counted_at)


def _is_later(one: Any, other: Any) -> bool:
    return one is not None and (other is None or one > other)


register_merge(
    "video",
    MovedLink(Rating, "video", ("user",), keep_own_stars),
    MovedLink(Favorite, "video", ("user",), keep_earliest),
    MovedLink(Tally, "video", ("user",), add_count),
    MovedLink(Marker, "video"),
    # In a list that has both, the keeper's place stays; in others the place of the one that goes is its place.
    MovedLink(PlaylistItem, "video", ("playlist",)),
    MovedLink(PlaylistProgress, "video"),
    MovedLink(PlayCount, "video", ("user",), add_plays),
    MovedLink(PlaybackSession, "video"),
    MovedLink(Watch, "video"),
    MovedLink(ShareLink, "video"),
    MovedLink(ViewCount, "video", ("user",), keep_latest_view),
    MovedLink(WatchProgress, "video", ("user",), keep_latest_place),
)
for _kind in ("creator", "studio"):
    register_merge(
        _kind,
        MovedLink(Rating, _kind, ("user",), keep_own_stars),
        MovedLink(Favorite, _kind, ("user",), keep_earliest),
    )
register_merge(
    "tag",
    MovedLink(MarkerTag, "tag", ("marker",)),
    MovedLink(MarkerLabelTag, "tag", ("user", "label")),
    MovedLink(PlaylistTag, "tag", ("playlist",)),
)
