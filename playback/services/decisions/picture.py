"""Whether a browser shows a picture as it is."""

from library import words
from playback.services.decisions.capabilities import Capabilities
from playback.services.decisions.media import Media
from playback.services.decisions.outcome import Reason
from playback.services.decisions.sizes import rungs_below
from playback.services.decisions.wishes import ORIGINAL, Wish
from processing.media.facts import StreamFacts

# Pictures that can be copied into the fragmented MP4 of HLS.
STREAMED = frozenset({"h264", "hevc", "av1", "vp9"})
# Containers whose packets have times that a copy can rely on; AVI and bare streams have none.
_TIMED = frozenset({"asf", "flv", "matroska", "mp4", "mpegts", "mxf", "ogg", "webm"})
_PROFILES = {
    "h264": frozenset({"Baseline", "Constrained Baseline", "Main", "High", "Progressive High", "Constrained High"}),
    "hevc": frozenset({"Main", "Main Still Picture"}),
    "av1": frozenset({"Main"}),
    "vp9": frozenset({"Profile 0"}),
}
_TEN_BIT_PROFILES = {
    "h264": frozenset({"High 10", "High 10 Intra"}),
    "hevc": frozenset({"Main 10"}),
    "av1": frozenset(),
    "vp9": frozenset({"Profile 2"}),
}
_CHROMA = {"422": "4:2:2", "444": "4:4:4", "440": "4:4:0", "411": "4:1:1", "410": "4:1:0"}
# A class begins a little below its number, and cameras write a few lines more.
_HEIGHT_SLACK = 1.03


def name_of(picture: StreamFacts) -> str:
    """HEVC; the codec's name as people know it."""
    return words.codec(picture.codec)


def against_showing(media: Media, wish: Wish, browser: Capabilities) -> list[Reason]:
    """Why the picture can't or shouldn't be shown by the browser as it is. The wish for the original overrules what is
    only a matter of looks."""
    picture = media.picture
    if picture is None:
        return []
    reasons = _against_decoding(picture, media, browser) + _against_size(media, browser)
    if wish.quality != ORIGINAL:
        reasons += _against_looks(media, browser)
    if wish.height in rungs_below(media):
        reasons.append(Reason("quality", "video", cause=f"{wish.quality} was chosen", is_hard=False))
    return reasons


def _against_decoding(picture: StreamFacts, media: Media, browser: Capabilities) -> list[Reason]:
    able = browser.video.get(picture.codec)
    name = name_of(picture)
    if able is None:
        return [Reason("video_codec", "video", f"video {name}")]
    depth, chroma = _bit_depth(picture), _chroma(picture)
    if chroma:
        return [Reason("video_chroma", "video", f"video {name} with {chroma} colours")]
    if depth > 10 or (depth > 8 and not able.ten_bit):
        return [Reason("video_depth", "video", f"video {name} with {depth} bits")]
    profiles = _PROFILES.get(picture.codec, frozenset()) | (
        _TEN_BIT_PROFILES.get(picture.codec, frozenset()) if able.ten_bit else frozenset()
    )
    # Of HEVC's extensions the name says nothing; what is 8 or 10 bits in 4:2:0 was found out above.
    if picture.profile and profiles and picture.profile not in profiles:
        return [Reason("video_profile", "video", f"video {name} {picture.profile}")]
    if able.max_level and picture.level and picture.level > able.max_level:
        return [Reason("video_level", "video", f"video {name} of so high a level")]
    if able.max_height and media.class_height > able.max_height * _HEIGHT_SLACK:
        return [Reason("video_size", "video", f"video {name} in {words.resolution(media)}")]
    return []


def _against_size(media: Media, browser: Capabilities) -> list[Reason]:
    reasons = []
    if browser.max_height and media.class_height > browser.max_height * _HEIGHT_SLACK:
        reasons.append(Reason("max_height", "video", cause=f"more than {browser.max_height}p is not wanted here"))
    if browser.max_bit_rate and media.bit_rate and media.bit_rate > browser.max_bit_rate:
        most = words.bit_rate(browser.max_bit_rate)
        reasons.append(Reason("bit_rate", "video", cause=f"more than {most} is not wanted here"))
    return reasons


def _against_looks(media: Media, browser: Capabilities) -> list[Reason]:
    reasons = []
    if media.needs_tone_map and not browser.hdr:
        reasons.append(Reason("hdr", "video", cause="this screen shows no HDR", is_hard=False))
    if media.picture is not None and media.picture.is_interlaced:
        reasons.append(
            Reason("interlaced", "video", cause="the picture is interlaced, which would show as combs", is_hard=False)
        )
    return reasons


def against_copying(picture: StreamFacts, media: Media, browser: Capabilities) -> list[Reason]:
    """Why a picture that the browser shows can't be sent in the pieces of HLS as it is."""
    able = browser.video.get(picture.codec)
    name = name_of(picture)
    if picture.codec not in STREAMED or (able is not None and not able.in_mp4):
        return [Reason("video_streaming", "video", cause=f"video {name} can't be sent in pieces")]
    if media.container not in _TIMED:
        container = words.container(media.container)
        return [Reason("video_times", "video", cause=f"the pictures in {container} carry no times to cut by")]
    return []


def _bit_depth(picture: StreamFacts) -> int:
    if picture.bit_depth:
        return picture.bit_depth
    return 10 if (picture.profile or "") in ("High 10", "High 10 Intra", "Main 10", "Profile 2") else 8


def _chroma(picture: StreamFacts) -> str:
    """The colours' sampling unless it is the 4:2:0 that browsers show; empty then, and where nobody knows."""
    pixels = picture.pixel_format or ""
    if pixels.startswith(("gbr", "rgb", "bgr")):
        return "RGB"
    return next((name for part, name in _CHROMA.items() if part in pixels), "")
