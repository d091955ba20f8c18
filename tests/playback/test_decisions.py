"""Direct, remux or transcode: many files in a few browsers, without a database."""

from typing import Any

import pytest

from library.models import VideoFile
from playback.exceptions import WishError
from playback.services.decisions import Decision, decide, read_capabilities, read_wish
from processing.media.stream.rendition import Action, AudioPlan, VideoPlan
from tests.playback.playing import CHROMIUM, FIREFOX, SAFARI, browser, decided, film, picture, sound, text

HDR = {"bit_depth": 10, "profile": "Main 10", "color_transfer": "smpte2084"}
SURROUND = sound("dts", channels=6)


def what(decision: Decision) -> str:
    """Method, and what happens to picture and sound: "remux copy encode"."""
    outcomes = (decision.video, decision.audio)
    return " ".join([decision.method or "none", *(one.action if one else "-" for one in outcomes)])


@pytest.mark.parametrize(
    ("file", "facts", "expected"),
    [
        (film("mp4", picture(), sound()), FIREFOX, "direct copy copy"),
        (film("mp4", picture(), sound("mp3")), FIREFOX, "direct copy copy"),
        (film("mp4", picture()), FIREFOX, "direct copy -"),
        (film("mp4", picture("hevc"), sound()), FIREFOX, "transcode encode copy"),
        (film("mp4", picture("hevc"), sound()), SAFARI, "direct copy copy"),
        (film("mp4", picture("hevc", **HDR), sound("eac3", channels=6)), SAFARI, "direct copy copy"),
        (film("webm", picture("vp9"), sound("opus")), FIREFOX, "direct copy copy"),
        (film("webm", picture("vp8"), sound("vorbis")), FIREFOX, "direct copy copy"),
        (film("webm", picture("vp9"), sound("opus")), SAFARI, "transcode encode encode"),
        (film("matroska", picture(), sound()), CHROMIUM, "direct copy copy"),
        (film("matroska", picture(), sound()), FIREFOX, "remux copy copy"),
        (film("matroska", picture(), SURROUND), CHROMIUM, "remux copy encode"),
        (film("matroska", picture(), sound("ac3", channels=6)), FIREFOX, "remux copy encode"),
        (film("matroska", picture(), sound("ac3", channels=6)), SAFARI, "remux copy copy"),
        (film("matroska", picture("av1"), sound("opus")), FIREFOX, "remux copy copy"),
        (film("matroska", picture("vp8"), sound("vorbis")), FIREFOX, "transcode encode encode"),
        (film("matroska", picture("hevc"), SURROUND), FIREFOX, "transcode encode encode"),
        (film("mpegts", picture(), sound("mp2")), FIREFOX, "remux copy encode"),
        (film("mpegts", picture("mpeg2video"), sound("ac3")), FIREFOX, "transcode encode encode"),
        (film("avi", picture("mpeg4"), sound("mp3")), FIREFOX, "transcode encode copy"),
        (film("avi", picture(), sound("mp3")), FIREFOX, "transcode encode copy"),
        (film("asf", picture("wmv3"), sound("wmav2")), FIREFOX, "transcode encode encode"),
        (film("flv", picture(), sound()), FIREFOX, "remux copy copy"),
        (film("mp4", picture("prores", profile="422"), sound("pcm_s16le")), FIREFOX, "transcode encode encode"),
        (film("matroska", sound("flac", index=0)), FIREFOX, "remux - copy"),
        (film("matroska", sound("dts", index=0)), FIREFOX, "remux - encode"),
        (film("mp4", sound(index=0)), FIREFOX, "direct - copy"),
    ],
)
def test_each_track_is_kept_where_the_browser_plays_it(file: VideoFile, facts: dict[str, Any], expected: str) -> None:
    assert what(decided(file, facts)) == expected


