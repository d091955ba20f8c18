"""Cutting a range out of a file without encoding: from the keyframe before it up to the keyframe after it."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Discard
from av.video.stream import VideoStream

from processing.media.containers import main_video, open_media
from processing.media.demuxers import DEMUXERS
from processing.media.encode.errors import OutputWrongError
from processing.media.encode.program import Progress, ffmpeg_program, run_program
from processing.media.errors import NoPictureError
from processing.media.readers import NEAR_SECONDS, STEPS_BACK, Timeline

# A copy is bound by the disk: one that gets nowhere for so long hangs.
_STALL_SECONDS = 120.0
# Before the keyframe, so that rounding of its time can't leave it out; no other picture lies so near.
_EARLIER_SECONDS = 0.001
# FFmpeg's muxers by what the file itself is; Matroska takes everything else.
_MUXERS = {"mp4": ("mp4", ".mp4"), "mov": ("mov", ".mov"), "webm": ("webm", ".webm")}


@dataclass(frozen=True, slots=True)
class Range:
    """Where a copy begins and ends, in seconds as players show them: both at keyframes, or the end of the file.

    `stop_seconds` is the decoding time of the keyframe that is no part of it any more, None at the end of the file.
    """

    from_seconds: float
    to_seconds: float
    stop_seconds: float | None
    stream_index: int


def form_of(container: str, name: str) -> tuple[str, str]:
    """FFmpeg's muxer and the ending for a clip that is cut from a file of that container ("mp4", "matroska" ...) and
    name. QuickTime's files hold codecs that MP4's may not, and are told from them by their names only."""
    is_quicktime = container == "mp4" and name.lower().endswith((".mov", ".qt"))
    return _MUXERS.get("mov" if is_quicktime else container, ("matroska", ".mkv"))


def find_range(path: str, *, start_seconds: float, end_seconds: float) -> Range:
    """The keyframe at or before the start and the one at or after the end. Reads the packets between them, decodes
    nothing. Raises NoPictureError without a picture there, UnreadableFileError and FileUnavailableError as `probe`."""
    with open_media(path) as container:
        stream = main_video(container)
        if stream is None:
            raise NoPictureError("There is no moving picture in the file that could be cut.")
        for other in container.streams:
            other.discard = Discard.nonkey if other.index == stream.index else Discard.all
        timeline = Timeline(container, stream)
        for step in STEPS_BACK:
            found = _between(container, stream, timeline, max(0.0, start_seconds - step), start_seconds, end_seconds)
            if found is not None and found.from_seconds <= start_seconds + NEAR_SECONDS:
                return found
        found = _between(container, stream, timeline, None, start_seconds, end_seconds)
    if found is None:
        raise NoPictureError("There is no whole picture between the beginning and the end of this mark.")
    return found


def _between(
    container: InputContainer,
    stream: VideoStream,
    timeline: Timeline,
    seek_seconds: float | None,
    start_seconds: float,
    end_seconds: float,
) -> Range | None:
    """What a reading from there (None: the file's beginning) finds; its `from` may lie after the wanted start."""
    first: float | None = None
    last = 0.0
    with suppress(FFmpegError):
        if seek_seconds is None:
            container.seek(0)
        else:
            container.seek(timeline.timestamp(seek_seconds), stream=stream, backward=True)
        for packet in container.demux(stream):
            seconds = timeline.seconds(packet)
            if seconds is None or not packet.size:
                continue
            last = max(last, seconds + float((packet.duration or 0) * (packet.time_base or 0)))
            if not packet.is_keyframe:
                continue
            if first is None or seconds <= start_seconds + NEAR_SECONDS:
                first = seconds
            elif seconds >= end_seconds - NEAR_SECONDS:
                decoded = packet.dts if packet.dts is not None else packet.pts
                stop = float((decoded or 0) * (packet.time_base or 0)) - timeline.seconds_of_origin
                return Range(max(0.0, first), seconds, min(stop, seconds), stream.index)
    if first is None:
        return None
    length = container.duration / 1_000_000 if container.duration else last
    return Range(max(0.0, first), max(length, last, first + 0.001), None, stream.index)


def cut(
    path: str,
    target: Path,
    *,
    wanted: Range,
    muxer: str,
    progress: Callable[[Progress], None] = lambda done: None,
) -> float:
    """Copies picture, sound and subtitles of the range to `target`; returns how long that is in seconds.

    Raises ProgramFailedError, ProgramStalledError, DiskFullError, and OutputWrongError for a copy without a picture.
    """
    begin = max(0.0, wanted.from_seconds - _EARLIER_SECONDS)
    command = [ffmpeg_program(), "-hide_banner", "-nostdin", "-y", "-v", "warning", "-nostats", "-progress", "pipe:1"]
    command += ["-fflags", "+genpts", "-ss", f"{begin:.6f}"]
    command += ["-protocol_whitelist", "file", "-format_whitelist", DEMUXERS, "-i", f"file:{path}"]
    if wanted.stop_seconds is not None:
        # The keyframe that follows is told by when it is decoded; one tick of 90 kHz earlier it isn't in.
        command += ["-t", f"{max(wanted.stop_seconds - begin - 1 / 90_000, 0.001):.6f}"]
    command += ["-map", f"0:{wanted.stream_index}", "-map", "0:a?", "-map", "0:s?", "-c", "copy"]
    # What the seek finds before the range is no part of it.
    command += ["-copypriorss", "0", "-map_chapters", "-1", "-dn", "-avoid_negative_ts", "make_zero"]
    command += ["-movflags", "+faststart"] if muxer in ("mp4", "mov") else []
    command += ["-f", muxer, f"file:{target}"]
    length = wanted.to_seconds - wanted.from_seconds
    run_program(command, duration_seconds=length, progress=progress, stall_seconds=_STALL_SECONDS)
    return _length_of(str(target))


def _length_of(path: str) -> float:
    with open_media(path) as container:
        stream = main_video(container)
        first = next((packet for packet in container.demux(stream) if packet.size), None) if stream else None
        if first is None or not first.is_keyframe or not container.duration:
            raise OutputWrongError("The clip that was cut has no picture at its beginning; it was thrown away.")
        return container.duration / 1_000_000
