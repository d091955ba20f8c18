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
from processing.media.stream.plan import LONGEST_SECONDS, Index, cuts

WALKED_BYTES = 192 * 1024 * 1024
STEP_SECONDS = 8.0
# Both kinds of reading end here; what comes after is parted by what was found.
MOST_SECONDS = 20.0
# Demuxers whose index tells of the whole file.
_INDEXED = ("mov", "matroska", "avi", "flv", "asf")
_PACKETS_PER_STEP = 3000
_PACKETS_AFTER_KEY = 40
# Where open groups are looked for; of files that have some, how long each cut may be looked at.
_PLACES = 6
_LEADS_SECONDS = 1.0
# Rounding of times.
_NEAR_SECONDS = 0.002
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
        keys = _keys(container, stream, origin, end)
        return Index(origin, end, video_end, tuple(keys), tuple(keys.values()))


def _maybe_interlaced(stream: VideoStream) -> bool:
    return stream.codec_context is not None and stream.codec_context.codec.canonical_name in _MAYBE_INTERLACED


def _end_of(stream: VideoStream, origin: float) -> float | None:
    if not stream.duration or stream.time_base is None:
        return None
    return float(((stream.start_time or 0) + stream.duration) * stream.time_base) - origin


def _keys(container: InputContainer, stream: VideoStream, origin: float, end: float | None) -> dict[float, float]:
    """When keyframes are shown, and the lead of each, in order."""
    for other in container.streams:
        if other.index != stream.index:
            other.discard = Discard.all
    if container.format.name.startswith(_INDEXED):
        keys = _from_container(container, stream, origin, end)
        if _reaches(keys, end):
            return _with_leads(container, stream, origin, keys, end or 0.0)
    if container.size <= WALKED_BYTES or not end:
        return _walk(container, stream, origin)
    return _look_here_and_there(container, stream, origin, end)


def _with_leads(
    container: InputContainer, stream: VideoStream, origin: float, keys: list[float], end: float
) -> dict[float, float]:
    """Looks at some cuts, and where one of them has a lead at all of them, as far as the time goes."""
    found = dict.fromkeys(keys, 0.0)
    chosen = cuts(keys, end)
    if not any(_measure(container, stream, origin, key) for key in chosen[:: len(chosen) // _PLACES + 1]):
        return found
    deadline = time.monotonic() + _LEADS_SECONDS
    for key in chosen:
        if time.monotonic() > deadline:
            break
        found[key] = _measure(container, stream, origin, key)
    return found


def _measure(container: InputContainer, stream: VideoStream, origin: float, key: float) -> float:
    with suppress(FFmpegError):
        assert stream.time_base is not None
        container.seek(round((key + origin + _NEAR_SECONDS) / stream.time_base), stream=stream)
        if (found := _first_key(container, stream)) is not None:
            return found[1]
    return 0.0


def _reaches(keys: list[float], end: float | None) -> bool:
    """Whether these keyframes are an index of all of the file, and not only of what was read of it."""
    if not keys or not end or keys[0] > 10.0:
        return False
    gaps = [later - key for key, later in zip(keys, [*keys[1:], end], strict=True)]
    return max(gaps) < LONGEST_SECONDS / 2


def _from_container(container: InputContainer, stream: VideoStream, origin: float, end: float | None) -> list[float]:
    """By the demuxer's index. Some containers have times of decoding there, so one keyframe is read to compare."""
    base = stream.time_base
    if base is None:
        return []
    # Of a file that breaks off, only the beginning can be read.
    for share in (0.5, 0.0):
        with suppress(FFmpegError):
            # Matroska reads its cues at the first seek.
            container.seek(round(((end or 0) * share + origin) / base), stream=stream)
            entries = [entry.timestamp for entry in stream.index_entries if entry.is_keyframe]
            found = _first_key(container, stream)
            if entries and found is not None and found[0].dts is not None:
                packet, _ = found
                shown = min(entries, key=lambda entry: abs(entry - packet.pts))
                decoded = min(entries, key=lambda entry: abs(entry - packet.dts))
                shift = packet.pts - (shown if shown == packet.pts else decoded)
                return sorted({float((entry + shift) * base) - origin for entry in entries})
    return []


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


def _walk(container: InputContainer, stream: VideoStream, origin: float) -> dict[float, float]:
    """Every packet, within the time."""
    found: dict[float, float] = {}
    key: float | None = None
    deadline = time.monotonic() + MOST_SECONDS
    with suppress(FFmpegError):
        container.seek(0)
        for count, packet in enumerate(container.demux(stream)):
            if packet.pts is None or packet.time_base is None or not packet.size:
                continue
            seconds = float(packet.pts * packet.time_base) - origin
            if packet.is_keyframe:
                key = seconds
                found[key] = 0.0
            elif key is not None and seconds < key:
                found[key] = max(found[key], key - seconds)
            else:
                # What is shown after a keyframe comes after what is shown before it.
                key = None
            if count % 500 == 0 and time.monotonic() > deadline:
                break
    return dict(sorted(found.items()))


def _look_here_and_there(
    container: InputContainer, stream: VideoStream, origin: float, end: float
) -> dict[float, float]:
    found: dict[float, float] = {}
    deadline = time.monotonic() + MOST_SECONDS
    at = 0.0
    while at < end and time.monotonic() < deadline:
        with suppress(FFmpegError):
            container.seek(round((at + origin) * 1_000_000))
            if key := _first_key(container, stream):
                packet, lead = key
                seconds = float(packet.pts * packet.time_base) - origin
                found[seconds] = lead
                at = max(at, seconds)
        at += STEP_SECONDS
    return dict(sorted(found.items()))
