"""The encoders and decoders that Videothek knows to use, and the arguments that each one takes.

Hardware: NVENC (NVIDIA), QSV (Intel), VA-API (Intel and AMD on Linux), AMF (AMD). That FFmpeg lists an encoder says
nothing about the machine; `proving` tries each one.
"""

from dataclasses import dataclass
from enum import StrEnum

from processing.media.encode.presets import BitRates, Codec, Effort, EncodeSettings


class Family(StrEnum):
    """Who encodes."""

    NVENC = "nvenc"
    QSV = "qsv"
    VAAPI = "vaapi"
    AMF = "amf"
    PLUGIN = "plugin"
    SOFTWARE = "software"


FAMILY_TITLES = {
    Family.NVENC: "NVIDIA NVENC",
    Family.QSV: "Intel Quick Sync",
    Family.VAAPI: "VA-API",
    Family.AMF: "AMD AMF",
    Family.PLUGIN: "A plugin's",
    Family.SOFTWARE: "Software",
}
# Tried in this order: NVENC and Quick Sync speak to their drivers directly, VA-API is the common denominator.
HARDWARE = (Family.NVENC, Family.QSV, Family.VAAPI, Family.AMF)
_SOFTWARE_NAMES = {Codec.H264: "libx264", Codec.HEVC: "libx265", Codec.AV1: "libsvtav1"}
RENDER_NODE = "/dev/dri/renderD128"


@dataclass(frozen=True, slots=True)
class Encoder:
    """An encoder of FFmpeg's. `arguments` are those of a plugin's, which nothing here knows how to ask for quality."""

    name: str
    codec: Codec
    family: Family
    arguments: tuple[str, ...] = ()

    @property
    def has_ten_bit(self) -> bool:
        """Whether it may do 10 bits; H.264 in 10 bits hardly plays anywhere, so nothing asks for it."""
        return self.codec is not Codec.H264


@dataclass(frozen=True, slots=True)
class Decoder:
    """A hardware decoder for one codec."""

    codec: Codec
    family: Family

    @property
    def name(self) -> str:
        """Its name in the ledger of what was proven."""
        return f"{self.codec}_{HWACCELS[self.family]}"


# FFmpeg's `-hwaccel`. AMF has none of its own on Linux.
HWACCELS = {Family.NVENC: "cuda", Family.QSV: "qsv", Family.VAAPI: "vaapi"}
ENCODERS = (
    *(Encoder(f"{codec}_{family}", codec, family) for family in HARDWARE for codec in Codec),
    *(Encoder(name, codec, Family.SOFTWARE) for codec, name in _SOFTWARE_NAMES.items()),
)
DECODERS = tuple(Decoder(codec, family) for family in HWACCELS for codec in Codec)
BY_NAME = {encoder.name: encoder for encoder in ENCODERS}


def software_encoder(codec: Codec) -> Encoder:
    """The encoder that needs no hardware."""
    return BY_NAME[_SOFTWARE_NAMES[codec]]


def device_arguments(family: Family, *, render_node: str = RENDER_NODE) -> list[str]:
    """Global arguments that open the hardware under the name `hw`, for filters and encoder; none for software and AMF,
    whose encoder opens it itself."""
    match family:
        case Family.NVENC:
            return ["-init_hw_device", "cuda=hw", "-filter_hw_device", "hw"]
        case Family.QSV:
            # By way of VA-API: the direct way takes the first card, whoever made it.
            child = ["-init_hw_device", f"vaapi=va:{render_node}"]
            return [*child, "-init_hw_device", "qsv=hw@va", "-filter_hw_device", "hw"]
        case Family.VAAPI:
            return ["-init_hw_device", f"vaapi=hw:{render_node}", "-filter_hw_device", "hw"]
        case _:
            return []


def decode_arguments(family: Family, *, keeps_on_card: bool) -> list[str]:
    """Input arguments for decoding in hardware. With `keeps_on_card` the pictures stay there, for hardware filters;
    otherwise FFmpeg copies each into memory."""
    accel = HWACCELS[family]
    stay = ["-hwaccel_output_format", accel] if keeps_on_card else []
    return ["-hwaccel", accel, "-hwaccel_device", "hw", *stay, "-extra_hw_frames", "8"]


def pixel_format(encoder: Encoder, *, is_ten_bit: bool) -> str:
    """What the encoder takes from memory, or has on the card."""
    if encoder.family in (Family.SOFTWARE, Family.PLUGIN):
        return "yuv420p10le" if is_ten_bit else "yuv420p"
    return "p010le" if is_ten_bit else "nv12"


def upload_filter(encoder: Encoder) -> str:
    """What brings a picture from memory onto the card; empty where the encoder does it."""
    if encoder.family is Family.VAAPI:
        return "hwupload"
    return "hwupload=extra_hw_frames=64" if encoder.family is Family.QSV else ""


