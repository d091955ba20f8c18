"""Real conversions on the processor: every preset, and every kind of source that is easily got wrong."""

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from processing.media.encode.command import make_plan
from processing.media.encode.convert import Attempt, Means, convert
from processing.media.encode.errors import CannotConvertError, ConversionFailedError
from processing.media.encode.ladder import Capabilities
from processing.media.encode.presets import BUILT_IN, AudioMode, BuiltIn, Codec, Container, Effort, HdrMode
from processing.media.encode.program import Progress, ffmpeg_program
from processing.media.encode.source import examine
from processing.media.errors import FileUnavailableError
from processing.media.facts import MediaFacts, StreamFacts
from processing.media.probe import probe
from tests import media_factory as factory
from tests.processing.media.encode.sources import (
    PRESETS,
    converted,
    hdr_film,
    interlaced_film,
    plan_for,
    rich_film,
    rungs_of,
    settings,
    uneven_film,
)


def times_of(path: Path) -> list[float]:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        found = sorted(float(p.pts * p.time_base) for p in container.demux(stream) if p.pts is not None)
    return [round(seconds - found[0], 2) for seconds in found]


def side_data_of(path: Path) -> set[str]:
    kinds: list[Any] = list(first_picture(path).side_data)
    return {data.type.name for data in kinds}


def first_picture(path: Path) -> "av.VideoFrame":
    with av.open(str(path)) as container:
        return next(container.decode(video=0))


def of_kind(facts: MediaFacts, kind: str) -> list[StreamFacts]:
    return [stream for stream in facts.streams if stream.kind == kind]


_HEAVY = ("original_h265", "1080p_h265")


@pytest.fixture(scope="module")
def large_film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("large")
    return factory.make_video(folder / "a.mp4", seconds=0.3, size="2304x1296", rate=10, audio="aac")


