"""What happens to the pictures between decoder and encoder: size, upright, fields, colours."""

from dataclasses import dataclass
from fractions import Fraction

from processing.media.colors import HLG, PQ
from processing.media.encode.catalogue import Encoder, Family, pixel_format, scale_filter, upload_filter
from processing.media.encode.presets import Codec, EncodeSettings, HdrMode
from processing.media.facts import MediaFacts, StreamFacts

# A source lower than this is never made smaller ("Video streaming").
_LEAST_HEIGHT = 720
# SDR white of BT.2408 in cd/m2, which the tone mapping takes for 1.0.
_REFERENCE_WHITE = 203


@dataclass(frozen=True, slots=True)
class Target:
    """The output's picture, upright and in whole even pixels. `text` is how "Video streaming" writes it."""

    width: int
    height: int
    is_scaled: bool
    text: str

    @property
    def longer_side(self) -> int:
        """Pixels."""
        return max(self.width, self.height)


def main_picture(facts: MediaFacts) -> StreamFacts | None:
    """The stream that is converted: never a cover; the default one before others, then the largest."""
    moving = [s for s in facts.streams if s.kind == "video" and not s.is_attached_picture]
    return max(moving, key=lambda s: (s.is_default, (s.width or 0) * (s.height or 0), -s.index), default=None)


def target_size(facts: MediaFacts, settings: EncodeSettings) -> Target:
    """How large the output is. Made smaller only where both the target is smaller than the source and the source is not
    small already; then pixels become square. The facts have a picture."""
    width, height = facts.width or 2, facts.height or 2
    shown_width = round(width * _sample_aspect(facts))
    longer, shorter = max(shown_width, height), min(shown_width, height)
    wanted = settings.target_width
    if wanted is None or shorter < _LEAST_HEIGHT or longer <= wanted:
        return Target(_even(width), _even(height), is_scaled=False, text="original")
    # Width and height change places for a portrait.
    if shown_width >= height:
        return Target(wanted, _even(height * wanted / shown_width), is_scaled=True, text=f"{wanted}x-2")
    return Target(_even(shown_width * wanted / height), wanted, is_scaled=True, text=f"-2x{wanted}")


def target_within(facts: MediaFacts, shorter_px: int | None) -> Target:
    """How large a picture is whose shorter side is to have at most so many pixels; None keeps the size. Then pixels
    become square."""
    width, height = facts.width or 2, facts.height or 2
    shown_width = round(width * _sample_aspect(facts))
    shorter = min(shown_width, height)
    if shorter_px is None or shorter <= shorter_px:
        return Target(_even(width), _even(height), is_scaled=False, text="original")
    share = shorter_px / shorter
    scaled = (_even(shown_width * share), _even(height * share))
    return Target(*scaled, is_scaled=True, text=f"{scaled[0]}x{scaled[1]}")


def _even(pixels: float) -> int:
    return max(2, round(pixels / 2) * 2)


def _sample_aspect(facts: MediaFacts) -> Fraction:
    """Width of one pixel by its height, after turning; 1 where the file says nonsense."""
    stream = main_picture(facts)
    stated = (stream.sample_aspect_ratio if stream else None) or "1:1"
    try:
        ratio = Fraction(stated.replace(":", "/"))
    except (ValueError, ZeroDivisionError):
        return Fraction(1)
    if ratio <= 0:
        return Fraction(1)
    return 1 / ratio if facts.rotation % 180 else ratio


@dataclass(frozen=True, slots=True)
class Colors:
    """What becomes of the colours. The names are FFmpeg's, empty where the source doesn't say."""

    is_ten_bit: bool
    is_tone_mapped: bool
    primaries: str
    transfer: str
    space: str
    range: str

    @property
    def is_hdr(self) -> bool:
        """Of the output."""
        return self.transfer in (PQ, HLG)

    def arguments(self) -> list[str]:
        """Output arguments that write the names into the stream."""
        named = {
            "-color_primaries": self.primaries,
            "-color_trc": self.transfer,
            "-colorspace": self.space,
            "-color_range": self.range,
        }
        return [word for option, name in named.items() if name for word in (f"{option}:v:0", name)]


