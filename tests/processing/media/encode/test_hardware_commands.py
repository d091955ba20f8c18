"""The command lines for hardware that this machine lacks, held against what the real FFmpeg says it understands.

Two ways: every option and value is looked up in FFmpeg's own help of the encoder or filter; and the whole line is given
to FFmpeg, which must take it until the hardware itself is asked for.
"""

import functools
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from processing.media.encode.catalogue import BY_NAME, ENCODERS, RENDER_NODE, Encoder, Family, encoder_arguments
from processing.media.encode.command import ffmpeg_command, make_plan
from processing.media.encode.ladder import Rung
from processing.media.encode.original import Source
from processing.media.encode.presets import BitRates, Codec, Effort, EncodeSettings
from processing.media.encode.program import ffmpeg_program
from processing.media.encode.proving import encoder_command
from processing.media.facts import MediaFacts, StreamFacts
from tests import media_factory as factory
from tests.processing.media.encode.sources import plan_for, settings

HARDWARE = [encoder for encoder in ENCODERS if encoder.family is not Family.SOFTWARE]
RATES = BitRates(2_000_000, 2_400_000, 4_800_000)
# Options of every encoder; FFmpeg lists them elsewhere.
COMMON = {"c", "b", "maxrate", "bufsize", "global_quality"}
# What FFmpeg says when it doesn't understand a line, whatever the hardware.
NOT_UNDERSTOOD = re.compile(
    r"Unrecognized option|Option not found|Unable to parse|Undefined constant|No such filter|Error splitting|"
    r"has not been used for any stream|Unknown encoder|Error setting option|Error applying option|out of range|"
    r"Invalid pixel format|Trailing|not a valid|Impossible to convert|Option .* cannot be applied",
    re.IGNORECASE,
)
# What it says when the hardware isn't there.
NO_HARDWARE = re.compile(
    r"libcuda|CUDA|VA display|libva|QSV|MFX|libmfx|AMF|libamfrt|[Dd]evice|hwaccel|libnvidia-encode|No capable devices",
)


@functools.cache
def help_of(topic: str) -> str:
    done = subprocess.run([ffmpeg_program(), "-hide_banner", "-h", topic], capture_output=True, text=True, check=True)
    return done.stdout


def options_of(topic: str) -> dict[str, dict[str, str]]:
    """The options in FFmpeg's help: kind and named values ("kind" is one of them) by name."""
    options: dict[str, dict[str, str]] = {}
    current = ""
    for line in help_of(topic).splitlines():
        if match := re.match(r"^ {2,3}-?([\w-]+)\s+<(\w+)>(.*)", line):
            current = match[1]
            limits = re.search(r"\(from (\S+) to (\S+)\)", match[3])
            options[current] = {"": match[2], **({"from": limits[1], "to": limits[2]} if limits else {})}
        elif current and (match := re.match(r"^ {5}([\w.-]+)\s+(-?\d*)\s*[E.]", line)):
            options[current][f"={match[1]}"] = match[2]
    return options


def check_value(option: str, value: str, known: dict[str, str]) -> None:
    if f"={value}" in known or known[""] in ("string", "pix_fmt", "image_size", "dictionary"):
        return
    assert re.fullmatch(r"-?[\d.]+", value), f"{option} knows no value {value}"
    if "from" in known and re.fullmatch(r"-?[\d.]+", known["from"]) and re.fullmatch(r"-?[\d.]+", known["to"]):
        assert float(known["from"]) <= float(value) <= float(known["to"]), f"{option}={value} is out of range"


def all_settings(codec: Codec) -> list[EncodeSettings]:
    qualities = {4, 26, 28, 35, 38, 51, 63 if codec is Codec.AV1 else 51}
    return [EncodeSettings(codec, None, qp, effort=effort) for qp in sorted(qualities) for effort in Effort]


@pytest.mark.parametrize("encoder", HARDWARE, ids=lambda encoder: encoder.name)
def test_every_option_and_value_is_in_the_encoders_help(encoder: Encoder) -> None:
    known = options_of(f"encoder={encoder.name}")
    assert known

    for wanted in all_settings(encoder.codec):
        for is_ten_bit in {False, encoder.has_ten_bit}:
            words = encoder_arguments(encoder, wanted, RATES, is_ten_bit=is_ten_bit)
            for option, value in zip(words[::2], words[1::2], strict=True):
                name = option.removeprefix("-").partition(":")[0]
                if name not in COMMON:
                    assert name in known, f"{encoder.name} has no option {name}"
                    check_value(name, value, known[name])


