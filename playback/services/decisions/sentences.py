"""Decisions in plain words."""

from collections.abc import Sequence
from types import SimpleNamespace

from library import words
from playback.services.decisions import sound as sounds
from playback.services.decisions.media import Media
from playback.services.decisions.outcome import Reason, TrackOutcome
from processing.media.facts import StreamFacts
from processing.media.stream.rendition import Action, AudioPlan, VideoPlan

_MOST_CAUSES = 3


def conclude(reasons: Sequence[Reason], effect: str) -> str:
    """Audio DTS is not supported here: the sound is converted, the picture is not touched."""
    subjects = [reason.subject for reason in reasons if not reason.cause]
    clauses = [reason.cause for reason in reasons if reason.cause]
    if subjects:
        verb = "is" if len(subjects) == 1 else "are"
        clauses.insert(0, f"{listed(subjects)} {verb} not supported here")
    causes = listed(list(dict.fromkeys(clauses))[:_MOST_CAUSES])
    return f"{causes[:1].upper()}{causes[1:]}: {effect}."


def listed(parts: Sequence[str]) -> str:
    """One, two and three."""
    return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))


def kept_picture(media: Media) -> TrackOutcome:
    return TrackOutcome(Action.COPY, f"{describe_picture(media)}, not touched")


def kept_sound(sound: StreamFacts) -> TrackOutcome:
    return TrackOutcome(Action.COPY, f"{sounds.name_of(sound)}, not touched")


def encoded_picture(media: Media, plan: VideoPlan) -> TrackOutcome:
    size = _resolution(media, plan.height)
    target = " ".join(filter(None, [words.codec(plan.codec), size, "SDR" if plan.tonemaps else ""]))
    rate = words.bit_rate(plan.bit_rate) if plan.bit_rate else ""
    fields = "deinterlaced" if media.picture is not None and media.picture.is_interlaced else ""
    becomes = f"{describe_picture(media)} becomes {target}"
    return TrackOutcome(Action.ENCODE, ", ".join(filter(None, [becomes, rate, fields])))


def encoded_sound(sound: StreamFacts, plan: AudioPlan) -> TrackOutcome:
    layout = {1: "mono", 2: "stereo", 6: "5.1"}.get(plan.channels or 0, "")
    target = " ".join(filter(None, [words.codec(plan.codec), layout]))
    return TrackOutcome(Action.ENCODE, f"{sounds.name_of(sound)} becomes {target}")


def describe_picture(media: Media) -> str:
    """HEVC 4K HDR10."""
    if media.picture is None:
        return ""
    hdr = words.hdr_format(media.hdr_format) if media.is_hdr else ""
    return " ".join(filter(None, [words.codec(media.picture.codec), words.resolution(media), hdr]))


def _resolution(media: Media, shorter_side: int | None) -> str:
    """What an upright picture is called once its shorter side is at most so many pixels."""
    if not shorter_side or not media.shorter_side or shorter_side >= media.shorter_side:
        return words.resolution(media)
    ratio = shorter_side / media.shorter_side
    scaled = SimpleNamespace(width=round(media.width * ratio), height=round(media.height * ratio))
    return words.resolution(scaled)
