"""Facts of real files, against what they were made with."""

import json
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from processing.media.errors import FileUnavailableError, UnreadableFileError
from processing.media.probe import probe
from tests import media_factory as factory


def test_an_h264_mp4_with_sound_states_all_its_facts(tmp_path: Path) -> None:
    path = factory.make_video(tmp_path / "a.mp4", seconds=2, size="320x240", audio="aac")

    facts = probe(str(path))

    assert (facts.container, facts.video_codec, facts.audio_codec) == ("mp4", "h264", "aac")
    assert (facts.width, facts.height, facts.rotation) == (320, 240, 0)
    assert (facts.pixel_format, facts.bit_depth) == ("yuv420p", 8)
    assert facts.duration_seconds == pytest.approx(2.0, abs=0.1)
    assert facts.frame_rate == pytest.approx(25.0)
    assert facts.display_aspect_ratio == pytest.approx(4 / 3)
    assert facts.bit_rate is not None
    assert facts.bit_rate > 10_000
    assert not facts.is_hdr
    assert facts.warnings == ()


@pytest.mark.parametrize(
    ("name", "codec", "audio", "container", "video_codec", "audio_codec"),
    [
        ("a.mkv", "h264", "opus", "matroska", "h264", "opus"),
        ("a.webm", "vp9", "opus", "webm", "vp9", "opus"),
        ("a.webm", "vp8", "vorbis", "webm", "vp8", "vorbis"),
        ("a.mp4", "hevc", None, "mp4", "hevc", None),
        ("a.mkv", "av1", None, "matroska", "av1", None),
        ("a.mov", "h264", "aac", "mp4", "h264", "aac"),
        ("a.ts", "h264", "aac", "mpegts", "h264", "aac"),
        ("a.avi", "mpeg4", "mp3", "avi", "mpeg4", "mp3"),
        ("a.wmv", "wmv", "wma", "asf", "wmv2", "wmav2"),
        ("a.flv", "flv1", None, "flv", "flv1", None),
        ("a.mpg", "mpeg2", None, "mpeg", "mpeg2video", None),
    ],
)
def test_containers_and_codecs_have_one_name_each(
    tmp_path: Path, name: str, codec: str, audio: str | None, container: str, video_codec: str, audio_codec: str | None
) -> None:
    path = factory.make_video(tmp_path / name, seconds=1, codec=codec, audio=audio)

    facts = probe(str(path))

    assert (facts.container, facts.video_codec, facts.audio_codec) == (container, video_codec, audio_codec)
    assert (facts.width, facts.height) == (320, 240)
    assert facts.duration_seconds == pytest.approx(1.0, abs=0.2)


@pytest.mark.parametrize(
    ("rotation", "size"), [(0, (320, 180)), (90, (180, 320)), (180, (320, 180)), (270, (180, 320))]
)
def test_rotation_is_clockwise_and_swaps_the_sides(tmp_path: Path, rotation: int, size: tuple[int, int]) -> None:
    path = factory.make_video(tmp_path / "a.mp4", seconds=1, size="320x180", rotation=rotation)

    facts = probe(str(path))

    assert facts.rotation == rotation
    assert (facts.width, facts.height) == size
    assert facts.display_aspect_ratio == pytest.approx(size[0] / size[1])


def test_anamorphic_video_keeps_its_pixels_and_states_its_shown_shape(tmp_path: Path) -> None:
    path = factory.make_video(tmp_path / "a.mkv", seconds=1, size="720x576", sample_aspect_ratio="64:45")

    facts = probe(str(path))

    assert (facts.width, facts.height) == (720, 576)
    assert facts.display_aspect_ratio == pytest.approx(16 / 9)
    assert facts.streams[0].sample_aspect_ratio == "64:45"


@pytest.mark.parametrize(("transfer", "name"), [("smpte2084", "hdr10"), ("arib-std-b67", "hlg")])
def test_hdr_is_known_by_its_transfer(tmp_path: Path, transfer: str, name: str) -> None:
    path = factory.make_hdr_video(tmp_path / "a.mp4", transfer=transfer)

    facts = probe(str(path))

    assert (facts.is_hdr, facts.hdr_format) == (True, name)
    assert (facts.color_transfer, facts.color_primaries, facts.color_space) == (transfer, "bt2020", "bt2020nc")
    assert (facts.pixel_format, facts.bit_depth) == ("yuv420p10le", 10)


def test_chapters_title_and_creation_time_are_read(tmp_path: Path) -> None:
    path = factory.make_chaptered_video(
        tmp_path / "a.mp4",
        title="A day",
        created_at="2021-06-05T10:20:30Z",
        chapters=[(0.0, 1.0, "Morning"), (1.0, 2.0, "Night")],
    )

    facts = probe(str(path))

    assert facts.embedded_title == "A day"
    assert facts.embedded_created_at == datetime(2021, 6, 5, 10, 20, 30, tzinfo=UTC)
    assert [(c.start_seconds, c.end_seconds, c.title) for c in facts.chapters] == [
        (0.0, 1.0, "Morning"),
        (1.0, 2.0, "Night"),
    ]


