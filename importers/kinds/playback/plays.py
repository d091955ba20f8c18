"""What was watched, how often and how long."""

from importers.kinds.base import Kind, Policy
from playback.models import PlayCount, ViewCount, Watch, WatchProgress


class PlayCountKind(Kind):
    """Plays there come on top of plays here: nobody watches one film in two players at once. When the source has more
    of them at a later run, the difference is added. The sitting of the moment is ours."""

    name = "playback.playcount"
    model = PlayCount
    natural_key = ("user", "video")
    policies = {
        "play_count": Policy.SUM,
        "total_watch_seconds": Policy.SUM,
        "session_watch_seconds": Policy.OURS,
        "is_session_counted": Policy.OURS,
        "last_played_at": Policy.GREATER,
        "last_watched_at": Policy.GREATER,
    }


class WatchKind(Kind):
    """A user begins one sitting with a video at one moment."""

    name = "playback.watch"
    model = Watch
    natural_key = ("user", "video", "watched_at")
    required = ("watched_at",)
    policies = {
        "watched_seconds": Policy.GREATER,
        "position_seconds": Policy.GREATER,
        "is_completed": Policy.GREATER,
    }


class ViewCountKind(Kind):
    name = "playback.viewcount"
    model = ViewCount
    natural_key = ("user", "video")
    required = ("last_counted_at",)
    policies = {"last_counted_at": Policy.GREATER}


class WatchProgressKind(Kind):
    """The place of whichever was watched later; finished once is finished."""

    name = "playback.watchprogress"
    model = WatchProgress
    natural_key = ("user", "video")
    required = ("watched_at",)
    moment = "watched_at"
    policies = {
        "position_seconds": Policy.NEWEST,
        "duration_seconds": Policy.NEWEST,
        "watched_at": Policy.NEWEST,
        "is_completed": Policy.GREATER,
    }
