"""What can go wrong while watching. `permanent` says that trying again without a change can't help."""


class PlaybackError(Exception):
    """Base of this app's errors; the text is a sentence for the owner."""

    permanent = True


class FileUnavailableError(PlaybackError):
    """The file isn't there, isn't a file, lies outside its folder, or may not be read."""


class PositionError(PlaybackError):
    """A position that is no number of seconds."""


class OpinionError(PlaybackError):
    """Stars that there aren't."""


class MarkerError(PlaybackError):
    """A mark can't be like this."""


class PlaylistError(PlaybackError):
    """A playlist can't be changed like this."""


class ClipError(PlaybackError):
    """A mark that no clip can be cut from."""