@pytest.mark.parametrize("written", ["1904-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "2999-01-01T00:00:00Z"])
def test_a_creation_time_no_clock_set_is_none(tmp_path: Path, written: str) -> None:
    path = factory.make_video(tmp_path / "a.mkv", seconds=1, metadata={"creation_time": written})

    assert probe(str(path)).embedded_created_at is None


def test_streams_carry_language_title_and_flags(tmp_path: Path) -> None:
    tags = ("-metadata:s:a:0", "language=ger", "-metadata:s:a:0", "title=Kommentar", "-disposition:a:0", "forced")
    path = factory.make_video(tmp_path / "a.mkv", seconds=1, audio="opus", extra=tags)

    sound = probe(str(path)).streams[1]

    assert (sound.kind, sound.language, sound.title, sound.is_forced) == ("audio", "ger", "Kommentar", True)
    assert (sound.channels, sound.sample_rate, sound.channel_layout) == (1, 48000, "mono")


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts"])
def test_interlaced_pictures_and_their_level_are_known(tmp_path: Path, name: str) -> None:
    fields = ("-vf", "interlace", "-flags", "+ildct+ilme", "-level", "3.1")
    woven = factory.make_video(tmp_path / name, seconds=1, extra=fields)
    plain = factory.make_video(tmp_path / f"plain-{name}", seconds=1, extra=("-level", "3.1"))

    [first], [second] = (probe(str(path)).streams for path in (woven, plain))

    assert (first.is_interlaced, first.level) == (True, 31)
    assert (second.is_interlaced, second.level) == (False, 31)


def test_tracks_for_the_hearing_impaired_and_commentaries_are_marked(tmp_path: Path) -> None:
    lines = tmp_path / "a.srt"
    lines.write_text("1\n00:00:00,000 --> 00:00:01,000\nHi\n")
    flags = ("-disposition:a:0", "comment", "-disposition:s:0", "hearing_impaired")
    path = factory.make_video(tmp_path / "a.mkv", seconds=1, audio="aac")
    tracks = ("-i", str(path), "-i", str(lines), "-map", "0", "-map", "1", "-c", "copy")
    factory.run_ffmpeg(tmp_path / "b.mkv", *tracks, *flags)

    picture, sound, text = probe(str(tmp_path / "b.mkv")).streams

    assert (sound.is_commentary, text.is_hearing_impaired) == (True, True)
    assert not (picture.is_commentary or picture.is_hearing_impaired or sound.is_hearing_impaired)


def test_facts_go_into_json_columns(tmp_path: Path) -> None:
    path = factory.make_chaptered_video(
        tmp_path / "a.mp4", title="A", created_at="2021-06-05T10:20:30Z", chapters=[(0.0, 1.0, "One")]
    )
    facts = probe(str(path))

    parts = [stream.to_json() for stream in facts.streams] + [chapter.to_json() for chapter in facts.chapters]
    text = json.dumps(parts, allow_nan=False)

    assert "\\u0000" not in text


def test_a_cover_picture_is_not_the_video(tmp_path: Path) -> None:
    path = factory.make_audio(tmp_path / "a.mp3", codec="mp3", cover=True)

    facts = probe(str(path))

    assert (facts.video_codec, facts.audio_codec, facts.width) == (None, "mp3", None)
    assert [s.is_attached_picture for s in facts.streams if s.kind == "video"] == [True]
    assert facts.warnings == ("The file holds no moving picture.",)


def test_a_recording_without_a_stated_duration_gets_an_estimate(tmp_path: Path) -> None:
    path = tmp_path / "a.webm"
    whole = factory.make_video(tmp_path / "whole.webm", seconds=3, codec="vp8")
    # `-live 1` writes neither duration nor cues, as browsers' recorders do.
    factory._run("-i", str(whole), "-c", "copy", "-f", "webm", "-live", "1", str(path))

    facts = probe(str(path))

    assert facts.duration_seconds == pytest.approx(3.0, abs=0.1)
    assert "estimated" in facts.warnings[0]


def test_a_name_that_is_no_utf8_and_has_a_newline_opens(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/odd\n\xff: name%03d.mp4"
    shutil.copyfile(factory.make_video(tmp_path / "a.mp4", seconds=1), name)

    facts = probe(os.fsdecode(name))

    assert facts.video_codec == "h264"


def test_a_missing_file_may_come_back(tmp_path: Path) -> None:
    with pytest.raises(FileUnavailableError, match="no longer at its place") as caught:
        probe(str(tmp_path / "gone.mp4"))

    assert not caught.value.permanent


def test_a_playlist_named_mp4_reads_no_other_file(tmp_path: Path) -> None:
    other = factory.make_video(tmp_path / "other.ts", seconds=1)
    path = tmp_path / "a.mp4"
    path.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{other}\n#EXT-X-ENDLIST\n", "utf-8")

    with pytest.raises(UnreadableFileError, match="fits no known video format"):
        probe(str(path))
