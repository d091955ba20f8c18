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


class WrongSharePasswordError(PlaybackError):
    """It is not this link's password."""


class TooManyStreamsError(PlaybackError):
    """So many shared videos are being sent already; later there may be room."""

    permanent = False

    def __init__(self, retry_seconds: int) -> None:
        super().__init__("Too many shared videos are playing right now. Try again in a minute.")
        self.retry_seconds = retry_seconds


class CannotPlayError(PlaybackError):
    """Nothing of a video plays in this browser right now. `code` is "missing", "unreadable" or "unsupported"; `files`
    are those that may play instead, {"id", "label", "is_chosen"}; `file_id` is the one that was meant."""

    def __init__(
        self, sentence: str, *, code: str, file_id: int | None = None, files: list[dict[str, object]] | None = None
    ) -> None:
        super().__init__(sentence)
        self.code = code
        self.file_id = file_id
        self.files = files or []


class WishError(PlaybackError):
    """What a player sent about itself, or asked for, makes no sense; the text is for who wrote the player."""


class SubtitleError(PlaybackError):
    """Subtitles that can't be read: not text, damaged, too large, or in a place they may not be in."""


class SubtitlesNotReadyError(PlaybackError):
    """They are still being read out of the file; asking again in a few seconds helps."""

    permanent = False


class SessionError(PlaybackError):
    """A message of a player that can't be: another user's session, or one about another video."""


class VideoGoneError(PlaybackError):
    """The video that is told about was removed."""


class OpinionError(PlaybackError):
    """Stars that there aren't."""


class MarkerError(PlaybackError):
    """A mark can't be like this."""


class PlaylistError(PlaybackError):
    """A playlist can't be changed like this."""


class ClipError(PlaybackError):
    """A mark that no clip can be cut from."""
