"""How large a conversion's output will be, guessed before anything is encoded."""

from library.models import VideoFile
from processing.media.encode.command import video_bit_rate
from processing.media.encode.picture import target_size
from processing.media.encode.presets import EncodeSettings, bit_rates
from processing.media.facts import MediaFacts, StreamFacts

# Bits for the same picture, H.264 being 1: what common comparisons of encoders at equal quality find.
_BITS = {"h264": 1.0, "hevc": 0.65, "vp9": 0.65, "av1": 0.5, "vp8": 1.1}
_BITS_OF_OLD_CODECS = 1.8
# Fewer pixels save less than their share: small pictures need more bits for each.
_PIXELS_POWER = 0.75


def facts_of(file: VideoFile) -> MediaFacts:
    """What the library knows of the file, as the media package takes it."""
    streams = tuple(StreamFacts(**stream) for stream in file.streams)
    return MediaFacts(
        container=file.container,
        duration_seconds=file.duration_seconds,
        width=file.width,
        height=file.height,
        rotation=file.rotation,
        frame_rate=file.frame_rate,
        bit_rate=file.bit_rate,
        video_codec=file.video_codec or None,
        is_hdr=file.is_hdr,
        streams=streams,
    )


def estimate_bytes(file: VideoFile, settings: EncodeSettings) -> int:
    """The likely size: by the codecs' efficiency and the number of pixels, under the preset's rates."""
    facts = facts_of(file)
    if not facts.width or not facts.height:
        return file.size_bytes
    target = target_size(facts, settings)
    pixels = (target.width * target.height) / (facts.width * facts.height)
    before = _BITS.get(facts.video_codec or "", _BITS_OF_OLD_CODECS)
    guess = file.size_bytes * _BITS[settings.codec] / before * pixels**_PIXELS_POWER
    return int(min(guess, most_bytes(file, settings)))


def most_bytes(file: VideoFile, settings: EncodeSettings) -> int:
    """The largest that the output can become: its highest bit rate all the time, and the sound as it is."""
    facts = facts_of(file)
    if not facts.duration_seconds or not facts.width or not facts.height:
        return round(file.size_bytes * 1.2)
    longer = target_size(facts, settings).longer_side
    picture = video_bit_rate(facts)
    rates = bit_rates(settings, longer_side_px=longer, source_bit_rate=picture)
    sound = max(0, (facts.bit_rate or 0) - (picture or 0))
    return int((rates.most + sound) * facts.duration_seconds / 8)
