"""What can go wrong with a media file. `str(error)` is one or two plain sentences for the owner of the library."""

from typing import ClassVar


class MediaError(Exception):
    """Base of this package's errors; `permanent` says that trying the same bytes again cannot help."""

    permanent: ClassVar[bool] = True


class UnreadableFileError(MediaError):
    """Nothing can be read from the file: empty, cut off before its index, or not a video container at all."""


class FileUnavailableError(UnreadableFileError):
    """The file cannot be reached right now: gone, no permission, a drive that answers with an error."""

    permanent: ClassVar[bool] = False


class NoPictureError(MediaError):
    """The container opens, but holds no moving picture that can be decoded, or no duration."""
