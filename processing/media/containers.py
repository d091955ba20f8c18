"""Opening a file with FFmpeg, safely: only its own bytes are read, and every failure becomes a sentence."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.video.stream import VideoStream

from processing.media.demuxers import DEMUXERS
from processing.media.errors import FileUnavailableError, MediaError, UnreadableFileError

# Seconds that opening, or one read, may take before FFmpeg is interrupted: a damaged file makes it search for the
# next valid byte, and a network drive may stop answering.
OPEN_TIMEOUT_SECONDS = 30.0
READ_TIMEOUT_SECONDS = 60.0

EMPTY = "The file is empty (0 bytes); copy it again from its source."
CUT_OFF = (
    "The file breaks off before its index (the moov atom), so no player can read it; "
    "copy or download it again from its source."
)
UNKNOWN = (
    "This is not a video that FFmpeg can read: its content fits no known video format. "
    "Check what the file is, or copy it again from its source."
)
GONE = "The file is no longer at its place; scan the library again."
FORBIDDEN = "The file cannot be read: permission is denied. Give the Videothek user read access to it."
NO_ANSWER = "Reading the file took too long; check that its drive answers, then try again."


def check_readable(path: str) -> None:
    """Open and close the file, so that a missing, forbidden or empty one gets its own sentence.

    Raises FileUnavailableError or UnreadableFileError.
    """
    try:
        with open(path, "rb") as file:
            if os.fstat(file.fileno()).st_size == 0:
                raise UnreadableFileError(EMPTY)
    except FileNotFoundError as error:
        raise FileUnavailableError(GONE) from error
    except PermissionError as error:
        raise FileUnavailableError(FORBIDDEN) from error
    except IsADirectoryError as error:
        raise UnreadableFileError("This is a folder, not a file; scan the library again.") from error
    except OSError as error:
        raise FileUnavailableError(f"The file cannot be read: {error.strerror}. Check its drive.") from error


@contextmanager
def open_media(path: str, *, options: Mapping[str, str] | None = None) -> Iterator[InputContainer]:
    """Open `path` (a str from `os.fsdecode`) and close it again at the end.

    `options` go to FFmpeg's demuxer and to the decoders used while analysing. Raises FileUnavailableError or
    UnreadableFileError when opening fails; errors raised inside the block pass through unchanged.
    """
    check_readable(path)
    try:
        container = av.open(
            # The prefix keeps a colon in the path from being taken for a protocol; PyAV encodes the name with
            # os.fsencode, so names in invalid UTF-8 arrive intact.
            "file:" + path,
            options=dict(options or {}),
            container_options={"format_whitelist": DEMUXERS, "protocol_whitelist": "file"},
            metadata_errors="replace",
            timeout=(OPEN_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS),
        )
    except (FFmpegError, ValueError) as error:
        raise _explain(path, error) from error
    try:
        yield container
    finally:
        container.close()


def _explain(path: str, error: Exception) -> MediaError:
    if isinstance(error, FileNotFoundError):
        return FileUnavailableError(GONE)
    if isinstance(error, PermissionError):
        return FileUnavailableError(FORBIDDEN)
    if isinstance(error, av.error.ExitError):
        return FileUnavailableError(NO_ANSWER)
    if read_head(path, 12)[4:8] in (b"ftyp", b"mdat", b"wide"):
        return UnreadableFileError(CUT_OFF)
    return UnreadableFileError(UNKNOWN)


def read_head(path: str, size_bytes: int) -> bytes:
    """The file's first bytes; shorter or empty where they cannot be read."""
    try:
        with Path(path).open("rb") as file:
            return file.read(size_bytes)
    except OSError:
        return b""


def is_cover(stream: VideoStream) -> bool:
    """Whether this stream is a still picture carried along (album art, chapter images), not the video."""
    still = av.stream.Disposition.attached_pic | av.stream.Disposition.timed_thumbnails
    return bool(stream.disposition & still)


def main_video(container: InputContainer) -> VideoStream | None:
    """The stream that players show: never a cover, the default one before others, then the largest."""
    moving = [stream for stream in container.streams.video if not is_cover(stream) and stream.codec_context is not None]
    if not moving:
        return None
    default = av.stream.Disposition.default
    return max(moving, key=lambda s: (bool(s.disposition & default), s.width * s.height, -s.index))
