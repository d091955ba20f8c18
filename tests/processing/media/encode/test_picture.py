"""Sizes and colours of the output, computed from facts."""

from dataclasses import replace

import pytest

from processing.media.encode.picture import colors_of, target_size
from processing.media.encode.presets import Codec, EncodeSettings, HdrMode
from processing.media.facts import MediaFacts, StreamFacts


def facts(width: int, height: int, *, rotation: int = 0, aspect: str | None = None, **more: object) -> MediaFacts:
    """As the probe gives them: the facts' size is upright, the stream's is as stored."""
    stored = (height, width) if rotation % 180 else (width, height)
    stream = StreamFacts(0, "video", "h264", width=stored[0], height=stored[1], sample_aspect_ratio=aspect)
    return replace(
        MediaFacts("mp4", width=width, height=height, rotation=rotation, streams=(stream,)),
        **more,
    )


def to(width: int | None, codec: Codec = Codec.H264, **more: object) -> EncodeSettings:
    return EncodeSettings(codec, width, 26, **more)


@pytest.mark.parametrize(
    ("source", "width", "expected", "text"),
    [
        ((3840, 2160), 1920, (1920, 1080), "1920x-2"),
        ((3840, 1608), 1920, (1920, 804), "1920x-2"),
        ((2160, 3840), 1920, (1080, 1920), "-2x1920"),
        ((1920, 1080), 1920, (1920, 1080), "original"),
        ((1280, 720), 1920, (1280, 720), "original"),
        # Lower than 720 is left as it is, however wide.
        ((2000, 700), 1280, (2000, 700), "original"),
        ((3840, 2160), None, (3840, 2160), "original"),
        # Encoders want even numbers.
        ((853, 481), None, (852, 480), "original"),
        ((2001, 1001), 1280, (1280, 640), "1280x-2"),
    ],
)
def test_sizes(source: tuple[int, int], width: int | None, expected: tuple[int, int], text: str) -> None:
    target = target_size(facts(*source), to(width))

    assert ((target.width, target.height), target.text) == (expected, text)


def test_a_turned_film_is_measured_upright() -> None:
    target = target_size(facts(1080, 1920, rotation=90), to(1280))

    assert ((target.width, target.height), target.text) == ((720, 1280), "-2x1280")


def test_pixels_become_square_when_the_size_changes_and_stay_odd_otherwise() -> None:
    anamorphic = facts(1440, 1080, aspect="4:3")

    assert (target_size(anamorphic, to(1280)).width, target_size(anamorphic, to(1280)).height) == (1280, 720)
    assert (target_size(anamorphic, to(1920)).width, target_size(anamorphic, to(1920)).height) == (1440, 1080)


def test_a_senseless_pixel_aspect_counts_as_square() -> None:
    assert target_size(facts(1920, 1080, aspect="0:1"), to(1280)).height == 720


HDR = {
    "is_hdr": True,
    "hdr_format": "hdr10",
    "color_transfer": "smpte2084",
    "color_primaries": "bt2020",
    "bit_depth": 10,
}


def test_hdr_stays_in_hevc_and_av1_and_is_mapped_for_h264() -> None:
    source = facts(1920, 1080, **HDR)

    kept, mapped = colors_of(source, to(None, Codec.HEVC)), colors_of(source, to(None, Codec.H264))
    asked = colors_of(source, to(None, Codec.AV1, hdr=HdrMode.TONE_MAP))

    assert (kept.is_ten_bit, kept.is_hdr, kept.primaries, kept.space) == (True, True, "bt2020", "bt2020nc")
    assert (mapped.is_ten_bit, mapped.is_tone_mapped, mapped.transfer) == (False, True, "bt709")
    assert asked.is_tone_mapped


def test_ten_bits_of_sdr_stay_except_in_h264() -> None:
    source = facts(1920, 1080, bit_depth=10)

    assert colors_of(source, to(None, Codec.HEVC)).is_ten_bit
    assert not colors_of(source, to(None, Codec.H264)).is_ten_bit
