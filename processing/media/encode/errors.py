"""What can go wrong with a conversion. `str(error)` is one or two sentences for the owner."""

from typing import ClassVar

from processing.media.errors import MediaError


class ConversionFailedError(MediaError):
    """FFmpeg couldn't do it, on no rung of the ladder."""


class CannotConvertError(MediaError):
    """This file can't be converted with this preset without harm."""


class ProgramFailedError(MediaError):
    """One run of FFmpeg ended badly; `words` are its last lines."""

    def __init__(self, sentence: str, words: str = "") -> None:
        super().__init__(sentence)
        self.words = words


class ProgramStalledError(ProgramFailedError):
    """FFmpeg wrote nothing for too long and was ended."""

    permanent: ClassVar[bool] = False


class DiskFullError(MediaError):
    """The disk that the output is written to is full: another attempt may find room."""

    permanent: ClassVar[bool] = False


class OutputWrongError(MediaError):
    """The output isn't what it should be. It is thrown away."""