def test_the_check_would_find_a_wrong_option_and_a_wrong_value() -> None:
    known = options_of("encoder=h264_nvenc")

    assert "qvbr_quality_level" not in known
    with pytest.raises(AssertionError):
        check_value("tune", "film", known["tune"])
    with pytest.raises(AssertionError):
        check_value("cq", "400", known["cq"])


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("scale_cuda", {"w": "1280", "h": "720", "format": "p010le"}),
        ("vpp_qsv", {"w": "1280", "h": "720", "format": "p010"}),
        ("scale_vaapi", {"w": "1280", "h": "720", "format": "nv12"}),
        ("bwdif", {"mode": "send_frame", "parity": "auto", "deint": "interlaced"}),
        ("zscale", {"t": "linear", "npl": "203", "tin": "smpte2084", "pin": "bt2020", "min": "bt2020nc", "rin": "tv"}),
        ("tonemap", {"tonemap": "hable", "desat": "0"}),
    ],
)
def test_every_filter_exists_with_its_options(name: str, options: dict[str, str]) -> None:
    known = options_of(f"filter={name}")

    for option, value in options.items():
        check_value(option, value, known[option])


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return factory.make_video(tmp_path_factory.mktemp("film") / "a.mp4", seconds=0.4, size="320x240")


def said_by(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode != 0, "This machine has the hardware: the line ran."
    return done.stderr


@pytest.mark.parametrize("encoder", HARDWARE, ids=lambda encoder: encoder.name)
@pytest.mark.parametrize("decodes_in_hardware", [True, False], ids=["all in hardware", "encoding only"])
def test_ffmpeg_takes_the_line_until_it_asks_for_the_hardware(
    encoder: Encoder, decodes_in_hardware: bool, film: Path
) -> None:
    if decodes_in_hardware and encoder.family is Family.AMF:
        pytest.skip("AMF has no decoder of its own.")
    plan = plan_for(film, settings(encoder.codec))
    line = ffmpeg_command(ffmpeg_program(), plan, Rung(encoder, decodes_in_hardware), str(film.with_name("out.mkv")))

    words = said_by(line)

    assert NO_HARDWARE.search(words), words
    assert not NOT_UNDERSTOOD.search(words), words


@pytest.mark.parametrize(
    "encoder", [encoder for encoder in HARDWARE if encoder.family in (Family.NVENC, Family.AMF)], ids=lambda e: e.name
)
def test_without_opening_the_device_first_the_encoder_itself_takes_its_options(encoder: Encoder) -> None:
    line = encoder_command(ffmpeg_program(), encoder, is_ten_bit=encoder.has_ten_bit, render_node=RENDER_NODE)
    for option in ("-init_hw_device", "-filter_hw_device"):
        while option in line:
            del line[line.index(option) : line.index(option) + 2]

    words = said_by(line)

    assert NO_HARDWARE.search(words), words
    assert not NOT_UNDERSTOOD.search(words), words


def hdr_facts() -> MediaFacts:
    stream = StreamFacts(
        0, "video", "hevc", width=3840, height=2160, pixel_format="yuv420p10le", bit_depth=10, frame_rate=23.976
    )
    return MediaFacts(
        "matroska", duration_seconds=60, width=3840, height=2160, video_codec="hevc", is_hdr=True, hdr_format="hdr10",
        color_primaries="bt2020", color_transfer="smpte2084", color_space="bt2020nc", bit_depth=10, streams=(stream,),
    )  # fmt: skip


def line_for(encoder: str, facts: MediaFacts, *, is_interlaced: bool = False) -> str:
    source = Source("/films/a.mkv", facts, is_interlaced=is_interlaced)
    wanted = replace(settings(BY_NAME[encoder].codec), target_width=1920)
    return " ".join(ffmpeg_command("ffmpeg", make_plan(source, wanted), Rung(BY_NAME[encoder], True), "/out.mkv"))


@pytest.mark.parametrize(
    ("encoder", "scaler"),
    [
        ("hevc_nvenc", "scale_cuda=w=1920:h=1080:format=p010le"),
        ("hevc_qsv", "vpp_qsv=w=1920:h=1080:format=p010"),
        ("hevc_vaapi", "scale_vaapi=w=1920:h=1080:format=p010"),
    ],
)
def test_hdr_stays_on_the_card_in_ten_bits_with_its_colours(encoder: str, scaler: str) -> None:
    line = line_for(encoder, hdr_facts())

    assert f"-filter:v:0 {scaler} " in line
    assert "-hwaccel_output_format" in line
    assert "-color_trc:v:0 smpte2084" in line
    assert "-profile:v:0 main10" in line


@pytest.mark.parametrize(
    ("encoder", "upload"),
    [
        ("h264_vaapi", "format=nv12,hwupload "),
        ("h264_qsv", "format=nv12,hwupload=extra_hw_frames=64 "),
        ("h264_nvenc", "format=nv12 "),
    ],
)
def test_tone_mapping_happens_in_memory_before_the_upload(encoder: str, upload: str) -> None:
    line = line_for(encoder, hdr_facts())

    assert "-hwaccel_output_format" not in line
    assert "tonemap=tonemap=hable" in line
    assert upload in line


def test_turned_and_interlaced_pictures_leave_the_card() -> None:
    turned = replace(hdr_facts(), rotation=90, width=2160, height=3840)

    assert "-hwaccel_output_format" not in line_for("hevc_nvenc", turned)
    assert "bwdif" in line_for("hevc_nvenc", hdr_facts(), is_interlaced=True)
