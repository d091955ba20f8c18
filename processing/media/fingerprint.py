"""A hash of a video's compressed pictures that stays the same when the file changes its container."""

# PyAV names its packets generic for type checkers only: evaluating `Packet[VideoStream]` would fail.
from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from fractions import Fraction
from functools import partial

import av
import xxhash
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.video.stream import VideoStream

from processing.media.containers import main_video, open_media
from processing.media.facts import MediaFacts
from processing.media.packets import PacketForm
from processing.media.probe import HEADERS_ONLY

# Part of what is hashed: hashes made in another way must not match.
FINGERPRINT_VERSION = 1
# Seconds after the first keyframe. The odd end lies between the frames of all usual rates, so that a keyframe, whose
# time containers round to a millisecond, does not change sides.
MOMENTS_SECONDS = tuple(seconds + 0.0085 for seconds in (15, 60, 240, 960, 3840))
# Packets read while looking, in bytes. Only files without an index come near it.
MOST_BYTES = 128 * 1024 * 1024
# Containers that are searched by time instead of an index: a seek lands on any packet.
TIMED_FORMATS = frozenset({"mpegts", "mpeg"})
STEPS_BACK_SECONDS = (1.0, 4.0, 16.0, 64.0)
# The last entry of a complete index is at most this far from the end.
INDEX_END_SECONDS = 60.0
SEEKS_PER_MOMENT = 3


def packet_fingerprint(path: str, facts: MediaFacts) -> str:
    """xxh3-128 as 32 hexadecimal digits; "" where the file has no moving picture or no keyframe was found.

    What counts: codec, upright size, rotation, and these keyframes: the first, the last one at or before 15, 60, 240,
    960 and 3840 s after it, and the last of all, each once, in order. Of H.264 and HEVC the coded slices count, of
    other codecs all bytes of the packet. What does not: container, its index and metadata, sound, subtitles, chapters,
    colour tags, parameter sets and messages of the stream. So a remux, a change of tags or of sound keeps the hash;
    another encode, rotation, size or a cut at a keyframe changes it. (MPEG-TS can't say that a picture is turned: a
    turned video that is remuxed to it is another one.)

    Not seen: frames that were cut off after the last keyframe, and other frames between the chosen ones. A caller that
    takes equal hashes for one video checks that the durations are within 1 s and the sizes equal. Files that break off,
    and large files without an index (Matroska without cues, fragmented MP4) have the hash of what was found within
    128 MB: the same each time, but not that of their repaired copy.

    `facts` come from `probe` of the same file. Reads the index and about a keyframe for each of seven places, in MPEG
    streams some seconds for each. Raises UnreadableFileError and FileUnavailableError as `probe` does.
    """
    if facts.video_codec is None:
        return ""
    kept = f"{FINGERPRINT_VERSION} {facts.video_codec} {facts.width}x{facts.height} {facts.rotation}"
    digest = xxhash.xxh3_128(kept.encode())
    count = 0
    with open_media(path, options=HEADERS_ONLY) as container:
        stream = main_video(container)
        if stream is None or stream.time_base is None:
            return ""
        form = PacketForm.of(stream)
        for packet in _Search(container, stream).chosen():
            digest.update(form.hash64(packet).to_bytes(8, "big"))
            count += 1
    return str(digest.hexdigest()) if count else ""


class _Search:
    """Finds the keyframes that count in one open file. Times are timestamps of the stream."""

    def __init__(self, container: InputContainer, stream: VideoStream) -> None:
        self._container = container
        self._stream = stream
        self._base = stream.time_base or Fraction(1)
        self._left = MOST_BYTES

    def chosen(self) -> Iterator[Packet[VideoStream]]:
        """The first keyframe, then the later ones in the order of their times, each once."""
        first = next(self._keyframes(), None)
        if first is None:
            return
        yield first
        start = previous = _time(first)
        moments = [start + round(seconds / self._base) for seconds in MOMENTS_SECONDS]
        for found in self._last_ones([*moments, self._end(start)], start):
            if _time(found) > previous:
                yield found
                previous = _time(found)

    def _last_ones(self, moments: list[int], start: int) -> Iterator[Packet[VideoStream]]:
        """For each of the growing times the last keyframe at or before it; ends where none can be found."""
        if self._container.format.name in TIMED_FORMATS:
            search: Callable[[int], Packet[VideoStream] | None] = partial(self._by_steps, start)
        elif self._is_indexed():
            search = self._by_index
        else:
            yield from self._by_reading(moments)
            return
        for moment in moments:
            found = search(moment)
            if found is None:
                return
            yield found

    def _end(self, start: int) -> int:
        """A time after the last picture, as far as the file says; MPEG streams are searched back from there."""
        seconds = (self._container.duration or 0) / av.time_base
        return start + round((seconds + 1) / self._base)

    def _is_indexed(self) -> bool:
        """Whether the index reaches the end, so that a seek lands on the last keyframe before its target."""
        # Matroska files load their index when they seek.
        self._seek(0)
        entries, duration = self._stream.index_entries, self._container.duration
        if not len(entries) or not duration:
            return False
        return entries[len(entries) - 1].timestamp * self._base > duration / av.time_base - INDEX_END_SECONDS

    def _by_index(self, moment: int) -> Packet[VideoStream] | None:
        target = moment
        for _ in range(SEEKS_PER_MOMENT):
            self._seek(target)
            found = next(self._keyframes(), None)
            if found is None or _time(found) <= moment:
                return found
            # MP4 seeks by decoding time, which is earlier where pictures are reordered.
            target = (found.dts if found.dts is not None else _time(found)) - 1
        return None

    def _by_steps(self, start: int, moment: int) -> Packet[VideoStream] | None:
        for step in STEPS_BACK_SECONDS:
            target = max(start, moment - round(step / self._base))
            self._seek(target)
            found = None
            for packet in self._keyframes(until=moment):
                found = packet
            if found is not None or target == start:
                return found
        return None

    def _by_reading(self, moments: list[int]) -> Iterator[Packet[VideoStream]]:
        """In one pass from the start, in files without an index, where each seek would read from the start.

        Their stated end is no better than their index, so the last keyframe is the one that was read last.
        """
        self._seek(0)
        waiting = deque(moments[:-1])
        found = None
        for packet in self._keyframes():
            while found is not None and waiting and _time(packet) > waiting[0]:
                waiting.popleft()
                yield found
            found = packet
        if found is not None and self._left >= 0:
            yield found

    def _seek(self, moment: int) -> None:
        with suppress(FFmpegError):
            self._container.seek(moment, stream=self._stream)

    def _keyframes(self, until: int | None = None) -> Iterator[Packet[VideoStream]]:
        """Keyframes from where the file stands, those shown at or before `until`; ends where reading gets too much."""
        with suppress(FFmpegError):
            for packet in self._container.demux(self._stream):
                self._left -= packet.size
                if self._left < 0 or (until is not None and packet.dts is not None and packet.dts > until):
                    return
                if packet.is_keyframe and packet.size and (until is None or _time(packet) <= until):
                    yield packet


def _time(packet: Packet[VideoStream]) -> int:
    """When it is shown; of streams without such times (AVI) when it is decoded."""
    at = packet.pts if packet.pts is not None else packet.dts
    return 0 if at is None else at
