"""The decision itself. docs/playback.md has its rules as a table."""

from dataclasses import dataclass, field

from library import words
from library.models import VideoFile
from playback.exceptions import WishError
from playback.services.decisions import picture as pictures
from playback.services.decisions import sound as sounds
from playback.services.decisions.capabilities import Capabilities
from playback.services.decisions.media import BITMAP_SUBTITLES, Media, media_of
from playback.services.decisions.outcome import Decision, Method, Reason, TrackOutcome
from playback.services.decisions.sentences import conclude, encoded_picture, encoded_sound, kept_picture, kept_sound
from playback.services.decisions.sizes import encoded_size, menu
from playback.services.decisions.wishes import Wish
from processing.media.facts import StreamFacts
from processing.media.stream.rendition import Action, AudioPlan, Rendition, VideoPlan

# What conversions make; a browser without it can be given nothing but the file.
_TARGET = "h264"
_UNKNOWN = Decision(
    Method.DIRECT, "Nothing is known about this file yet, so it is sent as it is.", [], audio_index=None
)
_FAILED = "the browser could not play it as it is"
_UNCUT = "the file has too few keyframes to be sent in pieces as it is"
_EMPTY = "There is neither picture nor sound in this file."


@dataclass(slots=True)
class _Case:
    """One file, one browser, one wish, and what speaks against what."""

    media: Media
    browser: Capabilities
    wish: Wish
    sound: StreamFacts | None
    burns: StreamFacts | None
    can_be_cut: bool = True
    picture_reasons: list[Reason] = field(default_factory=list)
    sound_reasons: list[Reason] = field(default_factory=list)
    file_reasons: list[Reason] = field(default_factory=list)

    @property
    def can_convert(self) -> bool:
        return self.browser.hls and _TARGET in self.browser.video


def decide(file: VideoFile, capabilities: Capabilities, wish: Wish, *, can_be_cut: bool = True) -> Decision:
    """How this file plays in this browser. Reads columns of the row and nothing else.

    `can_be_cut` is False where it is known that the file has too few keyframes to be copied in pieces. Raises WishError
    when the wish names a sound or a subtitle that the file doesn't have.
    """
    media = media_of(file)
    if not media.is_known:
        return _UNKNOWN
    case = _case(media, capabilities, wish)
    case.can_be_cut = can_be_cut
    if media.picture is None and (case.sound is None or not sounds.is_readable(case.sound)):
        return Decision(None, _EMPTY, [Reason("empty", "container", cause="it has neither picture nor sound")])
    against = [*case.file_reasons, *case.picture_reasons, *case.sound_reasons]
    if not against:
        return _direct(case, [])
    if not capabilities.hls:
        return _without_streams(case, against)
    return _streamed(case)


def _case(media: Media, browser: Capabilities, wish: Wish) -> _Case:
    case = _Case(media, browser, wish, _chosen_sound(media, wish), _burnt(media, wish))
    case.picture_reasons = pictures.against_showing(media, wish, browser)
    if case.burns is not None:
        cause = "these subtitles are pictures, which are drawn into the video"
        case.picture_reasons.append(Reason("subtitle_burn", "subtitle", cause=cause, is_hard=False))
    if case.sound is not None:
        case.sound_reasons = sounds.against_playing(case.sound, browser)
    case.file_reasons = _against_file(case)
    return case


def _chosen_sound(media: Media, wish: Wish) -> StreamFacts | None:
    if wish.audio is None:
        return media.default_sound
    chosen = media.sound(wish.audio)
    if chosen is None:
        raise WishError(f"This file has no sound track {wish.audio}.")
    return chosen


def _burnt(media: Media, wish: Wish) -> StreamFacts | None:
    """The chosen subtitles when they are pictures. Ids of others are none of our business."""
    wished = (wish.subtitle or "").removeprefix("e")
    bitmaps = (s for s in media.subtitles if s.codec in BITMAP_SUBTITLES)
    return next((s for s in bitmaps if media.picture is not None and str(s.index) == wished), None)