@pytest.mark.parametrize(
    "preset",
    # Those that take longest are like others, but for the size.
    [pytest.param(one, marks=[pytest.mark.slow] if one.key in _HEAVY else [], id=one.key) for one in BUILT_IN],
)
def test_every_preset_makes_what_it_says(preset: BuiltIn, large_film: Path, tmp_path: Path) -> None:
    # The encoders' own speed is theirs to test: what a preset decides is the same at any.
    wanted = replace(preset.settings, effort=Effort.FAST)
    plan = make_plan(examine(str(large_film), tmp_path), wanted)
    output = tmp_path / "out.mkv"

    outcome = convert(plan, output, means=Means(ffmpeg_program(), rungs_of(plan)))

    facts = probe(str(output))
    width = wanted.target_width or 2304
    assert (facts.container, facts.video_codec) == ("matroska", wanted.codec)
    assert (facts.width, facts.height) == (width, width * 9 // 16)
    assert facts.duration_seconds == pytest.approx(probe(str(large_film)).duration_seconds, abs=0.1)
    assert [stream.codec for stream in of_kind(facts, "audio")] == ["aac"]
    assert outcome.verified.compared >= 3
    assert outcome.size_bytes == output.stat().st_size
    words = outcome.attempts[-1].command
    assert words[words.index("-crf") + 1] == str(wanted.qp - 3)


@pytest.mark.slow
def test_the_default_effort_is_that_of_video_streaming(tmp_path: Path) -> None:
    film = factory.make_video(tmp_path / "a.mp4", seconds=0.4, size="160x90")

    chosen = {}
    for codec in ("h264", "h265", "av1"):
        _, outcome = converted(film, PRESETS[f"original_{codec}"])
        words = outcome.attempts[-1].command
        chosen[codec] = (words[words.index("-c:v:0") + 1], words[words.index("-preset") + 1])

    assert chosen == {"h264": ("libx264", "medium"), "h265": ("libx265", "medium"), "av1": ("libsvtav1", "6")}


def test_everything_beside_the_picture_is_kept_in_matroska(tmp_path: Path) -> None:
    output, outcome = converted(rich_film(tmp_path / "rich.mkv"), settings())

    facts = probe(str(output))
    sounds, words = of_kind(facts, "audio"), of_kind(facts, "subtitle")
    assert [(s.codec, s.language, s.channels, s.is_default) for s in sounds] == [
        ("aac", "eng", 1, False),
        ("ac3", "deu", 6, True),
    ]
    assert sounds[0].title == "Main"
    assert [(s.codec, s.language, s.is_default, s.is_forced) for s in words] == [
        ("subrip", "eng", False, False),
        ("ass", "fra", False, True),
    ]
    assert [(c.title, c.start_seconds, c.end_seconds) for c in facts.chapters] == [("One", 0, 0.5), ("Two", 0.5, 1)]
    assert facts.embedded_title == "A film"
    assert [s.codec for s in of_kind(facts, "attachment")] == ["ttf"]
    assert [s.codec for s in facts.streams if s.is_attached_picture] == ["mjpeg"]
    assert (outcome.losses, outcome.notes) == ([], [])


def test_tags_about_the_old_picture_are_not_carried_over(tmp_path: Path) -> None:
    output, _ = converted(rich_film(tmp_path / "rich.mkv"), settings())

    with av.open(str(output)) as container:
        tags = container.streams.video[0].metadata
        assert "BPS" not in tags
        assert {key.lower(): value for key, value in container.metadata.items()}["comment"] == "made here"


def test_mp4_keeps_what_it_can_and_says_what_it_can_not(tmp_path: Path) -> None:
    output, outcome = converted(rich_film(tmp_path / "rich.mkv"), settings("hevc", container=Container.MP4))

    facts = probe(str(output))
    assert facts.container == "mp4"
    assert [(s.codec, s.language) for s in of_kind(facts, "audio")] == [("aac", "eng"), ("ac3", "deu")]
    assert [(s.codec, s.language) for s in of_kind(facts, "subtitle")] == [("mov_text", "eng"), ("mov_text", "fra")]
    assert [c.title for c in facts.chapters] == ["One", "Two"]
    assert [s.codec for s in facts.streams if s.is_attached_picture] == ["mjpeg"]
    assert outcome.losses == ["Its attached files (1), fonts mostly, can't be in an MP4 file."]
    assert outcome.notes == ["Styled subtitles become plain ones."]


def test_sound_can_be_made_smaller(tmp_path: Path) -> None:
    output, _ = converted(rich_film(tmp_path / "rich.mkv"), settings(audio=AudioMode.OPUS))

    assert [(s.codec, s.channels) for s in of_kind(probe(str(output)), "audio")] == [("opus", 1), ("opus", 6)]


@pytest.mark.parametrize("codec", ["hevc", "av1"])
@pytest.mark.parametrize(("transfer", "name"), [("smpte2084", "hdr10"), ("arib-std-b67", "hlg")])
def test_hdr_is_kept_with_its_mastering_data(codec: str, transfer: str, name: str, tmp_path: Path) -> None:
    output, _ = converted(hdr_film(tmp_path / "hdr.mkv", transfer), settings(codec))

    facts = probe(str(output))
    kinds = side_data_of(output)
    assert (facts.hdr_format, facts.pixel_format, facts.color_primaries) == (name, "yuv420p10le", "bt2020")
    assert {"MASTERING_DISPLAY_METADATA", "CONTENT_LIGHT_LEVEL"} <= kinds


@pytest.mark.parametrize(("codec", "hdr"), [("h264", HdrMode.KEEP), ("hevc", HdrMode.TONE_MAP)])
def test_hdr_is_mapped_to_sdr_where_asked_and_for_h264(codec: str, hdr: HdrMode, tmp_path: Path) -> None:
    output, outcome = converted(hdr_film(tmp_path / "hdr.mkv"), settings(codec, hdr=hdr))

    facts = probe(str(output))
    assert (facts.is_hdr, facts.pixel_format, facts.color_transfer) == (False, "yuv420p", "bt709")
    assert not side_data_of(output) & {"MASTERING_DISPLAY_METADATA"}
    assert outcome.notes == ["HDR becomes SDR."]


@pytest.mark.parametrize("transfer", ["smpte2084", "arib-std-b67"])
def test_reference_white_stays_bright_and_black_dark_when_mapped(transfer: str, tmp_path: Path) -> None:
    greys = []
    for luma in (64, 573 if transfer == "smpte2084" else 721):
        film = factory.make_hdr_video(tmp_path / f"{luma}.mp4", transfer=transfer, luma=luma, seconds=0.4)
        output, _ = converted(film, settings())
        greys.append(float(first_picture(output).to_ndarray(format="gray").mean()))

    assert greys[0] < 20
    assert 120 < greys[1] < 235


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_a_turned_film_becomes_upright_and_is_not_turned_again(rotation: int, tmp_path: Path) -> None:
    film = factory.make_video(tmp_path / "a.mp4", seconds=0.4, size="160x90", source="corners", rotation=rotation)

    output, _ = converted(film, settings())

    facts = probe(str(output))
    size = (160, 90) if rotation == 180 else (90, 160)
    assert ((facts.width, facts.height), facts.rotation) == (size, 0)
    picture = first_picture(output)
    assert "DISPLAYMATRIX" not in side_data_of(output)
    # Where the red quarter, top left as stored, went.
    pixels = picture.to_ndarray(format="rgb24").astype(int)
    height, width = pixels.shape[:2]
    spot = {90: (1, 3), 180: (3, 3), 270: (3, 1)}[rotation]
    red, green, blue = pixels[height * spot[0] // 4, width * spot[1] // 4]
    assert red > 150
    assert max(green, blue) < 100


def test_interlaced_pictures_become_whole_ones(tmp_path: Path) -> None:
    film = interlaced_film(tmp_path / "a.ts")

    output, outcome = converted(film, settings())

    assert first_picture(film).interlaced_frame
    assert not first_picture(output).interlaced_frame
    assert len(times_of(output)) == len(times_of(film))
    assert "bwdif" in " ".join(outcome.attempts[0].command)


@pytest.mark.parametrize(
    ("codec", "container"), [("h264", Container.MATROSKA), ("hevc", Container.MP4), ("av1", Container.MATROSKA)]
)
def test_uneven_times_are_kept(codec: str, container: Container, tmp_path: Path) -> None:
    film = uneven_film(tmp_path / "a.mp4")

    output, _ = converted(film, settings(codec, container=container))

    before = times_of(film)
    assert len({round(b - a, 2) for a, b in itertools.pairwise(before)}) > 1
    assert times_of(output) == pytest.approx(before, abs=0.011)


def test_odd_sizes_and_full_chroma_become_what_every_player_shows(tmp_path: Path) -> None:
    source = ("-f", "lavfi", "-i", "testsrc2=s=161x91:r=25:d=0.4", "-pix_fmt", "yuv444p", "-c:v", "libx264")
    film = factory.run_ffmpeg(tmp_path / "a.mkv", *source)

    output, _ = converted(film, settings())

    facts = probe(str(output))
    assert (facts.width, facts.height, facts.pixel_format) == (160, 90, "yuv420p")


def test_odd_pixels_keep_their_shape(tmp_path: Path) -> None:
    film = factory.make_video(tmp_path / "a.mkv", seconds=0.4, size="120x90", sample_aspect_ratio="4:3")

    output, _ = converted(film, settings())

    assert probe(str(output)).display_aspect_ratio == pytest.approx(16 / 9, abs=0.01)


def test_a_film_whose_times_begin_late_is_compared_at_the_right_places(tmp_path: Path) -> None:
    late = ("-output_ts_offset", "7", "-c:v", "libx264", "-preset", "ultrafast")
    film = factory.run_ffmpeg(tmp_path / "a.ts", "-f", "lavfi", "-i", "testsrc2=s=160x90:r=25:d=1", *late)

    _, outcome = converted(film, settings())

    assert outcome.verified.compared >= 4


def test_names_of_any_bytes_work(tmp_path: Path) -> None:
    name = b"-f\xff \xe2\x98\x83 'a' %d: [0].mp4".decode(errors="surrogateescape")
    film = factory.make_video(tmp_path / "a.mp4", seconds=0.4, size="160x90").rename(tmp_path / name)

    output, _ = converted(film, settings())

    assert probe(str(output)).video_codec == "h264"


def test_a_rung_that_fails_is_told_and_the_next_one_tried(tmp_path: Path) -> None:
    film = factory.make_video(tmp_path / "a.mp4", seconds=0.4, size="160x90")
    plan = plan_for(film, settings())
    # What was proven once may be gone by now.
    pretended = Capabilities(encoders=frozenset({"h264_nvenc"}), ten_bit=frozenset(), decoders=frozenset({"h264_cuda"}))
    failed: list[Attempt] = []

    outcome = convert(
        plan,
        tmp_path / "out.mkv",
        means=Means(ffmpeg_program(), rungs_of(plan, pretended)),
        failed=failed.append,
    )

    assert [(a.rung.encoder.name, a.rung.decodes_in_hardware, a.error == "") for a in outcome.attempts] == [
        ("h264_nvenc", True, False),
        ("h264_nvenc", False, False),
        ("libx264", False, True),
    ]
    assert len(failed) == 2
    assert "libcuda" in failed[0].error


class Cancelled(BaseException):
    """As the engine's."""


def test_nothing_is_left_of_a_cancelled_conversion(tmp_path: Path) -> None:
    film = factory.make_video(tmp_path / "a.mp4", seconds=2, size="320x240")
    plan = plan_for(film, settings("av1"))
    output = tmp_path / "out.mkv"
    there: list[bool] = []

    def cancel(rung: object, done: Progress) -> None:
        there.append(output.exists())
        raise Cancelled

    with pytest.raises(Cancelled):
        convert(plan, output, means=Means(ffmpeg_program(), rungs_of(plan)), progress=cancel)

    assert there == [True]
    assert not output.exists()


def test_a_source_that_went_away_is_no_failure_of_the_encoder(tmp_path: Path) -> None:
    film = factory.make_video(tmp_path / "a.mp4", seconds=0.4, size="160x90")
    plan = plan_for(film, settings())
    film.unlink()

    with pytest.raises(FileUnavailableError) as caught:
        convert(plan, tmp_path / "out.mkv", means=Means(ffmpeg_program(), rungs_of(plan)))

    assert not caught.value.permanent


def test_a_damaged_source_fails_because_its_output_is_shorter(tmp_path: Path) -> None:
    film = factory.make_truncated(tmp_path / "a.mp4", seconds=6, keep_ratio=0.5)

    with pytest.raises(ConversionFailedError, match="shorter than the source"):
        converted(film, settings())

    assert not (tmp_path / "converted.mkv").exists()


def test_sound_alone_is_refused(tmp_path: Path) -> None:
    sound = factory.make_audio(tmp_path / "a.m4a", cover=True)

    with pytest.raises(CannotConvertError, match="no moving picture"):
        examine(str(sound), tmp_path)


def test_dolby_vision_without_a_base_layer_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    film = factory.make_video(tmp_path / "a.mp4", seconds=0.4, size="160x90")
    dolby = replace(probe(str(film)), hdr_format="dolby_vision", is_hdr=True, color_transfer=None)
    monkeypatch.setattr("processing.media.encode.source.probe", lambda path: dolby)

    with pytest.raises(CannotConvertError, match="profile 5"):
        examine(str(film), tmp_path)


def test_the_output_can_be_decoded_to_its_end(tmp_path: Path) -> None:
    film = factory.make_video(tmp_path / "a.mp4", seconds=0.4, size="160x90", audio="aac")

    output, _ = converted(film, settings(), decodes_all=True)

    assert np.isfinite(first_picture(output).to_ndarray(format="gray")).all()
    assert Codec(probe(str(output)).video_codec) is Codec.H264
