"""What can go wrong while watching. `permanent` says that trying again without a change can't help."""


class PlaybackError(Exception):
    """Base of this app's errors; the text is a sentence for the owner."""

    permanent = True


class FileUnavailableError(PlaybackError):
    """The file isn't there, isn't a file, lies outside its folder, or may not be read."""


class PositionError(PlaybackError):
    """A position that is no number of seconds."""


class ShareRefusedError(PlaybackError):
    """A link can't be made as it was asked for."""


class TooManyStreamsError(PlaybackError):
    """So many shared videos are being sent already; later there may be room."""

    permanent = False

    def __init__(self, retry_seconds: int) -> None:
        super().__init__("Too many shared videos are playing right now. Try again in a minute.")
        self.retry_seconds = retry_seconds