@pytest.mark.parametrize(
    ("stream", "expected", "code"),
    [
        (picture(profile="High", bit_depth=8, pixel_format="yuv420p"), "direct", None),
        (picture(profile="High", pixel_format="yuvj420p"), "direct", None),
        (picture(profile=None, pixel_format=None), "direct", None),
        (picture(profile="High 10", bit_depth=10, pixel_format="yuv420p10le"), "transcode", "video_depth"),
        (picture(profile="High 10"), "transcode", "video_depth"),
        (picture(profile="High 4:2:2", bit_depth=8, pixel_format="yuv422p"), "transcode", "video_chroma"),
        (picture(profile="High 4:4:4 Predictive", bit_depth=8, pixel_format="yuv444p"), "transcode", "video_chroma"),
        (picture(profile="High 4:4:4 Predictive", pixel_format="gbrp"), "transcode", "video_chroma"),
        (picture(profile="Extended"), "transcode", "video_profile"),
        (picture(level=51), "direct", None),
        (picture(level=62), "transcode", "video_level"),
        (picture("vp9", profile="Profile 2", bit_depth=10), "direct", None),
        (picture("vp9", profile="Profile 2", bit_depth=12), "transcode", "video_depth"),
        (picture("vp9", profile="Profile 1", pixel_format="yuv444p"), "transcode", "video_chroma"),
        (picture("av1", profile="Main", bit_depth=10), "direct", None),
        (picture("av1", profile="Professional", bit_depth=8), "transcode", "video_profile"),
        (picture(is_interlaced=True), "transcode", "interlaced"),
        (picture(is_interlaced=False), "direct", None),
    ],
)
def test_profile_depth_colours_level_and_fields_count(stream: dict[str, Any], expected: str, code: str | None) -> None:
    decision = decided(film("mp4", stream, sound()))

    assert decision.method == expected
    assert [reason.code for reason in decision.reasons] == ([code] if code else [])


def test_the_sentence_says_what_is_not_supported_and_what_is_not_touched() -> None:
    decision = decided(film("matroska", picture(), SURROUND), FIREFOX)

    assert decision.sentence == "Audio DTS is not supported here: the sound is converted, the picture is not touched."
    assert [(r.track, r.sentence) for r in decision.reasons] == [
        ("container", "The container Matroska is not supported here."),
        ("audio", "Audio DTS is not supported here."),
    ]
    assert decision.video.sentence == "H.264 1080p, not touched"
    assert decision.audio.sentence == "DTS 5.1 becomes AAC 5.1"


@pytest.mark.parametrize(
    ("file", "wish", "sentence"),
    [
        (film("mp4", picture(), sound()), {}, "Plays directly, nothing is converted."),
        (
            film("matroska", picture(), sound()),
            {},
            "The container Matroska is not supported here: it is sent in pieces, picture and sound are not touched.",
        ),
        (
            film("matroska", picture("hevc"), SURROUND),
            {},
            "Video HEVC and audio DTS are not supported here: picture and sound are converted.",
        ),
        (
            film("mp4", picture(), sound()),
            {"quality": "480p"},
            "480p was chosen: the picture is converted, the sound is not touched.",
        ),
        (
            film("mp4", picture(), sound(), sound(index=2)),
            {"audio": 2},
            "Browsers only play a file's first sound track: it is sent in pieces, picture and sound are not touched.",
        ),
        (
            film("mp4", picture(profile="High 10", bit_depth=10)),
            {},
            "Video H.264 with 10 bits is not supported here: the picture is converted.",
        ),
        (
            film("mp4", picture(), sound("unknown", channels=None)),
            {},
            "The sound is of a kind that nothing here can read: the picture is not touched, there is no sound.",
        ),
        (
            film("mp4", picture(), sound()),
            {"failed": ["direct", "remux"]},
            "The browser could not play it as it is: picture and sound are converted.",
        ),
    ],
)
def test_the_sentences(file: VideoFile, wish: dict[str, Any], sentence: str) -> None:
    assert decided(file, FIREFOX, **wish).sentence == sentence


