"""Short clips without sound, decoded and encoded in this process: hover previews, and the clips of marks."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace
from av.video.stream import VideoStream
from numpy.typing import NDArray

from processing.media.containers import main_video, open_media
from processing.media.errors import NoPictureError
from processing.media.facts import MediaFacts
from processing.media.frames import NO_DURATION, NO_VIDEO, NOTHING_DECODES
from processing.media.orientation import orientation_of
from processing.media.outputs import OutputFiles
from processing.media.picture import PictureMaker, Shape
from processing.media.readers import ForwardReader

# More pictures a second than this only make the file larger.
MOST_FRAMES_PER_SECOND = 30
USUAL_FRAME_RATE = 25.0
# Up to this far ahead the decoder goes on; further, it jumps to the keyframe before the wanted time.
JUMP_SECONDS = 2.0
ENCODER_THREADS = 2
# ITU-T H.273: BT.709, which is what browsers take small videos for that say nothing.
BT709 = 1

# (start, end) in seconds.
Part = tuple[float, float]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class ClipOptions:
    """`longest_px` bounds the longest side, a clip is never larger than its video; `crf` is x264's, 18 to 40."""

    longest_px: int = 320
    crf: int = 27


@dataclass(frozen=True, slots=True)
class ClipFacts:
    """What was made: upright pixels, seconds and bytes."""

    width: int
    height: int
    seconds: float
    size_bytes: int


def centred_parts(duration_seconds: float, *, count: int, seconds: float) -> list[Part]:
    """`count` parts of `seconds`, each in the middle of one of as many equal slices; the whole video if that is
    shorter than all of them together."""
    if duration_seconds <= count * seconds:
        return [(0.0, duration_seconds)]
    width = duration_seconds / count
    middles = [(number + 0.5) * width for number in range(count)]
    return [(middle - seconds / 2, middle + seconds / 2) for middle in middles]


def make_clip(
    path: str,
    target: Path,
    *,
    facts: MediaFacts,
    parts: Sequence[Part],
    options: ClipOptions = ClipOptions(),
    progress: Progress | None = None,
) -> ClipFacts:
    """Write the parts of the video at `path`, one after the other, to `target`: H.264 in MP4 with its index in front.

    Upright, HDR tone-mapped, at most 30 pictures a second. `facts` come from `probe` of the same file.
    `progress(done, total)` counts pictures. The file appears whole or not at all. Raises NoPictureError where nothing
    decodes, UnreadableFileError and FileUnavailableError as `probe` does, OSError when the disk is full.
    """
    if facts.video_codec is None:
        raise NoPictureError(NO_VIDEO)
    if not facts.duration_seconds:
        raise NoPictureError(NO_DURATION)
    rate = Fraction(min(facts.frame_rate or USUAL_FRAME_RATE, MOST_FRAMES_PER_SECOND)).limit_denominator(1001)
    times = [list(_times(part, rate)) for part in parts]
    with OutputFiles() as files, open_media(path) as container:
        stream = main_video(container)
        if stream is None:
            raise NoPictureError(NO_VIDEO)
        encoder = _Encoder(files.add(target), rate, options.crf)
        with encoder:
            _copy(ForwardReader(container, stream), times, encoder, facts, options, progress)
    return ClipFacts(encoder.width, encoder.height, float(encoder.count / rate), target.stat().st_size)


def _times(part: Part, rate: Fraction) -> Iterator[float]:
    start, end = part
    for number in range(max(1, round((end - start) * rate))):
        yield start + float(number / rate)


def _copy(
    reader: ForwardReader,
    parts: list[list[float]],
    encoder: "_Encoder",
    facts: MediaFacts,
    options: ClipOptions,
    progress: Progress | None,
) -> None:
    total = sum(len(times) for times in parts)
    maker: PictureMaker | None = None
    size, shown, picture = (0, 0), None, None
    done, at = 0, 0.0
    for times in parts:
        for seconds in times:
            found = reader.frame_at(seconds, seconds if seconds - at > JUMP_SECONDS else None)
            done += 1
            if found is None:
                continue
            at = max(at, found[0])
            frame = found[1]
            if maker is None:
                orientation = orientation_of(frame, facts.rotation)
                maker = PictureMaker(orientation, facts.color_transfer)
                size = Shape.of(frame, orientation, facts.display_aspect_ratio).limited(options.longest_px)
            # Of a slow video one picture is shown several times.
            if frame is not shown or picture is None:
                shown, picture = frame, maker.make(frame, *size)
            encoder.write(picture)
            if progress is not None:
                progress(done, total)
    if not encoder.count:
        raise NoPictureError(NOTHING_DECODES)


class _Encoder:
    """An MP4 file being written; pictures are (h, w, 3) uint8 RGB, all of one size."""

    def __init__(self, path: Path, rate: Fraction, crf: int) -> None:
        self._container = av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"})
        self._stream: VideoStream | None = None
        self._rate = rate
        self._crf = crf
        self.count = 0
        self.width = 0
        self.height = 0

    def __enter__(self) -> "_Encoder":
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        try:
            if kind is None and self._stream is not None:
                self._container.mux(self._stream.encode(None))
        finally:
            self._container.close()

    def write(self, picture: NDArray[np.uint8]) -> None:
        """The next picture."""
        if self._stream is None:
            self.height, self.width = picture.shape[:2]
            self._stream = self._begin()
        frame = VideoFrame.from_ndarray(picture, "rgb24").reformat(
            format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG
        )
        frame.pts = self.count
        frame.time_base = 1 / self._rate
        self.count += 1
        self._container.mux(self._stream.encode(frame))

    def _begin(self) -> VideoStream:
        stream = self._container.add_stream("libx264", rate=self._rate)
        stream.width, stream.height, stream.pix_fmt = self.width, self.height, "yuv420p"
        context = stream.codec_context
        context.options = {"preset": "veryfast", "crf": str(self._crf)}
        context.thread_count = ENCODER_THREADS
        context.color_primaries = context.color_trc = context.colorspace = BT709
        context.color_range = ColorRange.MPEG
        return stream
