"""What a conversion makes: codec, size, quality, bit rate. The nine built-in presets are those of "Video streaming"."""

from dataclasses import dataclass
from enum import StrEnum


class Codec(StrEnum):
    """What the pictures are encoded as; FFmpeg's names."""

    H264 = "h264"
    HEVC = "hevc"
    AV1 = "av1"


class Container(StrEnum):
    """What holds the streams: the name of FFmpeg's muxer."""

    MATROSKA = "matroska"
    MP4 = "mp4"

    @property
    def extension(self) -> str:
        """With its dot."""
        return {"matroska": ".mkv", "mp4": ".mp4"}[self.value]


class AudioMode(StrEnum):
    """What happens to sound. A track that the container can't hold is encoded in any case."""

    COPY = "copy"
    AAC = "aac"
    OPUS = "opus"


class HdrMode(StrEnum):
    """What happens to HDR pictures. H.264 is always mapped to SDR: hardly a player shows it otherwise."""

    KEEP = "keep"
    TONE_MAP = "tone_map"


class Effort(StrEnum):
    """How long the encoder may think: more makes smaller files of the same quality."""

    FAST = "fast"
    MEDIUM = "medium"
    SLOW = "slow"


# The largest quantizer of each codec, on the scale that presets use.
MOST_QP = {Codec.H264: 51, Codec.HEVC: 51, Codec.AV1: 63}
LEAST_QP = 4
# Software encoders of a preset's quality count three steps finer ("crf = qp - 3").
CRF_BELOW_QP = 3
# A preset's bit rate is never more than this share of the source's.
_OF_SOURCE = 1.1
_MAX_OF_TARGET = 1.2
_BUFFER_OF_MAX = 2.0
# Most bit/s by the width of the output (its longer side): of the first width that isn't smaller.
_CAP_WIDTHS = (854, 1280, 1920, 2560, 3840)
_CAPS_MBIT = {
    Codec.AV1: (3, 4, 6, 15, 25),
    Codec.HEVC: (4, 8, 15, 20, 35),
    Codec.H264: (5, 10, 20, 30, 50),
}
_LEAST_BIT_RATE = 100_000


@dataclass(frozen=True, slots=True)
class EncodeSettings:
    """A preset as the encoder takes it. `target_width` is of the longer side in pixels, None keeps the size; `qp` is on
    the codec's own scale; `max_bit_rate` is in bit/s, None for no cap of its own."""

    codec: Codec
    target_width: int | None
    qp: int
    max_bit_rate: int | None = None
    container: Container = Container.MATROSKA
    audio: AudioMode = AudioMode.COPY
    hdr: HdrMode = HdrMode.KEEP
    effort: Effort = Effort.MEDIUM

    @property
    def crf(self) -> int:
        """The quality of a software encoder."""
        return max(1, self.qp - CRF_BELOW_QP)


@dataclass(frozen=True, slots=True)
class BitRates:
    """bit/s; `buffer` in bits."""

    target: int
    most: int
    buffer: int


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """A preset that comes along: its key in the database, its name on the pages."""

    key: str
    name: str
    settings: EncodeSettings


def _built_in(size: str, width: int | None, short: str, codec: Codec, qp: int, cap_mbit: int | None) -> BuiltIn:
    title = {"h264": "H.264", "h265": "HEVC", "av1": "AV1"}[short]
    cap = None if cap_mbit is None else cap_mbit * 1_000_000
    name = f"{'Original size' if width is None else size}, {title}"
    return BuiltIn(f"{size}_{short}", name, EncodeSettings(codec, width, qp, cap))


BUILT_IN = (
    _built_in("1080p", 1920, "h264", Codec.H264, 26, 20),
    _built_in("1080p", 1920, "h265", Codec.HEVC, 28, 15),
    _built_in("1080p", 1920, "av1", Codec.AV1, 38, 6),
    _built_in("720p", 1280, "h264", Codec.H264, 26, 10),
    _built_in("720p", 1280, "h265", Codec.HEVC, 28, 8),
    _built_in("720p", 1280, "av1", Codec.AV1, 35, 4),
    _built_in("original", None, "h264", Codec.H264, 26, None),
    _built_in("original", None, "h265", Codec.HEVC, 28, None),
    _built_in("original", None, "av1", Codec.AV1, 35, None),
)


def width_cap(codec: Codec, longer_side_px: int) -> int:
    """Most bit/s of an output of that size."""
    for width, mbit in zip(_CAP_WIDTHS, _CAPS_MBIT[codec], strict=True):
        if longer_side_px <= width:
            return mbit * 1_000_000
    return _CAPS_MBIT[codec][-1] * 1_000_000


def bit_rates(settings: EncodeSettings, *, longer_side_px: int, source_bit_rate: int | None) -> BitRates:
    """The rates of an output of that size: the lowest of the preset's cap, the width's and 1.1 times the source's."""
    cap = min(settings.max_bit_rate or 10**12, width_cap(settings.codec, longer_side_px))
    if source_bit_rate:
        cap = min(cap, round(_OF_SOURCE * source_bit_rate))
    target = max(cap, _LEAST_BIT_RATE)
    most = round(_MAX_OF_TARGET * target)
    return BitRates(target, most, round(_BUFFER_OF_MAX * most))
