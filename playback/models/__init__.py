from playback.models.clip_export import ClipExport
from playback.models.marker import Marker, MarkerLabelTag, MarkerTag
from playback.models.marker_picture import MarkerPicture
from playback.models.opinion import Favorite, Rating, Tally
from playback.models.playlist import Playlist, PlaylistItem, PlaylistLike, PlaylistProgress, PlaylistTag
from playback.models.plays import PlayCount, ViewCount, Watch
from playback.models.progress import WatchProgress
from playback.models.settings import PlaybackSettings

__all__ = [
    "ClipExport",
    "Favorite",
    "Marker",
    "MarkerLabelTag",
    "MarkerPicture",
    "MarkerTag",
    "PlayCount",
    "PlaybackSettings",
    "Playlist",
    "PlaylistItem",
    "PlaylistLike",
    "PlaylistProgress",
    "PlaylistTag",
    "Rating",
    "Tally",
    "ViewCount",
    "Watch",
    "WatchProgress",
]
