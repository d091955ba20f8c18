"""The answer to a player that asks how to play a video. Pages, shared pages and the API give the same."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from library.models import VideoFile
from library.models.file import FileState
from playback.exceptions import CannotPlayError, WishError
from playback.languages import language_code, language_name
from playback.queries_files import file_labels, find_file, playable_files
from playback.services.decisions import (
    Capabilities,
    Decision,
    Media,
    Method,
    TrackOutcome,
    Wish,
    decide,
    media_of,
    read_capabilities,
    read_wish,
)
from playback.services.decisions import sound as sounds
from playback.services.renditions import has_few_keyframes, register_rendition
from playback.services.subtitles import SubtitleTrack, list_subtitles
from processing.media.facts import StreamFacts

HLS = "application/vnd.apple.mpegurl"
_MIME = {
    "matroska": "video/x-matroska", "mp4": "video/mp4", "mpegts": "video/mp2t", "ogg": "video/ogg",
    "webm": "video/webm",
}  # fmt: skip
_SOUND_MIME = {"mp4": "audio/mp4", "ogg": "audio/ogg", "webm": "audio/webm"}
_GONE = "The file of this video is not there right now; its disk may be disconnected."
_THAT_GONE = "This file of the video is not there right now; its disk may be disconnected."


class Urls(Protocol):
    """Where the parts of an answer are found: the pages have these addresses, each shared page has its own."""

    def direct(self, file: VideoFile) -> str:
        """The bytes of the file."""

    def playlist(self, file: VideoFile, key: str) -> str:
        """The playlist of a rendition."""

    def subtitle(self, file: VideoFile, track_id: str) -> str:
        """Subtitles as WebVTT."""


@dataclass(frozen=True, slots=True)
class _Choice:
    """The file that plays, how, and why it isn't the one that was meant."""

    file: VideoFile
    decision: Decision
    note: str = ""


def playback_answer(
    *,
    file: VideoFile,
    body: Mapping[str, Any],
    urls: Urls,
    languages: Sequence[str] = (),
    register: Callable[..., str] = register_rendition,
) -> dict[str, Any]:
    """How a video plays in the browser that `body` describes, as JSON; docs/playback.md has every field.

    `file` is the primary one; where it can't play and the wish names none, another one of the video is taken and the
    sentence says so. `languages` are the viewer's, two letters each. Looks at the disk; registers the rendition.
    Raises WishError for junk in the body, CannotPlayError when nothing plays.
    """
    browser, wish = read_capabilities(body.get("capabilities")), read_wish(body)
    assert file.video_id is not None
    files = playable_files(file.video_id)
    choice = _choose(file, files, browser, wish)
    chosen, decision = choice.file, choice.decision
    media = media_of(chosen)
    key = register(file=chosen, rendition=decision.rendition) if decision.rendition is not None else None
    is_direct = decision.method is Method.DIRECT
    heard = media.sound(decision.audio_index) if decision.audio_index is not None else None
    tracks = list_subtitles(chosen, media, wished=wish.subtitle, sound=heard, languages=languages)
    if wish.subtitle not in (None, "off") and not any(track.is_chosen for track in tracks):
        raise WishError("This file has no such subtitles; ask again without, and choose from those it has.")
    return {
        "method": decision.method,
        "url": urls.direct(chosen) if key is None else urls.playlist(chosen, key),
        "mime": _direct_mime(media) if is_direct else HLS,
        "rendition": key,
        "sentence": " ".join(filter(None, [choice.note, decision.sentence])),
        "reasons": [
            {"code": reason.code, "track": reason.track, "sentence": reason.sentence} for reason in decision.reasons
        ],
        "video": _outcome(decision.video),
        "audio": _outcome(decision.audio),
        "qualities": [{"id": q.id, "label": q.label, "is_chosen": q.is_chosen} for q in decision.qualities],
        "audio_tracks": audio_tracks(media, decision.audio_index),
        "subtitles": [_subtitle(track, chosen, urls) for track in tracks],
        "duration": chosen.duration_seconds,
        "file": chosen.pk,
        "files": _files(files, chosen.pk),
    }