def colors_of(facts: MediaFacts, settings: EncodeSettings) -> Colors:
    """HDR stays in 10 bits with its names, or becomes SDR in 8 bits; SDR keeps its depth, in H.264 8 bits."""
    stream = main_picture(facts)
    is_hdr = facts.is_hdr and facts.color_transfer in (PQ, HLG)
    if is_hdr and (settings.hdr is HdrMode.TONE_MAP or settings.codec is Codec.H264):
        return Colors(False, True, "bt709", "bt709", "bt709", "tv")
    is_ten_bit = (is_hdr or (facts.bit_depth or 8) > 8) and settings.codec is not Codec.H264
    space = facts.color_space or ""
    return Colors(
        is_ten_bit,
        False,
        facts.color_primaries or ("bt2020" if is_hdr else ""),
        facts.color_transfer or "",
        # Pictures of RGB become YUV.
        "bt709" if space == "gbr" else space or ("bt2020nc" if is_hdr else ""),
        (stream.color_range if stream else None) or "",
    )


def can_stay_on_card(facts: MediaFacts, colors: Colors, *, is_interlaced: bool) -> bool:
    """Whether nothing has to be done to the pictures that only software filters do."""
    return not (facts.rotation or is_interlaced or colors.is_tone_mapped or _sample_aspect(facts) != 1)


def filters_in_memory(
    encoder: Encoder, target: Target, colors: Colors, facts: MediaFacts, *, is_interlaced: bool
) -> str:
    """The filter chain for pictures in memory. FFmpeg turns them upright before it."""
    chain = ["bwdif=mode=send_frame:parity=auto:deint=interlaced"] if is_interlaced else []
    if colors.is_tone_mapped:
        # Scaled first: tone mapping works in 32-bit floats and costs by the pixel.
        chain += [_scale(target), *_tone_map(facts)]
    elif target.is_scaled or (target.width, target.height) != (facts.width, facts.height):
        chain.append(_scale(target))
    if target.is_scaled:
        chain.append("setsar=1")
    if colors.is_hdr:
        # The encoder writes into the stream what the frames say, not what its options say.
        chain.append(f"setparams=color_primaries={colors.primaries}:color_trc={colors.transfer}")
    chain.append(f"format={pixel_format(encoder, is_ten_bit=colors.is_ten_bit)}")
    return ",".join(filter(None, [*chain, upload_filter(encoder)]))


def filters_on_card(encoder: Encoder, target: Target, colors: Colors) -> str:
    """The filter chain for pictures that a hardware decoder left on the card."""
    pixels = "p010" if colors.is_ten_bit else "nv12"
    if encoder.family is Family.NVENC and colors.is_ten_bit:
        pixels = "p010le"
    return scale_filter(encoder.family, target.width, target.height, pixels)


def _scale(target: Target) -> str:
    return f"scale=w={target.width}:h={target.height}:flags=lanczos"


def _tone_map(facts: MediaFacts) -> list[str]:
    # What the file says stands in for what single frames may lack.
    stream = main_picture(facts)
    source = (
        f"tin={facts.color_transfer}:pin={facts.color_primaries or 'bt2020'}"
        f":min={_zscale_matrix(facts.color_space)}:rin={(stream.color_range if stream else None) or 'tv'}"
    )
    return [
        f"zscale=t=linear:npl={_REFERENCE_WHITE}:{source}",
        "format=gbrpf32le",
        "zscale=p=bt709",
        "tonemap=tonemap=hable:desat=0",
        "zscale=t=bt709:m=bt709:r=tv",
        # How bright the HDR was mastered would be a lie now.
        "sidedata=mode=delete:type=MASTERING_DISPLAY_METADATA",
        "sidedata=mode=delete:type=CONTENT_LIGHT_LEVEL",
    ]


def _zscale_matrix(space: str | None) -> str:
    """zscale's names for matrices."""
    return {"bt2020c": "bt2020c", "bt709": "bt709"}.get(space or "", "bt2020nc")