def _against_file(case: _Case) -> list[Reason]:
    """What speaks against sending the file as it is, though its tracks may be fine."""
    media, reasons = case.media, []
    container = words.container(media.container)
    if media.container not in case.browser.containers:
        reasons.append(Reason("container", "container", f"the container {container}"))
    elif media.rotation and media.container != "mp4":
        cause = f"not every browser turns pictures in {container} upright"
        reasons.append(Reason("rotation", "container", cause=cause, is_hard=False))
    if case.sound is not None and media.sounds and case.sound.index != media.sounds[0].index:
        cause = "browsers only play a file's first sound track"
        reasons.append(Reason("audio_track", "audio", cause=cause, is_hard=False))
    if Method.DIRECT in case.wish.failed:
        reasons.append(Reason("failed", "container", cause="the browser could not play the file itself", is_hard=False))
    return reasons


def _direct(case: _Case, reasons: list[Reason], sentence: str = "") -> Decision:
    media, sound = case.media, case.sound
    return Decision(
        Method.DIRECT,
        sentence or "Plays directly, nothing is converted.",
        reasons,
        video=kept_picture(media) if media.picture is not None else None,
        audio=kept_sound(sound) if sound is not None else None,
        qualities=menu(media, case.wish, can_convert=case.can_convert),
        audio_index=sound.index if sound is not None else None,
    )


def _without_streams(case: _Case, against: list[Reason]) -> Decision:
    """For a browser that plays only files: as it is with what is missing then, or not at all."""
    lacks = Reason("hls", "container", cause="this browser plays only whole files, nothing that is converted for it")
    hard = [reason for reason in against if reason.is_hard]
    # A picture without sound is better than nothing.
    stops = [reason for reason in hard if reason.track != "audio" or case.media.picture is None]
    if stops:
        return Decision(None, conclude([*stops, lacks], "it can't be played"), [*against, lacks])
    effect = "the picture plays without sound" if hard else "the file plays as it is"
    return _direct(case, [*against, lacks], conclude([*(hard or against), lacks], effect))


def _streamed(case: _Case) -> Decision:
    media, browser, wish = case.media, case.browser, case.wish
    picture, sound = media.picture, case.sound
    picture_reasons = list(case.picture_reasons)
    if picture is not None and not picture_reasons:
        picture_reasons = pictures.against_copying(picture, media, browser)
        if not case.can_be_cut and not picture_reasons:
            picture_reasons = [Reason("few_keyframes", "video", cause=_UNCUT)]
        if Method.REMUX in wish.failed:
            picture_reasons.append(Reason("failed", "video", cause=_FAILED, is_hard=False))
    sound_reasons = list(case.sound_reasons)
    if sound is not None and not sound_reasons:
        sound_reasons = sounds.against_copying(sound, browser)
        if Method.REMUX in wish.failed and not sound_reasons:
            sound_reasons = [Reason("failed", "audio", cause=_FAILED, is_hard=False)]
    reasons = [*case.file_reasons, *picture_reasons, *sound_reasons]
    if picture is not None and picture_reasons and (problem := _against_encoding(case, picture)) is not None:
        return Decision(None, conclude([*picture_reasons, problem], "it can't be played"), [*reasons, problem])
    audio = _plan_sound(case, sound, copies=not sound_reasons)
    video = _plan_picture(case, picture, audio, copies=not picture_reasons)
    if video is not None and video.action is Action.ENCODE and not media.has_readable_colors:
        cause = "only Dolby's own players show the colours of this Dolby Vision: they look wrong"
        reasons.append(Reason("dolby_vision", "video", cause=cause))
    if video is None and audio is None:
        return Decision(None, _EMPTY, reasons)
    rendition = Rendition(video, audio)
    method = Method.REMUX if rendition.is_remux else Method.TRANSCODE
    return Decision(
        method,
        _sentence(case, reasons, rendition),
        reasons,
        rendition,
        video=_picture_outcome(media, video),
        audio=_sound_outcome(sound, audio),
        qualities=menu(media, wish, can_convert=case.can_convert),
        audio_index=sound.index if sound is not None else None,
        burns_subtitle=case.burns.index if case.burns is not None else None,
    )


