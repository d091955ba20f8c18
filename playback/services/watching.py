"""What watching writes, and opening the file that is watched."""

import math
import os
import stat
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO

from django.utils import timezone

from library.models import User, VideoFile
from library.paths import decode_path
from playback.exceptions import FileUnavailableError, PositionError
from playback.models import PlaybackSettings, WatchProgress


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """An open video file and what the file system says of it now, which may differ from the last scan."""

    stream: BinaryIO
    size_bytes: int
    mtime_ns: int


def open_file(file: VideoFile) -> OpenedFile:
    """Opens a file of the library for reading. The caller closes the stream. Reads `file.folder`.

    A link is followed, as the scan did. Never waits: a pipe or a device is refused without being read. Raises
    FileUnavailableError with a sentence that names the file.
    """
    name = file.shown_path
    relative = PurePosixPath(decode_path(file.relative_path))
    if relative.is_absolute() or ".." in relative.parts or not relative.parts:
        raise FileUnavailableError(f"{name} lies outside its folder {file.folder.shown_path}.")
    try:
        handle = os.open(file.fs_path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except FileNotFoundError:
        raise FileUnavailableError(f"{name} is not there; is the disk of {file.folder} connected?") from None
    except PermissionError:
        raise FileUnavailableError(f"{name} may not be read; give Videothek's user the right to read it.") from None
    except (OSError, ValueError) as error:
        raise FileUnavailableError(f"{name} could not be opened: {error}.") from error
    try:
        facts = os.fstat(handle)
        if not stat.S_ISREG(facts.st_mode):
            raise FileUnavailableError(f"{name} is no file any more; scan {file.folder} again.")
        return OpenedFile(os.fdopen(handle, "rb"), facts.st_size, facts.st_mtime_ns)
    except BaseException:
        os.close(handle)
        raise


def record_position(
    *, user: User, video_id: int, position_seconds: float, duration_seconds: float | None = None
) -> WatchProgress:
    """Remembers where a user is in a video; past the settings' share of its length it also counts as finished.

    Finished stays finished when the video is begun again. One row per user and video; the last call wins. Raises
    PositionError for anything but finite seconds, IntegrityError when the video is gone.
    """
    if not math.isfinite(position_seconds) or position_seconds < 0:
        raise PositionError(f"{position_seconds} is no position in seconds.")
    if duration_seconds is not None and not (math.isfinite(duration_seconds) and duration_seconds > 0):
        duration_seconds = None
    if duration_seconds is not None:
        position_seconds = min(position_seconds, duration_seconds)
    share = PlaybackSettings.load().completed_percent / 100
    is_completed = duration_seconds is not None and position_seconds >= duration_seconds * share
    row = WatchProgress(
        user=user,
        video_id=video_id,
        position_seconds=position_seconds,
        duration_seconds=duration_seconds,
        is_completed=is_completed,
        watched_at=timezone.now(),
    )
    columns = ["position_seconds", "duration_seconds", "watched_at", *(["is_completed"] if is_completed else [])]
    WatchProgress.objects.bulk_create(
        [row], update_conflicts=True, unique_fields=["user", "video"], update_fields=columns
    )
    return row
