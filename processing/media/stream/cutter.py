"""Cuts FFmpeg's output into segments that join whichever run of FFmpeg made them.

FFmpeg's own fragments depend on where it began: decoding times are guessed where the file has none, and sound is
parted where pictures happen to be. So the samples are taken out and written anew. Pictures go by keyframes, sound by
its time, and decoding times are made from the times at which a segment's pictures are shown: a segment is decoded
exactly from the moment its first picture is shown to the moment the next segment's is. The same samples therefore
always give the same segment.
"""

from collections import defaultdict
from collections.abc import Iterator

from processing.media.stream.boxes import BoxReader, Placed, Sample, Track, read_samples, read_tracks, write_segment
from processing.media.stream.errors import BrokenFragmentsError
from processing.media.stream.plan import Plan

# FFmpeg is told to add so much to all times, so that none is negative (`-output_ts_offset`).
OFFSET_SECONDS = 16
# One track this far ahead of a segment's end, the other one isn't waited for any more: it has a hole, or has ended.
_PATIENCE_SECONDS = 5.0

# ITU-T H.264, table 7-1.
_SEI = 6

INIT = -1


class Cutter:
    """Feed it what FFmpeg writes; it gives (segment number, bytes), or (INIT, bytes) once, in order.

    `first` is the segment that this run is for: what comes before is left out. `has_missed` tells that the run began
    after that segment's keyframe, so that its beginning is lacking. `drops_leading` leaves out pictures that follow a
    segment's keyframe and are shown before it: they need pictures of the segment before.
    """

    def __init__(self, plan: Plan, first: int, *, is_encoded: bool, drops_leading: bool = False) -> None:
        self._plan, self._is_encoded, self._drops_leading = plan, is_encoded, drops_leading
        self._first = self._next = first
        self._boxes = BoxReader()
        self._head = b""
        self._moof = b""
        self._tracks: dict[int, Track] = {}
        self._video: dict[int, list[Sample]] = defaultdict(list)
        self._audio: dict[int, list[Sample]] = defaultdict(list)
        self._current: int | None = None
        self._video_at = self._audio_at = float("-inf")
        self.has_missed = False

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """What is ready by now. Raises BrokenFragmentsError."""
        for kind, box in self._boxes.feed(data):
            if kind == b"ftyp":
                self._head = box
            elif kind == b"moov":
                self._tracks = read_tracks(box)
                yield INIT, self._head + box
            elif kind == b"moof":
                self._moof = box
            elif kind == b"mdat" and self._moof:
                for track_id, sample in read_samples(self._moof, box):
                    self._take(self._tracks[track_id], sample)
                self._moof = b""
                while self._is_ready(self._next):
                    yield self._cut()

    def finish(self) -> Iterator[tuple[int, bytes]]:
        """The rest, after FFmpeg came to the end of the file. Segments that hold nothing are left out."""
        last = max([self._current or 0, *self._video, *self._audio], default=-1)
        while self._next <= min(last, len(self._plan) - 1):
            if self._video.get(self._next) or self._audio.get(self._next):
                yield self._cut()
            else:
                self._next += 1

    def _take(self, track: Track, sample: Sample) -> None:
        seconds = sample.pts / track.timescale - OFFSET_SECONDS
        if not track.is_video:
            self._audio_at = max(self._audio_at, seconds)
            number = self._plan.of_sound(seconds)
            if number >= self._next:
                self._audio[number].append(sample)
            return
        if sample.is_sync:
            self._enter(seconds)
        if self._current is None:
            return
        self._video_at = max(self._video_at, seconds)
        if self._is_encoded and self._plan.of_key(seconds) > self._current:
            raise BrokenFragmentsError("The encoder made no keyframe where a segment begins.")
        held = self._video[self._current]
        if self._drops_leading and held and sample.pts < held[0].pts:
            return
        if self._current >= self._next:
            held.append(sample)

    def _enter(self, seconds: float) -> None:
        """A keyframe: perhaps the next segment's."""
        plan = self._plan
        number = plan.of_key(seconds)
        if self._current is not None:
            self._current = max(self._current, number)
        elif number >= self._first:
            self._current = number
            self.has_missed = number > self._first or seconds > plan.keys[self._first] + plan.tolerance

    def _is_ready(self, number: int) -> bool:
        if number + 1 >= len(self._plan):
            return False
        stop = self._plan.stop(number)
        kinds = {track.is_video for track in self._tracks.values()}
        is_late_video = self._audio_at > stop + _PATIENCE_SECONDS
        is_late_audio = self._video_at > stop + _PATIENCE_SECONDS
        has_video = True not in kinds or self._is_next_known(number) or is_late_video
        has_audio = False not in kinds or self._audio_at >= stop + 0.001 or is_late_audio
        return has_video and has_audio

    def _is_next_known(self, number: int) -> bool:
        """Whether the segment has all its pictures, and what is shown first after them is known too: of an open group,
        pictures that are shown before its keyframe follow that."""
        if self._current is None or self._current <= number:
            return False
        if self._current > number + 1:
            return True
        later = self._video[number + 1]
        return any(sample.pts > later[0].pts for sample in later)

    def _cut(self) -> tuple[int, bytes]:
        number = self._next
        self._next += 1
        runs = []
        for track in sorted(self._tracks.values(), key=lambda track: not track.is_video):
            held = self._video if track.is_video else self._audio
            samples = held.pop(number, [])
            if samples:
                following = held.get(number + 1) or []
                place = self._place_video if track.is_video else self._place_audio
                runs.append(place(track, number, samples, following))
        return number, write_segment(number + 1, runs)

    def _place_video(
        self, track: Track, number: int, samples: list[Sample], following: list[Sample]
    ) -> tuple[int, int, list[Placed]]:
        shown = sorted(sample.pts for sample in samples)
        if following:
            end = min(sample.pts for sample in following)
        elif number + 1 < len(self._plan) and self._current is not None and self._current > number:
            # A hole in the file: the last picture stands until what comes after.
            end = _ticks(track, self._plan.stop(number))
        else:
            last = max(samples, key=lambda sample: sample.pts)
            end = last.pts + max(last.duration, 1)
        ends = [*shown[1:], max(end, shown[-1] + 1)]
        base = _shift(track, shown[0])
        are_entries = self._entries(samples)
        placed = [
            Placed(stop - start, sample.pts - start, is_entry, _data(sample, is_entry))
            for sample, is_entry, start, stop in zip(samples, are_entries, shown, ends, strict=True)
        ]
        return track.id, base, placed

    def _entries(self, samples: list[Sample]) -> list[bool]:
        """Where a player may begin to decode: keyframes, but none within the segment that pictures follow which are
        shown before it, where decoders stumble over those."""
        entries, earliest = [], float("inf")
        for sample in reversed(samples):
            entries.append(sample.is_sync and (not self._drops_leading or earliest > sample.pts))
            earliest = min(earliest, sample.pts)
        return entries[::-1]

    def _place_audio(
        self, track: Track, number: int, samples: list[Sample], following: list[Sample]
    ) -> tuple[int, int, list[Placed]]:
        samples = sorted(samples, key=lambda sample: sample.pts)
        after = following[0].pts if following else samples[-1].pts + samples[-1].duration
        ends = [*(sample.pts for sample in samples[1:]), after]
        placed = [
            Placed(max(stop - sample.pts, 0), 0, True, sample.data) for sample, stop in zip(samples, ends, strict=True)
        ]
        return track.id, _shift(track, samples[0].pts), placed