def _against_encoding(case: _Case, picture: StreamFacts) -> Reason | None:
    if picture.codec in ("", "unknown"):
        return Reason("video_unknown", "video", cause="the picture is of a kind that nothing here can read")
    if _TARGET not in case.browser.video:
        return Reason("no_h264", "video", cause="this browser lacks H.264, which videos are converted to")
    return None


def _plan_sound(case: _Case, sound: StreamFacts | None, *, copies: bool) -> AudioPlan | None:
    if sound is None or not sounds.is_readable(sound):
        return None
    if copies:
        return sounds.copied(sound)
    return sounds.encoded(sound, case.browser, class_height=case.wish.height or 0)


def _plan_picture(
    case: _Case, picture: StreamFacts | None, audio: AudioPlan | None, *, copies: bool
) -> VideoPlan | None:
    media, browser = case.media, case.browser
    if picture is None:
        return None
    if copies:
        return VideoPlan(picture.index, Action.COPY, picture.codec)
    target = browser.video[_TARGET]
    limits = [limit for limit in (browser.max_height, target.max_height) if limit]
    size = encoded_size(
        media,
        case.wish,
        max_height=min(limits, default=None),
        max_bit_rate=browser.max_bit_rate,
        sound_bit_rate=_bit_rate(case, audio),
    )
    return VideoPlan(
        picture.index,
        Action.ENCODE,
        _TARGET,
        height=size.shorter_side,
        bit_rate=size.bit_rate,
        tonemaps=media.needs_tone_map,
        burns_subtitle=case.burns.index if case.burns is not None else None,
    )


def _bit_rate(case: _Case, audio: AudioPlan | None) -> int:
    if audio is None:
        return 0
    source = case.media.sound(audio.stream_index)
    return audio.bit_rate or (source.bit_rate if source else None) or 160_000


def _picture_outcome(media: Media, plan: VideoPlan | None) -> TrackOutcome | None:
    if plan is None:
        return None
    return kept_picture(media) if plan.action is Action.COPY else encoded_picture(media, plan)


def _sound_outcome(sound: StreamFacts | None, plan: AudioPlan | None) -> TrackOutcome | None:
    if plan is None or sound is None:
        return None
    return kept_sound(sound) if plan.action is Action.COPY else encoded_sound(sound, plan)


def _sentence(case: _Case, reasons: list[Reason], rendition: Rendition) -> str:
    """The causes of what is converted, or else of the other container, and what becomes of picture and sound."""
    video, audio = rendition.video, rendition.audio
    changed = {
        *(["video", "subtitle"] if video is not None and video.action is Action.ENCODE else []),
        *(["audio"] if audio is None or audio.action is Action.ENCODE else []),
    }
    causes = [r for r in reasons if r.track in changed and r.code != "audio_track"]
    return conclude(causes or reasons, _effect(case, video, audio))


def _effect(case: _Case, video: VideoPlan | None, audio: AudioPlan | None) -> str:
    done = {
        "the picture": video.action if video is not None else None,
        "the sound": audio.action if audio is not None else None,
    }
    converted = [name for name, action in done.items() if action is Action.ENCODE]
    kept = [name for name, action in done.items() if action is Action.COPY]
    if len(converted) == 2:
        return "picture and sound are converted"
    if len(kept) == 2:
        return "it is sent in pieces, picture and sound are not touched"
    parts = [f"{name} is converted" for name in converted] + [f"{name} is not touched" for name in kept]
    if case.sound is not None and audio is None:
        parts.append("there is no sound")
    return ", ".join(parts)