def test_another_sound_track_means_a_remux_with_the_same_picture() -> None:
    file = film("mp4", picture(), sound(), sound("ac3", index=2, channels=6))

    decision = decided(file, audio=2)

    assert decision.rendition.video == VideoPlan(0, Action.COPY, "h264")
    assert decision.rendition.audio == AudioPlan(2, Action.ENCODE, "aac", 6, 384_000)
    assert decision.audio_index == 2


def test_the_sound_that_the_file_marks_is_heard_even_when_it_is_not_the_first() -> None:
    file = film("mp4", picture(), sound(title="Commentary"), sound(index=2, is_default=True))

    decision = decided(file)

    assert (decision.method, decision.audio_index) == ("remux", 2)


def test_a_sound_that_nothing_reads_gives_way_to_one_that_plays() -> None:
    file = film("mp4", picture(), sound("unknown", channels=None, is_default=True), sound(index=2))

    assert decided(file).audio_index == 2


def test_a_sound_track_that_the_file_lacks_is_refused() -> None:
    with pytest.raises(WishError, match="no sound track 7"):
        decided(film("mp4", picture(), sound()), audio=7)


@pytest.mark.parametrize(("channels", "able", "becomes"), [(8, 6, 6), (6, 6, 6), (6, 2, 2), (2, 6, 2), (1, 6, 1)])
def test_converted_sound_keeps_its_channels_up_to_what_the_browser_has(channels: int, able: int, becomes: int) -> None:
    facts = {**CHROMIUM, "audio": [{"codec": "aac", "channels": able}]}

    decision = decided(film("mp4", picture(), sound("dts", channels=channels)), facts)

    assert decision.rendition.audio.channels == becomes


def test_more_channels_than_the_browser_takes_are_converted() -> None:
    facts = {**CHROMIUM, "audio": [{"codec": "aac", "channels": 2}]}

    decision = decided(film("mp4", picture(), sound(channels=6)), facts)

    assert decision.sentence.startswith("Audio AAC 5.1 is not supported here")


class TestHdr:
    file = film("mp4", picture("hevc", **HDR), sound(), is_hdr=True, hdr_format="hdr10")

    def test_it_is_mapped_for_an_ordinary_screen(self) -> None:
        decision = decided(self.file, SAFARI | {"hdr": False})

        assert decision.rendition.video.tonemaps
        assert decision.video.sentence == "HEVC 1080p HDR10 becomes H.264 1080p SDR, 6.0\N{NO-BREAK SPACE}Mbit/s"

    def test_it_stays_on_a_screen_that_shows_it(self) -> None:
        assert decided(self.file, SAFARI).method == "direct"

    def test_the_original_is_sent_when_the_viewer_asks_for_it(self) -> None:
        assert decided(self.file, SAFARI | {"hdr": False}, quality="original").method == "direct"

    def test_every_conversion_maps_it_since_h264_has_none(self) -> None:
        assert decided(self.file, SAFARI, quality="720p").rendition.video.tonemaps

    def test_dolby_vision_over_an_ordinary_picture_needs_no_mapping(self) -> None:
        file = film("mp4", picture("hevc", color_transfer="bt709"), is_hdr=True, hdr_format="dolby_vision")

        assert not decided(file, FIREFOX).rendition.video.tonemaps

    def test_colours_that_only_dolby_reads_are_told(self) -> None:
        file = film("mp4", picture("hevc", profile="Main 10"), is_hdr=True, hdr_format="dolby_vision")

        decision = decided(file, FIREFOX)

        assert "dolby_vision" in [reason.code for reason in decision.reasons]
        assert "they look wrong" in decision.sentence