def _choose(file: VideoFile, files: list[VideoFile], browser: Capabilities, wish: Wish) -> _Choice:
    if wish.file is not None and wish.file != file.pk:
        return _wished(file, files, browser, wish)
    meant = next((one for one in files if one.pk == file.pk), None)
    trouble = CannotPlayError(_GONE, code="missing", file_id=file.pk)
    if meant is not None and is_there(meant):
        try:
            return _Choice(meant, _playing(meant, browser, wish))
        except CannotPlayError as error:
            trouble = error
    others = [one for one in files if one.pk != file.pk and is_there(one)]
    trouble.files = _files(others, None)
    if wish.file is not None:
        raise trouble
    for other in others:
        try:
            # Numbers of tracks are those of the file that was meant.
            decision = _playing(other, browser, Wish(quality=wish.quality, failed=wish.failed))
        except CannotPlayError:
            continue
        label = file_labels([other])[other.pk]
        return _Choice(other, decision, f"{_WHY_OTHER[trouble.code]} Another file of it plays instead ({label}).")
    raise trouble


_WHY_OTHER = {
    "missing": "The main file of this video is not there right now.",
    "unreadable": "The main file of this video can't be read.",
    "unsupported": "The main file of this video doesn't play here.",
}


def _wished(file: VideoFile, files: list[VideoFile], browser: Capabilities, wish: Wish) -> _Choice:
    assert file.video_id is not None and wish.file is not None
    other = next((one for one in files if one.pk == wish.file), None)
    if other is None and find_file(file.video_id, wish.file) is None:
        raise WishError("This video has no such file.")
    try:
        if other is None or not is_there(other):
            raise CannotPlayError(_THAT_GONE, code="missing", file_id=wish.file)
        return _Choice(other, _playing(other, browser, wish))
    except CannotPlayError as error:
        error.files = _files([one for one in files if one.pk != wish.file and is_there(one)], None)
        raise


def _playing(file: VideoFile, browser: Capabilities, wish: Wish) -> Decision:
    """Raises CannotPlayError instead of a decision without a method."""
    if file.state == FileState.FAILED and not media_of(file).is_known:
        raise CannotPlayError(file.error or "The file can't be read.", code="unreadable", file_id=file.pk)
    decision = decide(file, browser, wish)
    if decision.method is Method.REMUX and has_few_keyframes(file):
        decision = decide(file, browser, wish, can_be_cut=False)
    if decision.method is None:
        raise CannotPlayError(decision.sentence, code="unsupported", file_id=file.pk)
    return decision


def is_there(file: VideoFile) -> bool:
    """Whether the file is on its disk now, whatever the last scan saw."""
    try:
        return file.missing_since is None and Path(file.fs_path).is_file()
    except OSError:
        return False


def audio_tracks(media: Media, chosen: int | None) -> list[dict[str, Any]]:
    """The sound tracks in words: Commentary · English · AC-3 5.1."""
    labels: list[str] = []
    for sound in media.sounds:
        label = _sound_label(sound)
        labels.append(f"{label} {labels.count(label) + 1}" if label in labels else label)
    return [
        {
            "index": sound.index,
            "label": label,
            "language": language_code(sound.language),
            "is_default": sound is media.default_sound,
            "is_chosen": sound.index == chosen,
        }
        for sound, label in zip(media.sounds, labels, strict=True)
    ]


def _sound_label(sound: StreamFacts) -> str:
    name, title = language_name(sound.language), sound.title or ""
    if not title and sound.is_commentary:
        title = "Commentary"
    parts = [title if title.lower() != name.lower() else "", name, sounds.name_of(sound)]
    return " · ".join(filter(None, parts))


def _files(files: list[VideoFile], chosen: int | None) -> list[dict[str, Any]]:
    labels = file_labels(files)
    return [{"id": file.pk, "label": labels[file.pk], "is_chosen": file.pk == chosen} for file in files]


def _outcome(outcome: TrackOutcome | None) -> dict[str, str] | None:
    return None if outcome is None else {"action": outcome.action, "sentence": outcome.sentence}


def _subtitle(track: SubtitleTrack, file: VideoFile, urls: Urls) -> dict[str, Any]:
    return {
        "id": track.id,
        "label": track.label,
        "language": track.language,
        "kind": track.kind,
        "url": urls.subtitle(file, track.id) if track.kind == "text" else None,
        "is_default": track.is_default,
        "is_forced": track.is_forced,
        "is_chosen": track.is_chosen,
    }


def _direct_mime(media: Media) -> str:
    if media.is_known and media.picture is None:
        return _SOUND_MIME.get(media.container, "")
    return _MIME.get(media.container, "")
