"""Which ways of encoding are tried, in which order."""

from processing.media.encode.catalogue import Encoder, Family, encoder_arguments
from processing.media.encode.ladder import Capabilities, Rung, ladder
from processing.media.encode.presets import BitRates, Codec, EncodeSettings


def names(rungs: tuple[Rung, ...]) -> list[tuple[str, bool]]:
    return [(rung.encoder.name, rung.decodes_in_hardware) for rung in rungs]


def test_all_in_hardware_comes_before_encoding_in_hardware_and_software_is_last() -> None:
    machine = Capabilities(encoders=frozenset({"hevc_nvenc", "hevc_vaapi"}), decoders=frozenset({"h264_cuda"}))

    rungs = ladder(Codec.HEVC, source_codec="h264", is_ten_bit=False, capabilities=machine)

    assert names(rungs) == [("hevc_nvenc", True), ("hevc_nvenc", False), ("hevc_vaapi", False), ("libx265", False)]


def test_a_codec_that_the_card_does_not_decode_is_decoded_in_software() -> None:
    machine = Capabilities(encoders=frozenset({"av1_qsv"}), decoders=frozenset({"h264_qsv"}))

    rungs = ladder(Codec.AV1, source_codec="mpeg2video", is_ten_bit=False, capabilities=machine)

    assert names(rungs) == [("av1_qsv", False), ("libsvtav1", False)]


def test_ten_bits_go_only_to_encoders_that_proved_them() -> None:
    machine = Capabilities(encoders=frozenset({"hevc_nvenc", "hevc_amf"}), ten_bit=frozenset({"hevc_amf"}))

    rungs = ladder(Codec.HEVC, source_codec="hevc", is_ten_bit=True, capabilities=machine)

    assert names(rungs) == [("hevc_amf", False), ("libx265", False)]


def test_a_card_that_only_decodes_is_not_one_that_encodes() -> None:
    machine = Capabilities(encoders=frozenset({"libx264"}), decoders=frozenset({"h264_cuda", "hevc_cuda"}))

    rungs = ladder(Codec.H264, source_codec="h264", is_ten_bit=False, capabilities=machine)

    assert (names(rungs), machine.has_hardware) == ([("libx264", False)], False)


def test_an_encoder_of_a_plugin_goes_first_where_it_works() -> None:
    added = [
        Encoder(name, codec, Family.PLUGIN) for name, codec in (("a", Codec.H264), ("b", Codec.H264), ("c", Codec.AV1))
    ]
    machine = Capabilities(encoders=frozenset({"a", "c", "h264_nvenc", "libx264"}))

    eight, ten = (
        ladder(Codec.H264, source_codec=None, is_ten_bit=deep, capabilities=machine, added=added)
        for deep in (False, True)
    )

    assert [names(rungs) for rungs in (eight, ten)] == [
        [("a", False), ("h264_nvenc", False), ("libx264", False)],
        [("libx264", False)],
    ]


def test_an_encoder_of_a_plugin_gets_its_own_arguments_and_the_highest_rate_or_the_rate_alone() -> None:
    rates, settings = BitRates(1000, 1200, 2400), EncodeSettings(Codec.H264, None, 30)
    own, bare = (Encoder("x", Codec.H264, Family.PLUGIN, more) for more in (("-q", "5"), ()))

    told = [encoder_arguments(one, settings, rates, is_ten_bit=False) for one in (own, bare)]

    limits = ["-maxrate:v:0", "1200", "-bufsize:v:0", "2400"]
    assert told == [["-c:v:0", "x", "-q", "5", *limits], ["-c:v:0", "x", "-b:v:0", "1000", *limits]]
