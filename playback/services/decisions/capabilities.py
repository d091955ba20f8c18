"""What a browser says that it plays, read with care: it comes from outside."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from playback.exceptions import WishError

_MOST_ENTRIES = 64
_MOST_LETTERS = 40
_LARGEST = 10**10
# What other programs and standards call them: codec strings, file endings, FFmpeg's demuxers.
_CONTAINER_NAMES = {
    "3gp": "mp4", "m4a": "mp4", "m4v": "mp4", "mov": "mp4", "quicktime": "mp4", "mkv": "matroska",
    "x-matroska": "matroska", "ts": "mpegts", "mp2t": "mpegts", "m2ts": "mpegts", "ogv": "ogg", "oga": "ogg",
    "mpg": "mpeg", "wmv": "asf",
}  # fmt: skip
_CODEC_NAMES = {
    "avc": "h264", "avc1": "h264", "avc3": "h264", "h.264": "h264", "h265": "hevc", "h.265": "hevc", "hvc1": "hevc",
    "hev1": "hevc", "av01": "av1", "vp09": "vp9", "vp08": "vp8", "mp4a": "aac", "ac-3": "ac3", "ec-3": "eac3",
    "dca": "dts",
}  # fmt: skip
# Codecs that browsers take in fragmented MP4 whenever they play them at all. Of others they must say so.
_ALWAYS_IN_MP4 = frozenset({"h264", "hevc", "av1", "aac", "ac3", "eac3"})


@dataclass(frozen=True, slots=True)
class PlayableVideo:
    """A kind of picture. `max_height` is of the class (1080 for 1920 × 800 too), `max_level` as the codec counts it;
    None for no limit. `in_mp4`: also in the fragmented MP4 of HLS."""

    codec: str
    max_height: int | None = None
    ten_bit: bool = False
    max_level: int | None = None
    in_mp4: bool = True


@dataclass(frozen=True, slots=True)
class PlayableAudio:
    """A kind of sound, up to so many channels; None for no limit."""

    codec: str
    channels: int | None = None
    in_mp4: bool = True


@dataclass(frozen=True, slots=True)
class Capabilities:
    """A browser. `max_height` (of the class) and `max_bit_rate` (bit/s, altogether) bind whatever is wished for."""

    containers: frozenset[str]
    video: Mapping[str, PlayableVideo] = field(default_factory=dict)
    audio: Mapping[str, PlayableAudio] = field(default_factory=dict)
    hls: bool = True
    hdr: bool = False
    max_height: int | None = None
    max_bit_rate: int | None = None


# What every browser of the last years plays; used for each list that is missing or empty.
_CONTAINERS = frozenset({"mp4"})
_VIDEO = {"h264": PlayableVideo("h264")}
_AUDIO = {"aac": PlayableAudio("aac", 6), "mp3": PlayableAudio("mp3", 2, in_mp4=False)}


def read_capabilities(facts: object) -> Capabilities:
    """The browser as its JSON describes it; what it leaves out is what every browser can do, None is such a one.

    Unknown names and keys are fine: newer players know more. Raises WishError with a sentence for anything that is
    not of the right kind.
    """
    if facts is None:
        facts = {}
    if not isinstance(facts, dict):
        raise WishError("“capabilities” is an object with what the browser plays.")
    names = _entries(facts, "containers")
    if not all(isinstance(name, str) and len(name) <= _MOST_LETTERS for name in names):
        raise WishError("“containers” is a list of names, such as “mp4”.")
    containers = frozenset(_CONTAINER_NAMES.get(name.lower(), name.lower()) for name in names)
    return Capabilities(
        containers=containers or _CONTAINERS,
        video=_by_codec([_video(entry) for entry in _entries(facts, "video")]) or _VIDEO,
        audio=_by_codec([_audio(entry) for entry in _entries(facts, "audio")]) or _AUDIO,
        hls=_flag(facts, "hls", default=True),
        hdr=_flag(facts, "hdr", default=False),
        max_height=_number(facts, "max_height"),
        max_bit_rate=_number(facts, "max_bit_rate"),
    )


def _entries(facts: Mapping[str, Any], name: str) -> list[Any]:
    entries = facts.get(name)
    if entries is None:
        return []
    if not isinstance(entries, list) or len(entries) > _MOST_ENTRIES:
        raise WishError(f"“{name}” is a list of at most {_MOST_ENTRIES} entries.")
    return entries


def _described(entry: object, name: str) -> tuple[str, Mapping[str, Any]]:
    """Codec and facts of an entry; a bare name is one without facts."""
    facts = {"codec": entry} if isinstance(entry, str) else entry
    codec = facts.get("codec") if isinstance(facts, dict) else None
    if not isinstance(facts, dict) or not isinstance(codec, str) or not 0 < len(codec) <= _MOST_LETTERS:
        raise WishError(f"Each entry of “{name}” is an object with a “codec”.")
    return _CODEC_NAMES.get(codec.lower(), codec.lower()), facts


def _video(entry: object) -> PlayableVideo:
    codec, facts = _described(entry, "video")
    return PlayableVideo(
        codec,
        max_height=_number(facts, "max_height"),
        ten_bit=_flag(facts, "ten_bit", default=False),
        max_level=_number(facts, "max_level"),
        in_mp4=_flag(facts, "in_mp4", default=codec in _ALWAYS_IN_MP4),
    )


def _audio(entry: object) -> PlayableAudio:
    codec, facts = _described(entry, "audio")
    in_mp4 = _flag(facts, "in_mp4", default=codec in _ALWAYS_IN_MP4)
    return PlayableAudio(codec, channels=_number(facts, "channels"), in_mp4=in_mp4)


_Playable = TypeVar("_Playable", PlayableVideo, PlayableAudio)


def _by_codec(entries: list[_Playable]) -> dict[str, _Playable]:
    return {entry.codec: entry for entry in entries}


def _flag(facts: Mapping[str, Any], name: str, *, default: bool) -> bool:
    value = facts.get(name)
    if value is None:
        return default
    if not isinstance(value, bool):
        raise WishError(f"“{name}” is true or false.")
    return value


def _number(facts: Mapping[str, Any], name: str) -> int | None:
    value = facts.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= _LARGEST:
        raise WishError(f"“{name}” is a positive number, or null for no limit.")
    return int(value) or None
