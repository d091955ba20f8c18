"""Subtitle files beside a video: name.srt, name.en.srt, name.eng.forced.ass.

Names are bytes and are never taken from an address: an id is a digest of a name that was found.
"""

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from library.media_types import is_video_name
from library.models import VideoFile
from library.paths import decode_path, display_path, encode_path
from playback.exceptions import SubtitleError
from playback.languages import language_code

ENDINGS = {".ass": "ass", ".srt": "srt", ".ssa": "ssa", ".vtt": "vtt"}
MOST_BYTES = 10 * 1024 * 1024
# A folder with more is no place to look for one name.
_MOST_ENTRIES = 50_000
_MOST_SIDECARS = 40
_FORCED = frozenset({"forced", "foreign", "force"})
_IMPAIRED = frozenset({"sdh", "cc", "hearing-impaired"})
_NO_FOLLOW = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY


@dataclass(frozen=True, slots=True)
class Sidecar:
    """A subtitle file. `name` as `os` functions take it, `language` as the name writes it."""

    id: str
    name: str
    format: str
    language: str = ""
    title: str = ""
    is_forced: bool = False
    is_default: bool = False
    is_hearing_impaired: bool = False


def find_sidecars(file: VideoFile) -> list[Sidecar]:
    """The subtitle files of a video file by name; none where the folder can't be read. Lists the folder once."""
    folder, own = os.path.split(file.fs_path)
    if _is_outside(file):
        return []
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for _, entry in zip(range(_MOST_ENTRIES), entries, strict=False)]
    except (OSError, ValueError):
        return []
    stem = os.path.splitext(own)[0]
    # Subtitles of "Film.Extras.mkv" aren't those of "Film.mkv".
    longer = [s for n in names if is_video_name(n) and (s := os.path.splitext(n)[0]).startswith(f"{stem}.")]
    found = [_read_name(name, stem) for name in sorted(names) if _belongs(name, stem, longer)]
    return found[:_MOST_SIDECARS]


def _is_outside(file: VideoFile) -> bool:
    relative = PurePosixPath(decode_path(file.relative_path))
    return relative.is_absolute() or ".." in relative.parts or not relative.parts


def _belongs(name: str, stem: str, longer: list[str]) -> bool:
    base, ending = os.path.splitext(name)
    if ending.lower() not in ENDINGS or not (base == stem or base.startswith(f"{stem}.")):
        return False
    return not any(base == other or base.startswith(f"{other}.") for other in longer)


def _read_name(name: str, stem: str) -> Sidecar:
    base, ending = os.path.splitext(name)
    language, title = "", []
    flags: set[str] = set()
    for part in filter(None, base[len(stem) :].split(".")):
        word = part.lower()
        if word in _FORCED:
            flags.add("forced")
        elif word in _IMPAIRED or (word == "hi" and language):
            flags.add("impaired")
        elif word == "default":
            flags.add("default")
        elif not language and language_code(word):
            language = part
        else:
            title.append(display_path(encode_path(part)))
    return Sidecar(
        id=f"s{hashlib.blake2b(os.fsencode(name), digest_size=8).hexdigest()}",
        name=name,
        format=ENDINGS[ending.lower()],
        language=language,
        title=" ".join(title)[:80],
        is_forced="forced" in flags,
        is_default="default" in flags,
        is_hearing_impaired="impaired" in flags,
    )


def read_sidecar(file: VideoFile, sidecar: Sidecar) -> bytes:
    """Its bytes.

    Never waits and never leaves the library: a pipe or a device is refused, and so is a link that leads out of the
    video's folder of the library. Raises SubtitleError with a sentence.
    """
    path = os.path.join(os.path.dirname(file.fs_path), sidecar.name)
    shown = display_path(encode_path(sidecar.name))
    try:
        if Path(path).is_symlink():
            path = _inside(path, file, shown)
        handle = os.open(path, _NO_FOLLOW)
    except (OSError, ValueError) as error:
        raise SubtitleError(f"The subtitles {shown} can't be read: {_why(error)}.") from None
    try:
        facts = os.fstat(handle)
        if not stat.S_ISREG(facts.st_mode):
            raise SubtitleError(f"{shown} is no file.")
        if facts.st_size > MOST_BYTES:
            raise SubtitleError(f"{shown} is larger than subtitles are (10 MB); it is left alone.")
        # A file that grows meanwhile is read no further than it may.
        with os.fdopen(os.dup(handle), "rb") as stream:
            return stream.read(MOST_BYTES)
    except OSError as error:
        raise SubtitleError(f"The subtitles {shown} can't be read: {_why(error)}.") from None
    finally:
        os.close(handle)


def _inside(link: str, file: VideoFile, shown: str) -> str:
    """Where a link leads, when that is within the folder of the library and a subtitle file."""
    target = os.path.realpath(link, strict=True)
    root = os.path.realpath(file.folder.fs_path)
    is_inside = os.path.commonpath([root, target]) == root
    if not is_inside or os.path.splitext(target)[1].lower() not in ENDINGS:
        raise SubtitleError(f"The subtitles {shown} are a link to a place outside of the folder; they are left alone.")
    return target


def _why(error: Exception) -> str:
    return (getattr(error, "strerror", None) or "its name can't be").lower()
