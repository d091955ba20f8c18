"""One subtitle track as WebVTT, from the cache or made now."""

import hashlib

from library.models import VideoFile
from playback.exceptions import SubtitleError
from playback.languages import language_code
from playback.services.decisions.media import TEXT_SUBTITLES, media_of
from playback.services.subtitles.embedded import WAIT_SECONDS, extract_subtitles
from playback.services.subtitles.encodings import decode_text
from playback.services.subtitles.keeping import place_of, remove_others, store, stored
from playback.services.subtitles.sidecars import find_sidecars, read_sidecar
from playback.services.subtitles.vtt import to_vtt

_NONE = "This video has no such subtitles."


def subtitle_text(file: VideoFile, track_id: str, *, wait_seconds: float = WAIT_SECONDS) -> tuple[str, str]:
    """WebVTT and an ETag for it. Reads the file's row, its folder and the disk; no SQL.

    Raises SubtitleError for an id that the video doesn't have and for what can't be read, SubtitlesNotReadyError while
    they are still being read out of a large file.
    """
    name = _embedded(file, track_id, wait_seconds) if track_id.startswith("e") else _beside(file, track_id)
    text = stored(name)
    if text is None:
        raise SubtitleError("The subtitles were removed this moment; ask for them again.")
    return text, f'"{hashlib.blake2b(text.encode(), digest_size=12).hexdigest()}"'


def _embedded(file: VideoFile, track_id: str, wait_seconds: float) -> str:
    """The name in the storage."""
    streams = [stream for stream in media_of(file).subtitles if stream.codec in TEXT_SUBTITLES]
    if track_id not in {f"e{stream.index}" for stream in streams}:
        raise SubtitleError(_NONE)
    place = place_of(file)
    name = f"{place}/{track_id}.vtt"
    if stored(name) is None:
        extract_subtitles(file.fs_path, place, streams, wait_seconds=wait_seconds)
    return name


def _beside(file: VideoFile, track_id: str) -> str:
    """The name in the storage. Read each time: what people edit must show at once."""
    sidecar = next((one for one in find_sidecars(file) if one.id == track_id), None)
    if sidecar is None:
        raise SubtitleError(_NONE)
    place = place_of(file)
    raw = read_sidecar(file, sidecar)
    own = f"{track_id}-{hashlib.blake2b(raw, digest_size=6).hexdigest()}.vtt"
    name = f"{place}/{own}"
    if stored(name) is None:
        text = decode_text(raw, language=language_code(sidecar.language))
        store(name, to_vtt(text, format=sidecar.format))
        remove_others(place, beginning=f"{track_id}-", but=own)
    return name
