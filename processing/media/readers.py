"""Two ways to a picture at a time: decode one keyframe alone, or decode forward from the keyframe before."""

# PyAV names its packets generic for type checkers only: evaluating `Packet[VideoStream]` would fail.
from __future__ import annotations

from collections.abc import Iterator

from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from processing.media.plan import Cue

DECODER_THREADS = 2
# Pictures up to this size (a little more than 1080p) are decoded forward by several frames at once.
MAX_FRAME_THREADED_PX = 2_500_000
# Packets read after one seek while looking for a keyframe; long enough for several seconds of any stream.
MAX_PACKETS_PER_SEARCH = 5000
# Failed packets after which a forward reader gives up on its file: damage that goes on is not worth more time.
MAX_DECODE_ERRORS = 500
# Before the wanted time, pictures that no other needs are skipped up to this distance.
FULL_DECODE_SECONDS = 0.5
# Rounding of timestamps: a keyframe this close to a seek's target counts as hit.
NEAR_SECONDS = 0.002
# How far back a keyframe is looked for where the container has no index (MPEG-TS), in seconds.
STEPS_BACK = (0.0, 2.0, 8.0, 32.0, 128.0, 512.0)


class Timeline:
    """Converts between a stream's timestamps and seconds from the start as players show it."""

    def __init__(self, container: InputContainer, stream: VideoStream) -> None:
        if stream.time_base is None:
            raise ValueError("a video stream without a time base has no times")
        self._base = stream.time_base
        start = container.start_time
        self._origin = start / 1_000_000 if start is not None else float((stream.start_time or 0) * self._base)

    def seconds(self, item: Packet[VideoStream] | VideoFrame) -> float | None:
        """When the packet or frame is shown; None where neither presentation nor decoding time is known."""
        at = item.pts if item.pts is not None else item.dts
        return None if at is None else float(at * self._base) - self._origin

    @property
    def seconds_of_origin(self) -> float:
        """What the file's own clock says at the start that players show."""
        return self._origin

    def timestamp(self, seconds: float) -> int:
        """The stream's timestamp of a time."""
        return round((seconds + self._origin) / self._base)


class KeyframeReader:
    """Reads single keyframes: seek, take the packet, decode that one, drain. Nothing between them is decoded."""

    def __init__(self, container: InputContainer, stream: VideoStream) -> None:
        self._container = container
        self._stream = stream
        self._lands_late = False
        self.timeline = Timeline(container, stream)
        self.last_seen_seconds: float | None = None
        self.has_failed = False
        stream.codec_context.thread_count = DECODER_THREADS
        stream.codec_context.thread_type = "SLICE"

    def find(self, cue: Cue) -> Packet[VideoStream] | None:
        """The packet of a keyframe shown within the cue, close to its middle; None where the cue has none.

        `last_seen_seconds` then tells where the keyframe before the cue lies, if the container said so.
        """
        self.last_seen_seconds = None
        # With an index a seek lands on the keyframe before its target: if that is before the cue, one may still come
        # after the middle. Without an index (MPEG-TS) it lands on any packet, and a keyframe after it is found.
        # Just before the end: a keyframe at the end itself belongs to the next cue and would hide this one's.
        before_end = max(cue.start, cue.end - NEAR_SECONDS)
        for target in (cue.middle, cue.start) if self._lands_late else (cue.middle, before_end, cue.start):
            packet = self._first_keyframe(target, cue.end)
            at = self.timeline.seconds(packet) if packet is not None else None
            if packet is None or at is None:
                continue
            if at >= cue.start:
                self._lands_late = self._lands_late or at > target + NEAR_SECONDS
                return packet
            self.last_seen_seconds = at
            if target == before_end:
                break
        return None

    def _first_keyframe(self, target: float, end: float) -> Packet[VideoStream] | None:
        try:
            self._container.seek(self.timeline.timestamp(target), stream=self._stream)
            for count, packet in enumerate(self._container.demux(self._stream)):
                at = self.timeline.seconds(packet)
                if at is None or at >= end or count > MAX_PACKETS_PER_SEARCH:
                    return None
                if packet.is_keyframe:
                    return packet
        except FFmpegError:
            return None
        return None

    def decode(self, packet: Packet[VideoStream]) -> VideoFrame | None:
        """The picture of one keyframe packet; None where it does not decode on its own.

        `has_failed` tells damage from keyframes that only start a gradual refresh.
        """
        context = self._stream.codec_context
        self.has_failed = False
        try:
            frames = context.decode(packet)
            # Draining makes the decoder hand out the picture without waiting for the next packets.
            frames = frames or context.decode(None)
        except FFmpegError:
            self.has_failed = True
            frames = []
        context.flush_buffers()
        return next((frame for frame in frames if not frame.is_corrupt), None)