class TestRotation:
    def test_a_browser_turns_an_mp4_itself(self) -> None:
        assert decided(film("mp4", picture(), sound(), rotation=90, width=1080, height=1920)).method == "direct"

    def test_in_other_containers_it_is_sent_in_pieces_untouched(self) -> None:
        decision = decided(film("matroska", picture(), sound(), rotation=90, width=1080, height=1920))

        assert what(decision) == "remux copy copy"
        assert decision.reasons[0].code == "rotation"


class TestQuality:
    def test_the_menu_has_what_is_smaller_than_the_original(self) -> None:
        decision = decided(film("mp4", picture(bit_rate=8_000_000), sound()))

        assert [(quality.id, quality.is_chosen) for quality in decision.qualities] == [
            ("auto", True), ("original", False), ("720p", False), ("480p", False), ("360p", False), ("240p", False)
        ]  # fmt: skip
        labels = [quality.label.replace("\N{NO-BREAK SPACE}", " ") for quality in decision.qualities]
        assert labels[:3] == ["Automatic", "Original · 1080p · 8.0 Mbit/s", "720p · 3.0 Mbit/s"]

    @pytest.mark.parametrize(
        ("width", "height", "first", "shorter_side"),
        [
            (3840, 2160, "1440p", 720),
            (1920, 800, "720p", 534),
            (1080, 1920, "720p", 720),
            (1080, 2400, "1080p", 576),
            (1072, 1920, "720p", 714),
        ],
    )
    def test_wide_and_upright_pictures_count_as_what_people_call_them(
        self, width: int, height: int, first: str, shorter_side: int
    ) -> None:
        decision = decided(film("mp4", picture(), sound(), width=width, height=height), quality="720p")

        assert decision.qualities[2].id == first
        assert decision.rendition.video.height == shorter_side

    def test_a_size_above_the_original_means_the_original(self) -> None:
        decision = decided(film("mp4", picture(), sound(), width=640, height=480), quality="1080p")

        assert decision.method == "direct"
        assert [quality.id for quality in decision.qualities if quality.is_chosen] == ["auto"]

    def test_a_chosen_size_gets_its_bit_rate(self) -> None:
        video = decided(film("mp4", picture(bit_rate=8_000_000), sound()), quality="720p").rendition.video

        assert (video.height, video.bit_rate) == (720, 3_000_000)

    def test_no_more_bits_than_the_original_can_use(self) -> None:
        video = decided(film("mp4", picture(bit_rate=1_000_000), sound()), quality="720p").rendition.video

        assert video.bit_rate == 1_100_000

    def test_sixty_pictures_a_second_get_more(self) -> None:
        video = decided(film("mp4", picture(bit_rate=20_000_000, frame_rate=60)), quality="720p").rendition.video

        assert video.bit_rate == 4_200_000

    def test_small_pictures_get_small_sound(self) -> None:
        audio = decided(film("mp4", picture(), sound("dts", channels=6)), quality="240p").rendition.audio

        assert (audio.channels, audio.bit_rate) == (2, 96_000)

    def test_what_must_be_converted_is_full_hd_at_most_by_itself_and_whole_on_demand(self) -> None:
        file = film("mp4", picture("hevc"), sound(), width=3840, height=2160)

        by_itself, on_demand = decided(file, FIREFOX), decided(file, FIREFOX, quality="original")

        assert by_itself.rendition.video.height == 1080
        assert on_demand.rendition.video.height is None

    def test_a_codecs_own_limit_of_size_counts(self) -> None:
        file = film("mp4", picture("av1"), sound(), width=3840, height=2160)

        assert [reason.code for reason in decided(file).reasons] == ["video_size"]


