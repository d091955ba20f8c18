"""What users did and keep: stars, favourites, marks, lists, plays, shares, preferences."""

from importers.kinds.base import Kind
from importers.kinds.playback.lists import (
    PlaylistItemKind,
    PlaylistKind,
    PlaylistLikeKind,
    PlaylistProgressKind,
    PlaylistTagKind,
)
from importers.kinds.playback.marks import MarkerKind, MarkerLabelTagKind, MarkerTagKind
from importers.kinds.playback.opinions import FavoriteKind, RatingKind, TallyKind
from importers.kinds.playback.plays import PlayCountKind, ViewCountKind, WatchKind, WatchProgressKind
from importers.kinds.playback.preferences import PlaybackSettingsKind, UserSettingsKind
from importers.kinds.playback.shares import ShareLinkKind

KINDS: tuple[Kind, ...] = (
    RatingKind(),
    FavoriteKind(),
    TallyKind(),
    MarkerKind(),
    MarkerTagKind(),
    MarkerLabelTagKind(),
    PlaylistKind(),
    PlaylistItemKind(),
    PlaylistTagKind(),
    PlaylistLikeKind(),
    PlaylistProgressKind(),
    PlayCountKind(),
    WatchKind(),
    ViewCountKind(),
    WatchProgressKind(),
    ShareLinkKind(),
    UserSettingsKind(),
    PlaybackSettingsKind(),
)
