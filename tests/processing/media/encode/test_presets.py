"""The nine presets and their bit rates, as "Video streaming" has them."""

import pytest

from processing.media.encode.presets import BUILT_IN, Codec, EncodeSettings, bit_rates, width_cap

MBIT = 1_000_000


def test_the_nine_presets_have_their_widths_qualities_and_caps() -> None:
    table = {
        preset.key: (preset.settings.target_width, preset.settings.qp, preset.settings.max_bit_rate)
        for preset in BUILT_IN
    }

    assert table == {
        "1080p_h264": (1920, 26, 20 * MBIT),
        "1080p_h265": (1920, 28, 15 * MBIT),
        "1080p_av1": (1920, 38, 6 * MBIT),
        "720p_h264": (1280, 26, 10 * MBIT),
        "720p_h265": (1280, 28, 8 * MBIT),
        "720p_av1": (1280, 35, 4 * MBIT),
        "original_h264": (None, 26, None),
        "original_h265": (None, 28, None),
        "original_av1": (None, 35, None),
    }


def test_a_software_encoder_counts_three_finer() -> None:
    assert EncodeSettings(Codec.AV1, None, 35).crf == 32


@pytest.mark.parametrize(
    ("codec", "width", "mbit"),
    [
        (Codec.AV1, 3840, 25), (Codec.AV1, 1921, 15), (Codec.AV1, 1920, 6), (Codec.AV1, 1280, 4), (Codec.AV1, 640, 3),
        (Codec.HEVC, 3840, 35), (Codec.HEVC, 2560, 20), (Codec.HEVC, 1920, 15), (Codec.HEVC, 854, 4),
        (Codec.H264, 7680, 50), (Codec.H264, 2560, 30), (Codec.H264, 1280, 10), (Codec.H264, 855, 10),
    ],
)  # fmt: skip
def test_the_second_cap_goes_by_the_width(codec: Codec, width: int, mbit: int) -> None:
    assert width_cap(codec, width) == mbit * MBIT


def test_the_bit_rate_is_never_more_than_eleven_tenths_of_the_sources() -> None:
    rates = bit_rates(EncodeSettings(Codec.H264, 1920, 26, 20 * MBIT), longer_side_px=1920, source_bit_rate=5 * MBIT)

    assert (rates.target, rates.most, rates.buffer) == (5_500_000, 6_600_000, 13_200_000)


def test_the_presets_own_cap_counts_before_the_widths() -> None:
    own = EncodeSettings(Codec.H264, None, 26, 3 * MBIT)

    assert bit_rates(own, longer_side_px=3840, source_bit_rate=90 * MBIT).target == 3 * MBIT
    assert bit_rates(own, longer_side_px=3840, source_bit_rate=None).target == 3 * MBIT


def test_the_original_size_is_capped_by_its_width_alone() -> None:
    original = EncodeSettings(Codec.AV1, None, 35)

    assert bit_rates(original, longer_side_px=3840, source_bit_rate=90 * MBIT).target == 25 * MBIT
