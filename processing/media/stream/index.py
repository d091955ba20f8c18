"""Where a file's keyframes are, without decoding and without reading all of it.

* MP4 and MOV, Matroska with cues, AVI, FLV: from the container's own index.
* What has none (MPEG-TS, recordings that were cut off): up to WALKED_BYTES every packet is read. Of larger files, one
  keyframe is looked for each STEP_SECONDS, which reads at most one group of pictures each time.
"""

# PyAV names its packets generic for type checkers only: evaluating `Packet[VideoStream]` would fail.
from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice

from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Discard, Stream
from av.video.stream import VideoStream

from processing.media.containers import open_media
from processing.media.encode.source import is_interlaced
from processing.media.stream.plan import LONGEST_SECONDS, Index

WALKED_BYTES = 192 * 1024 * 1024
STEP_SECONDS = 8.0
# Both kinds of reading end here; what comes after is parted by what was found.
MOST_SECONDS = 20.0
# Demuxers whose index tells of the whole file.
_INDEXED = ("mov", "matroska", "avi", "flv", "asf")
_PACKETS_PER_STEP = 3000
_PACKETS_AFTER_KEY = 40
# Codecs whose pictures may be of two moments.
_MAYBE_INTERLACED = frozenset({"mpeg2video", "mpeg1video", "h264", "vc1", "wmv3", "dvvideo", "mpeg4", "prores"})


def read_index(path: str, *, video: int | None, looks_at_fields: bool = False) -> Index:
    """The index of a file by its video stream's number, or of its length alone where that is None.

    `looks_at_fields` decodes a few pictures to tell whether they are interlaced. Raises UnreadableFileError and
    FileUnavailableError.
    """
    with open_media(path) as container:
        origin = (container.start_time or 0) / 1_000_000
        end = container.duration / 1_000_000 if container.duration else None
        stream = container.streams[video] if video is not None and video < len(container.streams) else None
        if not isinstance(stream, VideoStream):
            return Index(origin, end, None)
        interlaced = looks_at_fields and _maybe_interlaced(stream) and is_interlaced(path, end)
        video_end = _end_of(stream, origin)
        if looks_at_fields:
            # Pictures that are encoded anew need no keyframes.
            return Index(origin, end, video_end, is_interlaced=interlaced)
        keys, lead = _keys(container, stream, origin, end)
        return Index(origin, end, video_end, tuple(keys), lead)


def _maybe_interlaced(stream: VideoStream) -> bool:
    return stream.codec_context is not None and stream.codec_context.codec.canonical_name in _MAYBE_INTERLACED


def _end_of(stream: VideoStream, origin: float) -> float | None:
    if not stream.duration or stream.time_base is None:
        return None
    return float(((stream.start_time or 0) + stream.duration) * stream.time_base) - origin


def _keys(
    container: InputContainer, stream: VideoStream, origin: float, end: float | None
) -> tuple[list[float], float]:
    for other in container.streams:
        if other.index != stream.index:
            other.discard = Discard.all
    if container.format.name.startswith(_INDEXED):
        keys, lead = _from_container(container, stream, origin, end)
        if _reaches(keys, end):
            return keys, lead
    if container.size <= WALKED_BYTES or not end:
        return _walk(container, stream, origin)
    return _look_here_and_there(container, stream, origin, end)


def _reaches(keys: list[float], end: float | None) -> bool:
    """Whether these keyframes are an index of all of the file, and not only of what was read of it."""
    if not keys or not end or keys[0] > 10.0:
        return False
    gaps = [later - key for key, later in zip(keys, [*keys[1:], end], strict=True)]
    return max(gaps) < LONGEST_SECONDS / 2


def _from_container(
    container: InputContainer, stream: VideoStream, origin: float, end: float | None
) -> tuple[list[float], float]:
    """By the demuxer's index. Its times are those of decoding in some containers, so one keyframe is read to compare."""
    base = stream.time_base
    if base is None:
        return [], 0.0
    # Of a file that breaks off, only the beginning can be read.
    for share in (0.5, 0.0):
        with suppress(FFmpegError):
            # Matroska reads its cues at the first seek.
            container.seek(round(((end or 0) * share + origin) / base), stream=stream)
            entries = [entry.timestamp for entry in stream.index_entries if entry.is_keyframe]
            found = _first_key(container, stream)
            if entries and found is not None and found[0].dts is not None:
                packet, lead = found
                shown = min(entries, key=lambda entry: abs(entry - packet.pts))
                decoded = min(entries, key=lambda entry: abs(entry - packet.dts))
                shift = packet.pts - (shown if shown == packet.pts else decoded)
                return sorted({float((entry + shift) * base) - origin for entry in entries}), lead
    return [], 0.0


def _first_key(container: InputContainer, stream: Stream) -> tuple[Packet[VideoStream], float] | None:
    """The next keyframe that tells its time, and how far before it pictures are shown that follow it, in seconds."""
    packets = container.demux(stream)
    for packet in islice(packets, _PACKETS_PER_STEP):
        if packet.is_keyframe and packet.pts is not None and packet.size:
            return packet, _lead_of(packet, packets)
    return None


def _lead_of(key: Packet[VideoStream], packets: Iterator[Packet[VideoStream]]) -> float:
    first = key.pts
    for packet in islice(packets, _PACKETS_AFTER_KEY):
        if packet.pts is None or packet.pts > key.pts:
            break
        first = min(first, packet.pts)
    return float((key.pts - first) * key.time_base)


def _walk(container: InputContainer, stream: VideoStream, origin: float) -> tuple[list[float], float]:
    """Every packet, within the time."""
    keys: list[float] = []
    leads: list[float] = []
    deadline = time.monotonic() + MOST_SECONDS
    is_leading = False
    with suppress(FFmpegError):
        if container.format.name != "avi":
            container.seek(0)
        for count, packet in enumerate(container.demux(stream)):
            if packet.pts is None or packet.time_base is None or not packet.size:
                continue
            seconds = float(packet.pts * packet.time_base) - origin
            if packet.is_keyframe:
                keys.append(seconds)
                leads.append(0.0)
                is_leading = True
            elif keys and is_leading:
                is_leading = seconds < keys[-1]
                leads[-1] = max(leads[-1], keys[-1] - seconds)
            if count % 500 == 0 and time.monotonic() > deadline:
                break
    return sorted(set(keys)), sorted(leads)[len(leads) // 2] if leads else 0.0


def _look_here_and_there(
    container: InputContainer, stream: VideoStream, origin: float, end: float
) -> tuple[list[float], float]:
    keys: set[float] = set()
    lead = 0.0
    deadline = time.monotonic() + MOST_SECONDS
    at = 0.0
    while at < end and time.monotonic() < deadline:
        with suppress(FFmpegError):
            container.seek(round((at + origin) * 1_000_000))
            if found := _first_key(container, stream):
                packet, lead = found
                keys.add(float(packet.pts * packet.time_base) - origin)
                at = max(at, float(packet.pts * packet.time_base) - origin)
        at += STEP_SECONDS
    return sorted(keys), lead