def stand_in(plan: Plan, number: int, init: bytes, neighbour: bytes) -> bytes:
    """A segment for a part of the file that can't be read: the keyframe that `neighbour`, a segment, begins with stands
    for all of it, without sound. With neither picture nor neighbour it holds nothing."""
    boxes = dict(BoxReader().feed(init + neighbour))
    tracks = read_tracks(boxes[b"moov"])
    track = next((one for one in tracks.values() if one.is_video), next(iter(tracks.values())))
    samples = read_samples(boxes[b"moof"], boxes[b"mdat"]) if b"moof" in boxes else iter(())
    begin, end = (round(at * track.timescale) for at in (plan.starts[number], plan.stop(number)))
    still = next((one for track_id, one in samples if track_id == track.id and track.is_video and one.is_sync), None)
    placed = [Placed(max(end - begin, 1), 0, True, still.data)] if still is not None else []
    return write_segment(number + 1, [(track.id, begin, placed)])


def _data(sample: Sample, is_entry: bool) -> bytes:
    """Of a keyframe that is no place to begin, H.264 without its messages (SEI): Chromium takes a recovery point among
    them for such a place, whatever the container says."""
    if is_entry or not sample.is_sync:
        return sample.data
    units, at = [], 0
    while at + 5 <= len(sample.data):
        end = at + 4 + int.from_bytes(sample.data[at : at + 4], "big")
        if sample.data[at + 4] & 0x1F != _SEI:
            units.append(sample.data[at:end])
        at = end
    return b"".join(units) if at == len(sample.data) and units else sample.data


def _ticks(track: Track, seconds: float) -> int:
    """On FFmpeg's time line."""
    return round((seconds + OFFSET_SECONDS) * track.timescale)


def _shift(track: Track, pts: int) -> int:
    """On the player's."""
    return max(0, pts - OFFSET_SECONDS * track.timescale)
