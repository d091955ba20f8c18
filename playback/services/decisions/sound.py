"""Whether a browser plays a sound as it is, and what it becomes otherwise."""

from library import words
from playback.services.decisions.capabilities import Capabilities
from playback.services.decisions.outcome import Reason
from processing.media.facts import StreamFacts
from processing.media.stream.rendition import Action, AudioPlan

# Sounds that can be copied into the fragmented MP4 of HLS.
STREAMED = frozenset({"aac", "ac3", "alac", "eac3", "flac", "mp3", "opus"})
_AAC_PROFILES = frozenset({"LC", "HE-AAC", "HE-AACv2"})
# bit/s of AAC by channels.
_RATES = {1: 96_000, 2: 160_000, 6: 384_000}
_SMALL_RATE = 96_000
# At or below this class of height the sound is made small too.
_SMALL_HEIGHT = 360
_SURROUND = 6
_STEREO = 2
_LAYOUTS = {"mono": "mono", "stereo": "stereo", "downmix": "stereo"}


def is_readable(sound: StreamFacts) -> bool:
    """Whether FFmpeg can decode it."""
    return sound.codec not in ("", "unknown") and bool(sound.channels)


def name_of(sound: StreamFacts) -> str:
    """AC-3 5.1."""
    return " ".join(filter(None, [words.codec(sound.codec), layout_of(sound)]))


def layout_of(sound: StreamFacts) -> str:
    """5.1 for 5.1(side), stereo; 5 channels where the layout has no name."""
    layout = (sound.channel_layout or "").partition("(")[0].strip()
    if layout in _LAYOUTS:
        return _LAYOUTS[layout]
    if layout[:1].isdigit() and "." in layout and "channel" not in layout:
        return layout
    return {None: "", 1: "mono", 2: "stereo"}.get(sound.channels, f"{sound.channels} channels")


def against_playing(sound: StreamFacts, browser: Capabilities) -> list[Reason]:
    """Why the browser can't play it."""
    able = browser.audio.get(sound.codec)
    name = words.codec(sound.codec)
    if not is_readable(sound):
        return [Reason("audio_unknown", "audio", cause="the sound is of a kind that nothing here can read")]
    if able is None:
        return [Reason("audio_codec", "audio", f"audio {name}")]
    if sound.codec == "aac" and sound.profile and sound.profile not in _AAC_PROFILES:
        return [Reason("audio_profile", "audio", f"audio AAC {sound.profile}")]
    if able.channels and (sound.channels or 0) > able.channels:
        return [Reason("audio_channels", "audio", f"audio {name} {layout_of(sound)}")]
    return []


def against_copying(sound: StreamFacts, browser: Capabilities) -> list[Reason]:
    """Why a sound that the browser plays can't be sent in the pieces of HLS as it is."""
    able = browser.audio.get(sound.codec)
    if sound.codec in STREAMED and able is not None and able.in_mp4:
        return []
    return [Reason("audio_streaming", "audio", cause=f"audio {words.codec(sound.codec)} can't be sent in pieces")]


def copied(sound: StreamFacts) -> AudioPlan:
    return AudioPlan(sound.index, Action.COPY, sound.codec)


def encoded(sound: StreamFacts, browser: Capabilities, *, class_height: int) -> AudioPlan:
    """As AAC: in 5.1 where source and browser have that, else stereo; mono stays mono. `class_height` is that of the
    picture it is sent with, 0 for one that isn't made smaller."""
    able = browser.audio.get("aac")
    can_surround = able is not None and (able.channels or _SURROUND) >= _SURROUND
    has = sound.channels or _STEREO
    is_small = 0 < class_height <= _SMALL_HEIGHT
    channels = _SURROUND if has >= _SURROUND and can_surround and not is_small else min(has, _STEREO)
    rate = _SMALL_RATE if is_small else _RATES[channels]
    return AudioPlan(sound.index, Action.ENCODE, "aac", channels, rate)