class TestLimits:
    def test_more_than_the_wanted_height_is_made_smaller(self) -> None:
        decision = decided(film("mp4", picture(), sound()), CHROMIUM | {"max_height": 720})

        assert decision.rendition.video.height == 720
        assert decision.sentence.startswith("More than 720p is not wanted here")

    def test_more_than_the_wanted_bit_rate_is_made_to_fit(self) -> None:
        facts = CHROMIUM | {"max_bit_rate": 2_000_000}

        rendition = decided(film("mp4", picture(bit_rate=8_000_000), sound(), bit_rate=8_100_000), facts).rendition

        assert rendition.video.height == 480
        assert rendition.video.bit_rate == 1_500_000

    def test_what_fits_plays_directly(self) -> None:
        facts = CHROMIUM | {"max_bit_rate": 10_000_000, "max_height": 1080}

        assert decided(film("mp4", picture(), sound()), facts).method == "direct"

    def test_a_limit_below_every_size_still_gives_a_picture(self) -> None:
        video = decided(film("mp4", picture(), sound()), CHROMIUM | {"max_bit_rate": 150_000}).rendition.video

        assert (video.height, video.bit_rate) == (240, 100_000)


class TestSubtitles:
    file = film("matroska", picture(), sound(), text(), text("hdmv_pgs_subtitle", index=3))

    def test_bitmaps_are_drawn_into_the_picture(self) -> None:
        decision = decided(self.file, subtitle="e3")

        assert what(decision) == "transcode encode copy"
        assert decision.rendition.video.burns_subtitle == decision.burns_subtitle == 3
        assert decision.reasons[0].track == "subtitle"

    @pytest.mark.parametrize("subtitle", ["e2", "off", None, "sffff"])
    def test_text_leaves_the_picture_alone(self, subtitle: str | None) -> None:
        assert decided(self.file, subtitle=subtitle).method == "direct"


class TestWithoutHls:
    facts = FIREFOX | {"hls": False}

    def test_what_plays_directly_plays(self) -> None:
        decision = decided(film("mp4", picture(), sound()), self.facts)

        assert decision.method == "direct"
        assert [quality.id for quality in decision.qualities] == ["original"]

    def test_nothing_else_does_and_the_sentence_says_so(self) -> None:
        decision = decided(film("matroska", picture("hevc"), sound()), self.facts)

        assert decision.method is None
        assert decision.rendition is None
        assert decision.sentence == (
            "The container Matroska and video HEVC are not supported here and this browser plays only whole files, "
            "nothing that is converted for it: it can't be played."
        )

    def test_a_picture_without_its_sound_is_better_than_nothing(self) -> None:
        decision = decided(film("mp4", picture(), SURROUND), self.facts)

        assert decision.method == "direct"
        assert decision.sentence.endswith("the picture plays without sound.")

    @pytest.mark.parametrize("wish", [{"quality": "480p"}, {"audio": 2}, {"subtitle": "e3"}])
    def test_wishes_that_need_conversion_are_told_to_be_none(self, wish: dict[str, Any]) -> None:
        file = film("mp4", picture(), sound(), sound(index=2), text("dvd_subtitle", index=3))

        decision = decided(file, self.facts, **wish)

        assert decision.method == "direct"
        assert decision.sentence.endswith("the file plays as it is.")


def test_a_browser_without_h264_can_be_given_no_conversion() -> None:
    facts = FIREFOX | {"video": ["vp9", "av1"]}

    decision = decided(film("mp4", picture(), sound()), facts)

    assert decision.method is None
    assert "lacks H.264" in decision.sentence


def test_a_picture_that_ffmpeg_cannot_read_plays_nowhere() -> None:
    decision = decided(film("matroska", picture("unknown"), sound()))

    assert decision.method is None
    assert "nothing here can read" in decision.sentence


def test_a_file_without_tracks_says_so() -> None:
    cover = picture("mjpeg", is_attached_picture=True)

    decision = decided(film("mp4", cover))

    assert decision.method is None
    assert decision.sentence == "There is neither picture nor sound in this file."


def test_a_file_that_was_not_read_yet_is_sent_as_it_is() -> None:
    decision = decided(VideoFile(container="", streams=[]))

    assert decision.method == "direct"
    assert "Nothing is known" in decision.sentence


