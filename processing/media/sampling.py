"""One picture for every cue of a plan, in order, each decoded once."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from processing.media.containers import main_video, open_media
from processing.media.packets import PacketForm
from processing.media.plan import Plan
from processing.media.readers import ForwardReader, KeyframeReader

# A stream may end this much before its stated end without being called damaged: muxers round.
END_TOLERANCE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Sample:
    """The picture for cue `index`, shown at `seconds`; `frame` is None where nothing decodes for that cue."""

    index: int
    seconds: float
    frame: VideoFrame | None


@dataclass(slots=True)
class SamplingRecord:
    """What happened on the way; complete once the samples are all taken.

    `keyframes` are those that were decoded: (seconds, unsigned xxh3-64 of the packet), in the order they were read.
    """

    keyframe_spacing_seconds: float | None = None
    decoded_keyframes: int = 0
    decoded_forward: int = 0
    damaged_from_seconds: float | None = None
    ended_at_seconds: float | None = None
    keyframes: list[tuple[float, int]] = field(default_factory=list)

    def merge(self, later: "SamplingRecord") -> None:
        """Adds what happened in a later part of the same file."""
        self.decoded_keyframes += later.decoded_keyframes
        self.decoded_forward += later.decoded_forward
        self.damaged_from_seconds = _earliest(self.damaged_from_seconds, later.damaged_from_seconds)
        self.ended_at_seconds = _earliest(self.ended_at_seconds, later.ended_at_seconds)
        self.keyframes += later.keyframes


def _earliest(one: float | None, other: float | None) -> float | None:
    return other if one is None else one if other is None else min(one, other)


class Sampler:
    """Takes the samples of one file. The caller owns `container`; a second one is opened when frames between
    keyframes are needed, because a decoder cannot change its threading once it runs."""

    def __init__(self, path: str, container: InputContainer, stream: VideoStream, plan: Plan) -> None:
        self.record = SamplingRecord()
        self.end = plan.count
        self._path = path
        self._plan = plan
        self._keyframes = KeyframeReader(container, stream)
        self._form = PacketForm.of(stream)
        self._forward: ForwardReader | None = None
        self._stated_end = float(stream.duration * stream.time_base) if stream.duration and stream.time_base else None

    def samples(self, start: int = 0) -> Iterator[Sample]:
        """One sample per cue from `start` to before `end`, in order. Each frame should be dropped before many more are
        taken: they are large. `end` may be lowered on the way."""
        with ExitStack() as stack:
            for index in range(start, self._plan.count):
                if index >= self.end:
                    return
                yield self._take(index, stack)

    def _take(self, index: int, stack: ExitStack) -> Sample:
        cue = self._plan.cue(index)
        packet = self._keyframes.find(cue)
        key_seconds = self._keyframes.last_seen_seconds
        if packet is not None:
            key_seconds = self._keyframes.timeline.seconds(packet) or 0.0
            frame = self._keyframes.decode(packet)
            if frame is not None:
                self.record.decoded_keyframes += 1
                self.record.keyframes.append((key_seconds, self._form.hash64(packet)))
                return Sample(index, key_seconds, frame)
            if self._keyframes.has_failed:
                self._note_damage(cue.start)
        forward = self._forward_reader(stack)
        errors_before = forward.error_count
        found = forward.frame_at(cue.middle, None if key_seconds is None else min(key_seconds, cue.middle))
        if found is None or forward.error_count > errors_before:
            self._note_damage(cue.start)
        if found is None:
            return Sample(index, cue.middle, None)
        at, frame = found
        if forward.has_ended and at < cue.start:
            self._note_end(at)
            return Sample(index, cue.middle, None)
        self.record.decoded_forward += 1
        return Sample(index, at, frame)

    def _forward_reader(self, stack: ExitStack) -> ForwardReader:
        if self._forward is None:
            container = stack.enter_context(open_media(self._path))
            stream = main_video(container)
            if stream is None:
                raise ValueError("the file changed while it was read")
            self._forward = ForwardReader(container, stream)
        return self._forward

    def _note_damage(self, seconds: float) -> None:
        known = self.record.damaged_from_seconds
        self.record.damaged_from_seconds = seconds if known is None else min(known, seconds)

    def _note_end(self, last_seconds: float) -> None:
        """Tell a track that simply ends before the others from one that breaks off before its stated end."""
        if self._stated_end is None:
            self.record.ended_at_seconds = last_seconds
        elif last_seconds < self._stated_end - END_TOLERANCE_SECONDS:
            self._note_damage(last_seconds)