def scale_filter(family: Family, width: int, height: int, pixels: str) -> str:
    """Scales on the card and sets the pixel format there."""
    name = {Family.NVENC: "scale_cuda", Family.QSV: "vpp_qsv", Family.VAAPI: "scale_vaapi"}[family]
    return f"{name}=w={width}:h={height}:format={pixels}"


def encoder_arguments(encoder: Encoder, settings: EncodeSettings, rates: BitRates, *, is_ten_bit: bool) -> list[str]:
    """`-c:v:0` and everything about quality, without the pixel format."""
    makers = {
        Family.NVENC: _nvenc,
        Family.QSV: _qsv,
        Family.VAAPI: _vaapi,
        Family.AMF: _amf,
        Family.PLUGIN: _plugin,
        Family.SOFTWARE: _software,
    }
    return ["-c:v:0", encoder.name, *makers[encoder.family](encoder, settings, rates, is_ten_bit)]


def _limits(rates: BitRates) -> list[str]:
    return ["-maxrate:v:0", str(rates.most), "-bufsize:v:0", str(rates.buffer)]


def _target(rates: BitRates) -> list[str]:
    return ["-b:v:0", str(rates.target), *_limits(rates)]


def _profile(encoder: Encoder, is_ten_bit: bool) -> list[str]:
    if encoder.codec is Codec.HEVC:
        return ["-profile:v:0", "main10" if is_ten_bit else "main"]
    return ["-profile:v:0", "high"] if encoder.codec is Codec.H264 else []


def _nvenc(encoder: Encoder, settings: EncodeSettings, rates: BitRates, is_ten_bit: bool) -> list[str]:
    speed = {Effort.FAST: "p3", Effort.MEDIUM: "p5", Effort.SLOW: "p7"}[settings.effort]
    quality = ["-preset", speed, "-tune", "hq", "-rc", "vbr", "-cq", str(settings.qp), "-spatial-aq", "1"]
    return [*quality, *_profile(encoder, is_ten_bit), *_target(rates)]


def _qsv(encoder: Encoder, settings: EncodeSettings, rates: BitRates, is_ten_bit: bool) -> list[str]:
    speed = {Effort.FAST: "veryfast", Effort.MEDIUM: "medium", Effort.SLOW: "veryslow"}[settings.effort]
    # A quality and a highest rate together are its mode QVBR; the quality ends at 51 for AV1 too.
    quality = ["-preset", speed, "-global_quality:v:0", str(min(settings.qp, 51))]
    return [*quality, *_profile(encoder, is_ten_bit), *_target(rates)]


def _vaapi(encoder: Encoder, settings: EncodeSettings, rates: BitRates, is_ten_bit: bool) -> list[str]:
    # Automatic: quality-defined where the driver can, else variable rate, else constant quantizer. The index of AV1
    # runs to 255, the presets' scale to 63.
    quality = settings.qp * 4 if encoder.codec is Codec.AV1 else settings.qp
    mode = ["-rc_mode", "auto", "-global_quality:v:0", str(quality)]
    return [*mode, *_profile(encoder, is_ten_bit), *_target(rates)]


def _amf(encoder: Encoder, settings: EncodeSettings, rates: BitRates, is_ten_bit: bool) -> list[str]:
    speed = {Effort.FAST: "speed", Effort.MEDIUM: "balanced", Effort.SLOW: "quality"}[settings.effort]
    quality = ["-quality", speed, "-rc", "qvbr", "-qvbr_quality_level", str(min(settings.qp, 51))]
    depth = ["-bitdepth", "10"] if is_ten_bit and encoder.codec is not Codec.H264 else []
    return [*quality, *depth, *_profile(encoder, is_ten_bit), *_target(rates)]


def _plugin(encoder: Encoder, settings: EncodeSettings, rates: BitRates, is_ten_bit: bool) -> list[str]:
    # Without arguments of its own, the bit rate is all that every encoder understands.
    return [*encoder.arguments, *(_limits(rates) if encoder.arguments else _target(rates))]


def _software(encoder: Encoder, settings: EncodeSettings, rates: BitRates, is_ten_bit: bool) -> list[str]:
    quality = ["-crf", str(settings.crf), *_limits(rates)]
    if encoder.name == "libsvtav1":
        speed = {Effort.FAST: "9", Effort.MEDIUM: "6", Effort.SLOW: "4"}[settings.effort]
        return ["-preset", speed, *quality]
    speed = {Effort.FAST: "veryfast", Effort.MEDIUM: "medium", Effort.SLOW: "slow"}[settings.effort]
    own = ["-x265-params", "log-level=error"] if encoder.name == "libx265" else []
    return ["-preset", speed, *quality, *_profile(encoder, is_ten_bit), *own]
