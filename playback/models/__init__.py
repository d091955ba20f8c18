from playback.models.clip_export import ClipExport
from playback.models.marker import Marker, MarkerLabelTag, MarkerTag
from playback.models.marker_picture import MarkerPicture
from playback.models.opinion import Favorite, Rating, Tally
from playback.models.playlist import Playlist, PlaylistItem, PlaylistLike, PlaylistProgress, PlaylistTag
from playback.models.plays import PlayCount, ViewCount, Watch
from playback.models.progress import WatchProgress
from playback.models.session import PlaybackSession
from playback.models.settings import PlaybackSettings
from playback.models.share import SharedClip, SharedStream, ShareLink
from playback.models.streams import StreamRendition, StreamSession
from playback.models.user_settings import UserSettings

__all__ = [
    "ClipExport",
    "Favorite",
    "Marker",
    "MarkerLabelTag",
    "MarkerPicture",
    "MarkerTag",
    "PlayCount",
    "PlaybackSession",
    "PlaybackSettings",
    "Playlist",
    "PlaylistItem",
    "PlaylistLike",
    "PlaylistProgress",
    "PlaylistTag",
    "Rating",
    "ShareLink",
    "SharedClip",
    "SharedStream",
    "StreamRendition",
    "StreamSession",
    "Tally",
    "UserSettings",
    "ViewCount",
    "Watch",
    "WatchProgress",
]
