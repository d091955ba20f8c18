"""Where a stream is cut into segments, known before anything of it is made."""

import itertools
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from processing.media.stream.errors import FewKeyframesError, NoSegmentsError

# A copied segment ends at the first keyframe after so many seconds.
COPY_SECONDS = 5.5
# Shorter where pictures are encoded: a segment is sent when it is whole, so this is what a viewer waits for.
ENCODE_SECONDS = 3.0
# What is held in memory while it is cut.
LONGEST_SECONDS = 120.0
MOST_FRAME_RATE = 60
# Sound and pictures that end a little after the last cut don't get a segment of their own.
_LEAST_TAIL_SECONDS = 0.5
_FEW_KEYFRAMES = (
    "The pictures of this file can't be taken over as they are: it has too few keyframes. Choose another quality."
)


@dataclass(frozen=True, slots=True)
class Index:
    """What is known of a file before it is streamed. Seconds; `origin` is the file's own time of its beginning, all
    else counts from there. `keys` are times at which keyframes are shown, `leads` for each of them how far before it
    pictures are shown that come after it in the file (open groups of pictures). `video_end` and `end` are None where
    nothing says."""

    origin: float
    end: float | None
    video_end: float | None
    keys: tuple[float, ...] = ()
    leads: tuple[float, ...] = ()
    is_interlaced: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """The segments of one rendition. Segment N holds what is shown from `starts[N]` to the next start (the last one to
    `end`), and its pictures begin with the keyframe shown at `keys[N]`, give or take `tolerance`."""

    origin: float
    starts: tuple[float, ...]
    keys: tuple[float, ...]
    end: float
    tolerance: float
    is_interlaced: bool = False
    # Only where pictures are encoded: frames per second, and frames in a segment.
    frame_rate: Fraction | None = None
    frames: int = 0

    def __len__(self) -> int:
        return len(self.starts)

    def stop(self, number: int) -> float:
        """Where a segment ends, in seconds."""
        return self.starts[number + 1] if number + 1 < len(self.starts) else self.end

    def of_key(self, seconds: float) -> int:
        """The segment that a keyframe belongs to; -1 before the first."""
        return bisect_right(self.keys, seconds + self.tolerance) - 1

    def of_sound(self, seconds: float) -> int:
        """The segment that a frame of sound belongs to; -1 before the beginning.

        In whole milliseconds: where a file tells times in those, FFmpeg moves sound within them from run to run.
        """
        return bisect_right(self.starts, round(seconds * 1000) / 1000, key=lambda start: round(start * 1000) / 1000) - 1

    def playlist(self) -> str:
        """The media playlist, with the names of the parts beside it."""
        durations = [self.stop(number) - start for number, start in enumerate(self.starts)]
        lines = [
            "#EXTM3U",
            "#EXT-X-VERSION:7",
            f"#EXT-X-TARGETDURATION:{max(1, *(int(seconds + 0.999) for seconds in durations))}",
            "#EXT-X-MEDIA-SEQUENCE:0",
            "#EXT-X-PLAYLIST-TYPE:VOD",
            "#EXT-X-INDEPENDENT-SEGMENTS",
            '#EXT-X-MAP:URI="init.mp4"',
        ]
        for number, seconds in enumerate(durations):
            lines += [f"#EXTINF:{seconds:.6f},", f"{number}.m4s"]
        return "\n".join([*lines, "#EXT-X-ENDLIST", ""])


def plan_copied(index: Index, *, duration_seconds: float | None = None) -> Plan:
    """Segments that begin at the source's keyframes. `duration_seconds` counts where the file says nothing.

    Raises FewKeyframesError.
    """
    end = index.end or duration_seconds
    if not index.keys or not end:
        raise FewKeyframesError(_FEW_KEYFRAMES)
    keys = cuts(index.keys, end)
    leads = dict(zip(index.keys, index.leads, strict=False))
    video_end = min(index.video_end or end, end)
    if len(keys) > 1 and video_end - keys[-1] < _LEAST_TAIL_SECONDS:
        keys.pop()
    starts = [0.0, *(key - leads.get(key, 0.0) for key in keys[1:])]
    # Sound that goes on after the pictures: segments without pictures.
    while end - max(starts[-1], video_end) > 2 * COPY_SECONDS:
        starts.append(max(starts[-1], video_end) + (COPY_SECONDS if starts[-1] >= video_end else 0.0))
    keys += [float("inf")] * (len(starts) - len(keys))
    plan = Plan(index.origin, tuple(starts), tuple(keys), end, _copy_tolerance(index.keys), index.is_interlaced)
    if max(plan.stop(number) - start for number, start in enumerate(plan.starts)) > LONGEST_SECONDS:
        raise FewKeyframesError(_FEW_KEYFRAMES)
    return plan


def cuts(keys: Sequence[float], end: float) -> list[float]:
    """Those of the keyframes at which copied pictures are parted."""
    chosen = list(keys[:1])
    for key in keys[1:]:
        if key - chosen[-1] >= COPY_SECONDS and key < end:
            chosen.append(key)
    return chosen


def _copy_tolerance(keys: Sequence[float]) -> float:
    """Less than half the way between keyframes: indexes are right to a frame or so."""
    closest = min((later - key for key, later in itertools.pairwise(keys)), default=1.0)
    return max(0.002, min(0.1, closest / 2.5))


def plan_encoded(index: Index, *, frame_rate: float | None, duration_seconds: float | None = None) -> Plan:
    """Segments of equally many frames. Raises NoSegmentsError where the length isn't known."""
    end = index.end or duration_seconds
    if not end:
        raise NoSegmentsError("It isn't known how long this file is, so it can't be streamed. Play the file itself.")
    rate = min(Fraction(round((frame_rate or 25.0) * 1001), 1001), Fraction(MOST_FRAME_RATE))
    rate = max(rate, Fraction(1))
    frames = max(1, round(ENCODE_SECONDS * rate))
    length = frames / rate
    starts = [0.0]
    while end - float(len(starts) * length) >= _LEAST_TAIL_SECONDS:
        starts.append(float(len(starts) * length))
    tolerance = float(1 / rate) / 2
    return Plan(
        index.origin, tuple(starts), tuple(starts), end, tolerance, index.is_interlaced, frame_rate=rate, frames=frames
    )


def plan_sound(index: Index, *, duration_seconds: float | None = None) -> Plan:
    """Segments of a stream without pictures. Raises NoSegmentsError."""
    end = index.end or duration_seconds
    if not end:
        raise NoSegmentsError("It isn't known how long this file is, so it can't be streamed. Play the file itself.")
    count = max(1, int(end / COPY_SECONDS))
    starts = tuple(number * COPY_SECONDS for number in range(count))
    return Plan(index.origin, starts, starts, end, 0.002)