class ForwardReader:
    """Decodes from keyframe to wanted time, and goes on from there while wanted times grow."""

    def __init__(self, container: InputContainer, stream: VideoStream) -> None:
        self._container = container
        self._stream = stream
        self._timeline = Timeline(container, stream)
        self._packets: Iterator[Packet[VideoStream]] = iter(())
        self._waiting: list[tuple[float, VideoFrame]] = []
        self._current: tuple[float, VideoFrame] | None = None
        self._is_nonref_skipped = False
        self.error_count = 0
        self.has_ended = False
        stream.codec_context.thread_count = DECODER_THREADS
        # Threads by frame are faster in most files, but each holds frames of its own.
        is_large = stream.width * stream.height > MAX_FRAME_THREADED_PX
        stream.codec_context.thread_type = "SLICE" if is_large else "AUTO"

    def frame_at(self, seconds: float, keyframe_seconds: float | None) -> tuple[float, VideoFrame] | None:
        """The picture shown at `seconds` with its own time, the last one before where the stream ends earlier.

        `keyframe_seconds`, where known, is the last keyframe before: if it lies ahead of what is decoded, the reader
        jumps there. None where nothing decodes.
        """
        at = self._current[0] if self._current else None
        if at is None or seconds < at or (keyframe_seconds is not None and keyframe_seconds > at):
            self._jump(seconds)
        while self.error_count < MAX_DECODE_ERRORS:
            while self._waiting and self._waiting[0][0] <= seconds:
                self._current = self._waiting.pop(0)
            if self._waiting or not self._decode_more(seconds):
                break
        if self._current is None and self._waiting:
            # The first picture of the stream comes after the wanted time.
            self._current = self._waiting.pop(0)
        return self._current

    def _jump(self, seconds: float) -> None:
        for step in STEPS_BACK:
            target = max(0.0, seconds - step)
            try:
                self._container.seek(self._timeline.timestamp(target), stream=self._stream)
                packets = self._container.demux(self._stream)
                first = self._keyframe_before(packets, seconds)
            except FFmpegError:
                continue
            if first is not None:
                self._restart(first, packets)
                return
            if target == 0.0:
                break
        if self._current is None:
            self._restart(None, self._container.demux(self._stream))

    def _keyframe_before(self, packets: Iterator[Packet[VideoStream]], seconds: float) -> Packet[VideoStream] | None:
        for count, packet in enumerate(packets):
            at = self._timeline.seconds(packet)
            if at is None or at > seconds or count > MAX_PACKETS_PER_SEARCH:
                return None
            if packet.is_keyframe:
                return packet
        return None

    def _restart(self, first: Packet[VideoStream] | None, packets: Iterator[Packet[VideoStream]]) -> None:
        self._packets = packets
        self._waiting = []
        self._current = None
        self.has_ended = False
        if first is not None:
            self._decode(first)

    def _decode_more(self, seconds: float) -> bool:
        """Decode one packet; False at the end of the stream."""
        try:
            packet = next(self._packets, None)
        except FFmpegError:
            packet = None
        if packet is None:
            self.has_ended = True
            return False
        at = self._timeline.seconds(packet)
        self._skip_nonref(at is not None and at < seconds - FULL_DECODE_SECONDS)
        self._decode(packet)
        return True

    def _skip_nonref(self, skip: bool) -> None:
        if skip != self._is_nonref_skipped:
            self._stream.codec_context.skip_frame = "NONREF" if skip else "DEFAULT"
            self._is_nonref_skipped = skip

    def _decode(self, packet: Packet[VideoStream]) -> None:
        try:
            frames = self._stream.codec_context.decode(packet)
        except FFmpegError:
            self.error_count += 1
            return
        for frame in frames:
            at = self._timeline.seconds(frame)
            if at is not None:
                self._waiting.append((at, frame))
