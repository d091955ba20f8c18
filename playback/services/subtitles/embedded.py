"""Reading the text subtitles out of a video file with FFmpeg: all tracks at once, since it reads the whole file."""

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from playback.exceptions import SubtitleError, SubtitlesNotReadyError
from playback.services.subtitles.encodings import decode_text
from playback.services.subtitles.keeping import store
from playback.services.subtitles.sidecars import MOST_BYTES
from playback.services.subtitles.vtt import to_vtt
from processing.exceptions import ProcessingError
from processing.media.demuxers import DEMUXERS
from processing.media.encode.program import ffmpeg_program, run_program
from processing.media.errors import MediaError
from processing.media.facts import StreamFacts
from processing.services.scratch import scratch_folder

logger = logging.getLogger(__name__)

# How long a request waits; the reading goes on, and the next request finds it done.
WAIT_SECONDS = 20.0
_STALL_SECONDS = 60.0
_MOST_SECONDS = 3600.0
_AT_ONCE = 2
_MOST_TRACKS = 60
_NICE = 5
_EMPTY = "WEBVTT\n"
_COPIED = frozenset({"ass", "ssa"})
_NOT_READY = "The subtitles are still being read from the file; they come in a moment."


@dataclass(slots=True)
class _Reading:
    """One file being read; `problem` is there once it failed."""

    done: threading.Event = field(default_factory=threading.Event)
    problem: str = ""


_slots = threading.BoundedSemaphore(_AT_ONCE)
_lock = threading.Lock()
_readings: dict[str, _Reading] = {}


def extract_subtitles(
    path: str, place: str, streams: Sequence[StreamFacts], *, wait_seconds: float = WAIT_SECONDS
) -> None:
    """Has the tracks stored in `place` as `e<index>.vtt`; returns once they are.

    At most two files are read at once in a process, each once however many ask. Raises SubtitlesNotReadyError when it
    takes longer than `wait_seconds` or others come first, SubtitleError when FFmpeg can't read them.
    """
    with _lock:
        reading = _readings.get(place)
        if reading is None:
            if not _slots.acquire(blocking=False):
                raise SubtitlesNotReadyError(_NOT_READY)
            reading = _readings[place] = _Reading()
            # Not a pool's thread: the process may end while FFmpeg runs, which then ends too.
            thread = threading.Thread(target=_read, args=(reading, path, place, tuple(streams)), daemon=True)
            thread.start()
    if not reading.done.wait(wait_seconds):
        raise SubtitlesNotReadyError(_NOT_READY)
    if reading.problem:
        raise SubtitleError(reading.problem)


def _read(reading: _Reading, path: str, place: str, streams: Sequence[StreamFacts]) -> None:
    try:
        _extract(path, place, streams[:_MOST_TRACKS])
    except (MediaError, ProcessingError, OSError, RuntimeError) as error:
        logger.warning("The subtitles of %r can't be read: %s", path, error)
        reading.problem = "The subtitles can't be read out of the file; it may be damaged there."
    finally:
        with _lock:
            _readings.pop(place, None)
        _slots.release()
        reading.done.set()


def _extract(path: str, place: str, streams: Sequence[StreamFacts]) -> None:
    with scratch_folder() as folder:
        problem: MediaError | None = None
        try:
            run_program(
                _command(path, folder, streams),
                duration_seconds=None,
                stall_seconds=_STALL_SECONDS,
                timeout_seconds=_MOST_SECONDS,
                nice=_NICE,
            )
        except MediaError as error:
            # A damaged end doesn't spoil what came before it.
            problem = error
        written = [(stream, _read_track(folder / f"{stream.index}.ass")) for stream in streams]
        if problem is not None and not any(text for _, text in written):
            raise problem
        for stream, text in written:
            store(f"{place}/e{stream.index}.vtt", text or _EMPTY)


def _command(path: str, folder: Path, streams: Sequence[StreamFacts]) -> list[str]:
    command = [ffmpeg_program(), "-hide_banner", "-nostdin", "-y", "-v", "error", "-nostats", "-progress", "pipe:1"]
    command += ["-protocol_whitelist", "file", "-format_whitelist", DEMUXERS, "-i", f"file:{path}"]
    for stream in streams:
        codec = "copy" if stream.codec in _COPIED else "ass"
        command += ["-map", f"0:{stream.index}", "-c:s", codec, "-fs", str(MOST_BYTES), "-f", "ass"]
        command.append(f"file:{folder / f'{stream.index}.ass'}")
    return command


def _read_track(path: Path) -> str:
    """The track as WebVTT; empty for one without lines that can be read."""
    try:
        return to_vtt(decode_text(path.read_bytes()), format="ass")
    except (FileNotFoundError, SubtitleError):
        return ""
