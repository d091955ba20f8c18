"""What can go wrong while watching. `permanent` says that trying again without a change can't help."""


class PlaybackError(Exception):
    """Base of this app's errors; the text is a sentence for the owner."""

    permanent = True


class FileUnavailableError(PlaybackError):
    """The file isn't there, isn't a file, lies outside its folder, or may not be read."""


class PositionError(PlaybackError):
    """A position that is no number of seconds."""


class SessionError(PlaybackError):
    """A message of a player that can't be: another user's session, or one about another video."""


class VideoGoneError(PlaybackError):
    """The video that is told about was removed."""
