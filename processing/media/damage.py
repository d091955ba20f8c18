"""Finding out whether a file can be read to its end: its packets (quick), or its pictures too (deep)."""

# PyAV names its packets generic for type checkers only: evaluating `Packet[VideoStream]` would fail.
from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.video.stream import VideoStream

from processing.media.containers import main_video, open_media
from processing.media.readers import Timeline

# A stream may end this much before what the file says without being cut off: muxers round.
END_TOLERANCE_SECONDS = 1.0
END_TOLERANCE_RATIO = 0.02
# Places that are remembered; damage that goes on is not worth more.
MOST_PLACES = 50
PACKETS_PER_REPORT = 200
DECODER_THREADS = 2
# After a jump into the file this much is decoded without counting: pictures there may need some that were not read.
WARM_UP_SECONDS = 1.0
# Without "explode" FFmpeg's decoders paint over what is damaged and only write to their log.
STRICT = {"err_detect": "crccheck+bitstream+buffer+explode"}

# (start, end) in seconds.
Part = tuple[float, float]
Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Damage:
    """What is wrong with a file. `places` are seconds from the start, in the order of reading, at most MOST_PLACES.

    `stops_at` is where reading broke off with an error; `ends_at` where the file ends though it says that it is
    `stated_seconds` long.
    """

    places: list[float] = field(default_factory=list)
    stops_at: float | None = None
    ends_at: float | None = None
    stated_seconds: float | None = None

    @property
    def is_found(self) -> bool:
        return bool(self.places) or self.stops_at is not None or self.ends_at is not None

    def note(self, seconds: float) -> None:
        """Something at this time could not be read."""
        if len(self.places) < MOST_PLACES:
            self.places.append(max(0.0, seconds))


def read_packets(path: str, *, progress: Progress | None = None) -> Damage:
    """Read every packet of every stream and decode none; stops at the first error.

    Finds files that are cut off and containers that are damaged; bytes that changed within a picture need a deep look
    or a checksum. `progress(done, total)` counts bytes. Raises UnreadableFileError and FileUnavailableError as `probe`.
    """
    damage = Damage()
    with open_media(path) as container:
        main = main_video(container)
        ends: dict[int, float] = {}
        last, size = 0.0, max(1, container.size)
        lines = {stream.index: Timeline(container, stream) for stream in container.streams.video}
        try:
            for number, packet in enumerate(container.demux()):
                index = packet.stream.index
                at = packet.pts if packet.pts is not None else packet.dts
                if at is not None and packet.time_base is not None:
                    start = float(at * packet.time_base)
                    last = max(last, start)
                    ends[index] = max(ends.get(index, 0.0), start + float((packet.duration or 0) * packet.time_base))
                if packet.is_corrupt and packet.size:
                    video = lines.get(index)
                    damage.note((video.seconds(packet) if video else None) or last)  # type: ignore[arg-type]
                if progress is not None and number % PACKETS_PER_REPORT == 0:
                    progress(min(packet.pos or 0, size), size)
        except FFmpegError as error:
            if not isinstance(error, av.error.EOFError):
                damage.stops_at = max(0.0, last - _origin(container))
        if damage.stops_at is None:
            _compare_ends(container, main, ends, damage)
    return damage


def decode_pictures(path: str, *, parts: Sequence[Part] | None, progress: Progress | None = None) -> Damage:
    """Decode the main picture in these parts, or (None) in the whole file, and note what the decoder refuses.

    `progress` counts seconds. Raises UnreadableFileError and FileUnavailableError as `probe` does.
    """
    damage = Damage()
    wanted = list(parts) if parts is not None else [(0.0, float("inf"))]
    with open_media(path) as container:
        stream = main_video(container)
        if stream is None:
            return damage
        stream.codec_context.options = STRICT
        stream.codec_context.thread_count = DECODER_THREADS
        timeline = Timeline(container, stream)
        total = (container.duration or 0) / av.time_base
        for start, end in wanted:
            if start > 0:
                with suppress(FFmpegError):
                    container.seek(timeline.timestamp(max(0.0, start - WARM_UP_SECONDS)), stream=stream)
                stream.codec_context.flush_buffers()
            counts_from = WARM_UP_SECONDS if start > WARM_UP_SECONDS else 0.0
            part = _PartReader(container, stream, timeline, counts_from, end, damage)
            part.read(total, progress)
            if len(damage.places) >= MOST_PLACES:
                break
    return damage


@dataclass(slots=True)
class _PartReader:
    """Decodes from where the file stands up to `end`; what lies less than `counts_from` seconds behind the first
    keyframe doesn't count."""

    container: InputContainer
    stream: VideoStream
    timeline: Timeline
    counts_from: float
    end: float
    damage: Damage

    def read(self, total_seconds: float, progress: Progress | None) -> None:
        first: float | None = None
        last = 0.0
        unread = Damage()
        try:
            for number, packet in enumerate(self.container.demux(self.stream)):
                at = self.timeline.seconds(packet)
                if at is not None:
                    first = at if first is None and packet.is_keyframe else first
                    last = at
                    if at > self.end or len(self.damage.places) >= MOST_PLACES:
                        return
                if first is None or last < first:
                    continue
                is_counted = last >= first + self.counts_from
                _decode(self.stream, packet, last, self.damage if is_counted else unread)
                if progress is not None and number % PACKETS_PER_REPORT == 0:
                    progress(round(min(last, total_seconds)), round(total_seconds))
        except FFmpegError as error:
            if not isinstance(error, av.error.EOFError):
                self.damage.stops_at = last


def _decode(stream: VideoStream, packet: Packet[VideoStream], seconds: float, damage: Damage) -> None:
    try:
        frames = stream.codec_context.decode(packet)
    except av.error.EOFError:
        return
    except FFmpegError:
        damage.note(seconds)
        return
    if any(frame.is_corrupt for frame in frames):
        damage.note(seconds)


def _compare_ends(container: InputContainer, main: VideoStream | None, ends: dict[int, float], damage: Damage) -> None:
    """Whether what was read ends where the file says it does: by its picture where that has a length of its own."""
    origin = _origin(container)
    if main is not None and main.duration and main.time_base:
        stated = float(main.duration * main.time_base)
        read = ends.get(main.index, 0.0) - float((main.start_time or 0) * main.time_base)
    elif container.duration:
        stated = container.duration / av.time_base
        read = max(ends.values(), default=0.0) - origin
    else:
        return
    if stated - read > max(END_TOLERANCE_SECONDS, stated * END_TOLERANCE_RATIO):
        damage.ends_at, damage.stated_seconds = max(0.0, read), stated


def _origin(container: InputContainer) -> float:
    return (container.start_time or 0) / av.time_base
