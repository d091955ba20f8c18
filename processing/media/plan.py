"""Where a storyboard's pictures are taken: evenly spaced cues over the whole length."""

import math
from dataclasses import dataclass

from av.container import InputContainer
from av.error import FFmpegError
from av.video.stream import VideoStream

# Shorter steps show nothing new while scrubbing.
MIN_INTERVAL_SECONDS = 1.0
# Keyframes far apart make an automatic interval longer, so that no frame between them has to be decoded - but never
# so long that fewer tiles than this remain.
MIN_RELAXED_TILES = 16
SPACING_PROBES = 32
# The share of gaps between keyframes that fit into an automatic interval; single long ones are decoded through.
SPACING_PERCENTILE = 0.9
# Keeps the interval a hair above the spacing, so that rounding never leaves a cue without its keyframe.
SPACING_MARGIN = 1.001


@dataclass(frozen=True, slots=True)
class Cue:
    """The stretch of time one tile stands for, in seconds from the start as players show it."""

    start: float
    end: float

    @property
    def middle(self) -> float:
        """The time whose picture suits the cue best; no other in it is farther than half an interval away."""
        return (self.start + self.end) / 2


@dataclass(frozen=True, slots=True)
class Plan:
    """`count` tiles, `interval_seconds` apart; the last cue ends with the video."""

    duration_seconds: float
    interval_seconds: float
    count: int
    is_shortened: bool = False

    def cue(self, index: int) -> Cue:
        """The cue of tile `index`, counted from 0."""
        start = index * self.interval_seconds
        last = index == self.count - 1
        return Cue(start, self.duration_seconds if last else start + self.interval_seconds)


def make_plan(
    duration_seconds: float,
    *,
    interval_seconds: float | None,
    most_tiles: int,
    tile_limit: int,
    keyframe_spacing_seconds: float | None,
) -> Plan:
    """Choose interval and number of tiles; `duration_seconds` is positive.

    A wanted interval is kept unless it needs more than `tile_limit` tiles (then `is_shortened` is set). Without one
    there are at most `most_tiles`, at least a second apart, and no denser than keyframes where that leaves enough.
    """
    if interval_seconds is not None:
        interval = max(interval_seconds, duration_seconds / tile_limit)
        count = max(1, math.ceil(duration_seconds / interval - 1e-6))
        return Plan(duration_seconds, interval, count, is_shortened=interval > interval_seconds)
    relaxed = min((keyframe_spacing_seconds or 0.0) * SPACING_MARGIN, duration_seconds / MIN_RELAXED_TILES)
    interval = max(duration_seconds / min(most_tiles, tile_limit), MIN_INTERVAL_SECONDS, relaxed)
    count = max(1, math.floor(duration_seconds / interval + 1e-6))
    return Plan(duration_seconds, duration_seconds / count, count)


def keyframe_spacing(container: InputContainer, stream: VideoStream) -> float | None:
    """Seconds between keyframes that most gaps do not exceed, from the container's index; None where it has none.

    Seeks, which is when Matroska files load their index.
    """
    base = stream.time_base
    if base is None:
        return None
    try:
        container.seek(0)
    except FFmpegError:
        return None
    entries = stream.index_entries
    if len(entries) < 2:
        return None
    first, last = entries[0].timestamp, entries[len(entries) - 1].timestamp
    gaps = []
    for number in range(SPACING_PROBES):
        at = first + (last - first) * number // SPACING_PROBES
        before, after = entries.search_timestamp(at), entries.search_timestamp(at + 1, backward=False)
        if before < 0:
            continue
        following = entries[after].timestamp if after >= 0 else last
        gaps.append(following - entries[before].timestamp)
    if not gaps:
        return None
    gaps.sort()
    return float(gaps[int((len(gaps) - 1) * SPACING_PERCENTILE)] * base)
