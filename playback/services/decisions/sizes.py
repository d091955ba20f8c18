"""The quality menu: sizes below the original's, and what bit rate each deserves."""

from dataclasses import dataclass

from library import words
from playback.services.decisions.media import Media
from playback.services.decisions.outcome import Quality
from playback.services.decisions.wishes import AUTO, ORIGINAL, Wish

# Class of height and bit/s of H.264 at up to 30 pictures a second.
RUNGS = (
    (2160, 20_000_000), (1440, 10_000_000), (1080, 6_000_000), (720, 3_000_000), (480, 1_500_000), (360, 800_000),
    (240, 400_000),
)  # fmt: skip
# What conversion without a wish aims at: more costs a software encoder its speed.
AUTO_HEIGHT = 1080
_FAST_RATE = 40.0
_FAST_FACTOR = 1.4
# How many times the source's bit rate H.264 needs for the same picture; of older codecs a tenth more.
_AGAINST = {"hevc": 1.8, "vp9": 1.6, "av1": 2.0}
_AGAINST_OLD = 1.1
_LEAST = 200_000


@dataclass(frozen=True, slots=True)
class Size:
    """A picture to encode: class of height, most of the shorter side (None to keep it) and bit/s."""

    class_height: int
    shorter_side: int | None
    bit_rate: int | None


def rungs_below(media: Media) -> list[int]:
    """The classes that are smaller than the picture, the largest first."""
    # A class begins a little below its number: 1920 × 1072 is 1080p, and no 1080p beside it makes sense.
    return [height for height, _ in RUNGS if height < media.class_height * 0.97]


def rate_of(class_height: int, media: Media) -> int:
    """bit/s that a picture of that class deserves, and never more than the source can use."""
    rates = [rate for height, rate in reversed(RUNGS) if height >= class_height * 0.97] or [RUNGS[0][1]]
    rate = float(rates[0])
    picture = media.picture
    if picture is not None and (picture.frame_rate or 0) > _FAST_RATE:
        rate *= _FAST_FACTOR
    source = media.picture_bit_rate
    if source and picture is not None:
        rate = min(rate, source * _AGAINST.get(picture.codec, _AGAINST_OLD))
    return max(_LEAST, round(rate))


def encoded_size(
    media: Media, wish: Wish, *, max_height: int | None, max_bit_rate: int | None, sound_bit_rate: int
) -> Size:
    """The size to encode to: what is wished for, within the limits. `max_bit_rate` is with the sound."""
    wanted = [wish.height or 0, max_height or 0, AUTO_HEIGHT if wish.quality == AUTO else 0]
    height = min([media.class_height, *(one for one in wanted if one)])
    if max_bit_rate is not None and wish.quality == AUTO:
        left = max_bit_rate - sound_bit_rate
        fitting = [one for one in [height, *rungs_below(media)] if one <= height and rate_of(one, media) <= left]
        height = max(fitting, default=min(height, RUNGS[-1][0]))
    shorter = None
    if height < media.class_height:
        shorter = max(2, round(media.shorter_side * height / media.class_height / 2) * 2)
    rate = None if wish.quality == ORIGINAL and max_bit_rate is None else rate_of(height, media)
    if rate is not None and max_bit_rate is not None:
        rate = max(_LEAST // 2, min(rate, max_bit_rate - sound_bit_rate))
    return Size(height, shorter, rate)


def menu(media: Media, wish: Wish, *, can_convert: bool) -> list[Quality]:
    """What the viewer may choose from; without conversions only the original."""
    if media.picture is None:
        return []
    rungs = rungs_below(media) if can_convert else []
    chosen = wish.quality
    if chosen not in (AUTO, ORIGINAL, *(f"{height}p" for height in rungs)):
        chosen = AUTO if can_convert else ORIGINAL
    facts = [words.resolution(media), words.bit_rate(media.picture_bit_rate)]
    entries = [(AUTO, "Automatic")] if can_convert else []
    entries.append((ORIGINAL, " · ".join(filter(None, ["Original", *facts]))))
    entries += [(f"{height}p", f"{height}p · {words.bit_rate(rate_of(height, media))}") for height in rungs]
    if not can_convert:
        chosen = ORIGINAL
    return [Quality(key, label, key == chosen) for key, label in entries]