def test_ways_that_failed_are_not_gone_again() -> None:
    file = film("mp4", picture(), sound())

    ways = [what(decided(file, failed=failed)) for failed in ([], ["direct"], ["direct", "remux"])]

    assert ways == ["direct copy copy", "remux copy copy", "transcode encode encode"]


def test_the_largest_marked_picture_plays_and_never_a_cover() -> None:
    cover = picture("png", index=0, is_attached_picture=True, is_default=True)
    second = picture("mjpeg", index=2, width=320, height=240)

    decision = decided(film("mp4", cover, picture(index=1), second, sound(index=3)))

    assert decision.method == "direct"


def test_junk_among_the_streams_is_left_out() -> None:
    file = film("mp4", picture(), sound())
    file.streams += [None, 7, {"kind": "audio"}, {"index": 9, "kind": "audio", "codec": None}]

    assert decided(file).method == "direct"


# ---- what comes from outside ----------------------------------------------------------------------------------------
def test_a_browser_that_says_nothing_is_taken_for_an_ordinary_one() -> None:
    for facts in (None, {}, {"containers": [], "video": None, "audio": []}):
        able = read_capabilities(facts)

        assert decide(film("mp4", picture(), sound()), able, read_wish({})).method == "direct"
        assert decide(film("matroska", picture(), SURROUND), able, read_wish({})).method == "remux"
        assert decide(film("mp4", picture("hevc"), sound()), able, read_wish({})).method == "transcode"


def test_names_of_other_programs_are_understood_and_new_ones_do_no_harm() -> None:
    able = browser(
        {"containers": ["mov", "MKV", "holo"], "video": ["avc1", "hvc1", "av2"], "audio": ["mp4a", "ac-3"], "new": 1}
    )

    assert able.containers == {"mp4", "matroska", "holo"}
    assert set(able.video) == {"h264", "hevc", "av2"}
    assert set(able.audio) == {"aac", "ac3"}


@pytest.mark.parametrize(
    "junk",
    [
        [], "chromium", 7,
        {"containers": "mp4"}, {"containers": [1]}, {"containers": ["x" * 41]}, {"containers": ["mp4"] * 65},
        {"video": {"codec": "h264"}}, {"video": [{}]}, {"video": [{"codec": 3}]}, {"video": [[]]},
        {"video": [{"codec": "h264", "max_height": "tall"}]}, {"video": [{"codec": "h264", "max_height": -1}]},
        {"video": [{"codec": "h264", "ten_bit": 1}]}, {"audio": [{"codec": "aac", "channels": True}]},
        {"audio": [None]}, {"hls": "yes"}, {"hdr": 0}, {"max_height": 0}, {"max_bit_rate": 1e300},
        {"max_bit_rate": float("nan")},
    ],
)  # fmt: skip
def test_junk_about_the_browser_is_refused_with_a_sentence(junk: Any) -> None:
    with pytest.raises(WishError, match=r"“.+\.$"):
        read_capabilities(junk)


@pytest.mark.parametrize(
    "junk",
    [
        {"audio": "1"}, {"audio": -1}, {"audio": True}, {"audio": 1.5}, {"audio": 2**63}, {"file": 0}, {"file": [1]},
        {"subtitle": 3}, {"subtitle": "../../etc/passwd"}, {"subtitle": "e" * 41}, {"subtitle": ""},
        {"quality": "best"}, {"quality": 720}, {"quality": "0720p"}, {"quality": "99999p"}, 
        {"quality": "\u0667\u0662\u0660p"},
        {"failed": "direct"}, {"failed": ["magic"]}, {"failed": [["direct"]]},
    ],
)  # fmt: skip
def test_junk_among_the_wishes_is_refused_with_a_sentence(junk: dict[str, Any]) -> None:
    with pytest.raises(WishError, match=r"^“.+\.$"):
        read_wish(junk)
