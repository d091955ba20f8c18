"""What each stream of an open container is."""

import re
import threading
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import cast

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition, Stream
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from processing.media.colors import PRIMARIES, RANGES, SPACES, TRANSFERS
from processing.media.containers import is_cover
from processing.media.facts import StreamFacts, StreamKind, clean_text, finite
from processing.media.h264 import SequenceFacts, read_sequence

STREAM_LINE = re.compile(r"^ *Stream #\d+:(\d+)[^:]*: \w+: ([\w.-]+)")
ROTATION_LINE = re.compile(r"[Dd]isplay ?[Mm]atrix: rotation of (-?[\d.]+) degrees")
# libavcodec/codec_par.h: 0 unknown, 1 progressive, 2 to 5 the orders of two fields.
_PROGRESSIVE = 1
KINDS = frozenset({"video", "audio", "subtitle", "attachment"})
# FFmpeg's log level belongs to the whole process.
_dump_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class DumpDetails:
    """What PyAV has no attribute for, by stream index: codec names, clockwise rotation, Dolby Vision records."""

    codecs: dict[int, str] = field(default_factory=dict)
    rotations: dict[int, int] = field(default_factory=dict)
    dolby_vision: frozenset[int] = frozenset()


def dump_details(container: InputContainer) -> DumpDetails:
    """Read side data of streams from FFmpeg's own description (`av_dump_format`), which takes 0.1 ms.

    The alternative, decoding one picture, costs 20 to 100 ms on large files.
    """
    with _dump_lock:
        level = av.logging.get_level()
        av.logging.set_level(av.logging.INFO)
        try:
            text: str = container.dumps_format()  # type: ignore[attr-defined]  # missing in PyAV's stubs
        finally:
            av.logging.set_level(level)
    codecs: dict[int, str] = {}
    rotations: dict[int, int] = {}
    dolby_vision = set()
    current = -1
    for line in text.splitlines():
        if match := STREAM_LINE.match(line):
            current = int(match[1])
            codecs[current] = match[2]
        elif match := ROTATION_LINE.search(line):
            # FFmpeg counts counter-clockwise; phones write whole quarters, a few files a degree off.
            rotations[current] = round(-float(match[1]) / 90) * 90 % 360
        elif "DOVI configuration record" in line:
            dolby_vision.add(current)
    return DumpDetails(codecs, rotations, frozenset(dolby_vision))


def describe_streams(container: InputContainer, details: DumpDetails) -> tuple[StreamFacts, ...]:
    """Facts of all streams in the container's order."""
    return tuple(_describe(stream, details) for stream in container.streams)


def _describe(stream: Stream, details: DumpDetails) -> StreamFacts:
    kind = cast(StreamKind, stream.type) if stream.type in KINDS else "data"
    common = StreamFacts(
        index=stream.index,
        kind=kind,
        codec=_codec_name(stream, details),
        profile=stream.profile,
        language=clean_text(stream.language) if stream.language != "und" else None,
        title=clean_text(_tag(stream, "title")),
        is_default=bool(stream.disposition & Disposition.default),
        is_forced=bool(stream.disposition & Disposition.forced),
        is_hearing_impaired=bool(stream.disposition & Disposition.hearing_impaired),
        is_commentary=bool(stream.disposition & Disposition.comment),
        duration_seconds=_duration(stream),
    )
    if stream.codec_context is None:
        return common
    if isinstance(stream, VideoStream):
        return _with_video(common, stream)
    return _with_audio(common, stream) if isinstance(stream, AudioStream) else common


def _codec_name(stream: Stream, details: DumpDetails) -> str:
    """ffprobe's codec_name: the name of the format, not of the decoder (av1, not libdav1d)."""
    if stream.codec_context is not None:
        return stream.codec_context.codec.canonical_name
    return details.codecs.get(stream.index, "unknown")


def _tag(stream: Stream, name: str) -> str | None:
    return next((value for key, value in stream.metadata.items() if key.lower() == name), None)


def _duration(stream: Stream) -> float | None:
    if stream.duration and stream.duration > 0 and stream.time_base:
        return finite(float(stream.duration * stream.time_base))
    # Matroska has no duration per stream; muxers write it as a tag, "00:00:10.333000000".
    parts = (_tag(stream, "duration") or "").split(":")
    try:
        hours, minutes, seconds = (float(part) for part in parts)
    except ValueError:
        return None
    return finite(hours * 3600 + minutes * 60 + seconds) or None


def _with_video(common: StreamFacts, stream: VideoStream) -> StreamFacts:
    context = stream.codec_context
    sps = read_sequence(context.extradata) if common.codec == "h264" and context.pix_fmt is None else None
    rate = stream.average_rate or stream.guessed_rate
    depth = context.format.components[0].bits if context.format else None
    return replace(
        common,
        profile=common.profile or (sps.profile if sps else None),
        is_attached_picture=is_cover(stream),
        bit_rate=stream.bit_rate or None,
        width=stream.width or None,
        height=stream.height or None,
        pixel_format=context.pix_fmt or (sps.pixel_format if sps else None),
        bit_depth=depth or (sps.bit_depth if sps else None),
        frame_rate=finite(float(rate)) if rate else None,
        sample_aspect_ratio=_sample_aspect_ratio(stream.sample_aspect_ratio, sps),
        color_primaries=PRIMARIES.get(_code(context.color_primaries, sps.primaries if sps else 2)),
        color_transfer=TRANSFERS.get(_code(context.color_trc, sps.transfer if sps else 2)),
        color_space=SPACES.get(_code(context.colorspace, sps.matrix if sps else 2)),
        color_range=RANGES.get(context.color_range or (sps.color_range if sps else 0)),
        # Unknown levels are negative.
        level=level if (level := _attribute(context, "level")) > 0 else None,
        is_interlaced=order > _PROGRESSIVE if (order := _attribute(context, "field_order")) else None,
    )


def _attribute(context: VideoCodecContext, name: str) -> int:
    """A number that PyAV has and its stubs do not; 0 means unknown."""
    return int(getattr(context, name, 0) or 0)


def _code(stated: int, in_sps: int) -> int:
    """The container's colour wins over the bitstream's, as in FFmpeg; 2 means unspecified."""
    return in_sps if int(stated) == 2 else int(stated)


def _sample_aspect_ratio(stated: Fraction | None, sps: SequenceFacts | None) -> str | None:
    if stated:
        return f"{stated.numerator}:{stated.denominator}"
    if sps and all(sps.aspect_ratio):
        ratio = Fraction(*sps.aspect_ratio)
        return f"{ratio.numerator}:{ratio.denominator}"
    return None


def _with_audio(common: StreamFacts, stream: AudioStream) -> StreamFacts:
    return replace(
        common,
        bit_rate=stream.bit_rate or None,
        channels=stream.channels or None,
        sample_rate=stream.sample_rate or None,
        channel_layout=stream.layout.name if stream.channels else None,
    )
