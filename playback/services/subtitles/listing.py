"""Which subtitles a video has, in words, and which of them shows by itself."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from library.models import VideoFile
from playback.languages import language_code, language_name
from playback.services.decisions.media import BITMAP_SUBTITLES, TEXT_SUBTITLES, Media
from playback.services.decisions.wishes import OFF
from playback.services.subtitles.sidecars import Sidecar, find_sidecars
from processing.media.facts import StreamFacts


@dataclass(frozen=True, slots=True)
class SubtitleTrack:
    """Subtitles to choose. `language` is a two-letter code, empty when unknown. A bitmap is drawn into the picture."""

    id: str
    label: str
    language: str
    kind: Literal["text", "bitmap"]
    is_default: bool = False
    is_forced: bool = False
    is_chosen: bool = False


def list_subtitles(
    file: VideoFile,
    media: Media,
    *,
    wished: str | None = None,
    sound: StreamFacts | None,
    languages: Sequence[str] = (),
) -> list[SubtitleTrack]:
    """Those in the file, then those beside it. `languages` are the viewer's, two letters each, `sound` what is heard.

    One is chosen: the wished one; by itself forced text in the language that is heard (the words of foreigners in the
    film), else the text that the file marks when it is in the viewer's language and the sound isn't. Bitmaps are never
    chosen by themselves: drawing them means converting the picture.
    """
    tracks = [track for stream in media.subtitles if (track := _embedded(stream)) is not None]
    tracks += [_beside(sidecar) for sidecar in find_sidecars(file)]
    chosen = wished if wished is not None else _by_itself(tracks, sound, languages)
    return [replace(track, is_chosen=track.id == chosen != OFF) for track in _told_apart(tracks)]


def _embedded(stream: StreamFacts) -> SubtitleTrack | None:
    if stream.codec not in TEXT_SUBTITLES | BITMAP_SUBTITLES:
        return None
    is_bitmap = stream.codec in BITMAP_SUBTITLES
    title = stream.title or ""
    is_impaired = stream.is_hearing_impaired and "sdh" not in title.lower()
    is_forced = stream.is_forced or "forced" in title.lower()
    return SubtitleTrack(
        id=f"e{stream.index}",
        label=_label(stream.language, title, is_forced=is_forced, is_impaired=is_impaired, is_bitmap=is_bitmap),
        language=language_code(stream.language),
        kind="bitmap" if is_bitmap else "text",
        is_default=stream.is_default,
        is_forced=is_forced,
    )


def _beside(sidecar: Sidecar) -> SubtitleTrack:
    return SubtitleTrack(
        id=sidecar.id,
        label=_label(
            sidecar.language, sidecar.title, is_forced=sidecar.is_forced, is_impaired=sidecar.is_hearing_impaired
        ),
        language=language_code(sidecar.language),
        kind="text",
        is_default=sidecar.is_default,
        is_forced=sidecar.is_forced,
    )


def _label(language: str | None, title: str, *, is_forced: bool, is_impaired: bool, is_bitmap: bool = False) -> str:
    """English · Director's comments · forced · SDH."""
    name = language_name(language)
    flags = [
        "forced" if is_forced and "forced" not in title.lower() else "",
        "SDH" if is_impaired else "",
        "picture" if is_bitmap else "",
    ]
    words = [name, title if title.lower() != name.lower() else "", *flags]
    if not name and not title:
        words.insert(0, "Subtitles")
    return " · ".join(filter(None, words))


def _told_apart(tracks: Iterable[SubtitleTrack]) -> list[SubtitleTrack]:
    """English, English 2."""
    seen: dict[str, int] = {}
    named = []
    for track in tracks:
        seen[track.label] = number = seen.get(track.label, 0) + 1
        named.append(replace(track, label=f"{track.label} {number}") if number > 1 else track)
    return named


def _by_itself(tracks: Sequence[SubtitleTrack], sound: StreamFacts | None, languages: Sequence[str]) -> str | None:
    heard = language_code(sound.language) if sound is not None else ""
    texts = [track for track in tracks if track.kind == "text"]
    forced = [track for track in texts if track.is_forced and track.language in (heard, "")]
    if forced:
        return max(forced, key=lambda track: (track.language == heard != "", track.is_default)).id
    if not heard or heard in languages:
        return None
    marked = [t for t in texts if t.is_default and not t.is_forced and t.language in languages]
    return min(marked, key=lambda track: languages.index(track.language)).id if marked else None
