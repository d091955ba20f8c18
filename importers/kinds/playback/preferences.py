"""How users like the player, and when a video counts as played."""

from importers.kinds.settings_rows import SettingsKind, ValidKind
from playback.models import PlaybackSettings, UserSettings


class UserSettingsKind(ValidKind):
    name = "playback.usersettings"
    model = UserSettings
    natural_key = ("user",)


class PlaybackSettingsKind(SettingsKind):
    name = "playback.playbacksettings"
    model = PlaybackSettings
