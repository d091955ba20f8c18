"""What becomes of sound, subtitles and attachments in each container."""

import pytest

from processing.media.encode.presets import AudioMode, Codec, Container, EncodeSettings
from processing.media.encode.tracks import Tracks, plan_tracks
from processing.media.facts import MediaFacts, StreamFacts

PICTURE = StreamFacts(0, "video", "h264")


def planned(*streams: StreamFacts, container: Container = Container.MATROSKA, **more: AudioMode) -> Tracks:
    wanted = EncodeSettings(Codec.H264, None, 26, container=container, **more)
    return plan_tracks(MediaFacts("x", streams=(PICTURE, *streams)), wanted, picture=PICTURE)


def audio(index: int, codec: str, channels: int = 2) -> StreamFacts:
    return StreamFacts(index, "audio", codec, channels=channels)


def subtitle(index: int, codec: str) -> StreamFacts:
    return StreamFacts(index, "subtitle", codec)


def codec_of(tracks: Tracks, stream: str) -> str:
    return tracks.arguments[tracks.arguments.index(f"-c:{stream}") + 1]


@pytest.mark.parametrize(
    ("codec", "container", "becomes"),
    [
        ("aac", Container.MATROSKA, "copy"), ("truehd", Container.MATROSKA, "copy"),
        ("wmav2", Container.MATROSKA, "libopus"),
        ("aac", Container.MP4, "copy"), ("dts", Container.MP4, "aac"), ("vorbis", Container.MP4, "aac"),
    ],
)  # fmt: skip
def test_sound_is_copied_where_the_container_holds_it(codec: str, container: Container, becomes: str) -> None:
    assert codec_of(planned(audio(1, codec), container=container), "a:0") == becomes


def test_sound_is_encoded_where_it_is_asked_for_unless_it_is_that_already() -> None:
    tracks = planned(audio(1, "ac3", 6), audio(2, "opus"), audio=AudioMode.OPUS)

    assert (codec_of(tracks, "a:0"), codec_of(tracks, "a:1"), tracks.audio_count) == ("libopus", "copy", 2)
    assert "aformat=channel_layouts=5.1" in tracks.arguments


def test_more_than_eight_channels_become_eight_and_that_is_told() -> None:
    tracks = planned(audio(1, "pcm_bluray", 12))

    assert "aformat=channel_layouts=7.1" in tracks.arguments
    assert tracks.notes == ["12 channels of sound become 8 (stream 1)."]


def test_sound_that_nothing_decodes_is_a_loss() -> None:
    tracks = planned(StreamFacts(1, "audio", "unknown"))

    assert (tracks.audio_count, len(tracks.losses)) == (0, 1)


@pytest.mark.parametrize(
    ("codec", "container", "becomes"),
    [
        ("subrip", Container.MATROSKA, "copy"), ("hdmv_pgs_subtitle", Container.MATROSKA, "copy"),
        ("mov_text", Container.MATROSKA, "subrip"), ("ass", Container.MP4, "mov_text"),
        ("mov_text", Container.MP4, "copy"),
    ],
)  # fmt: skip
def test_subtitles_are_kept(codec: str, container: Container, becomes: str) -> None:
    tracks = planned(subtitle(1, codec), container=container)

    assert (codec_of(tracks, "s:0"), tracks.losses) == (becomes, [])


def test_pictures_of_subtitles_are_a_loss_in_mp4() -> None:
    tracks = planned(subtitle(1, "hdmv_pgs_subtitle"), subtitle(2, "subrip"), container=Container.MP4)

    assert tracks.subtitle_count == 1
    assert tracks.losses == ["A subtitle track (hdmv_pgs_subtitle, stream 1) can't be in an MP4 file."]


def test_fonts_stay_in_matroska_and_are_a_loss_in_mp4() -> None:
    font = StreamFacts(3, "attachment", "ttf")

    assert planned(font).attachment_count == 1
    assert planned(font, container=Container.MP4).losses


def test_a_second_picture_is_a_loss_and_a_data_stream_a_note() -> None:
    tracks = planned(StreamFacts(1, "video", "h264"), StreamFacts(2, "data", "tmcd"))

    assert tracks.losses == ["A second picture track (h264, stream 1) is not converted."]
    assert tracks.notes == ["Data streams are left out: tmcd."]
