"""Where finished subtitles lie in the derived storage: `subtitles/0012/12345/<key>/e3.vtt`, and whose they are.

There are no rows: the key follows from the video's file, so a name tells by itself whether it still counts.
"""

import contextlib
import os
from collections.abc import Sequence

from django.core.files.base import ContentFile

from library.models import VideoFile
from playback.exceptions import SubtitleError
from processing.models.images import derived_storage
from processing.services.derived import input_digest
from processing.versions import SUBTITLES_VERSION

FOLDER = "subtitles"
# kind, thousands, id, key, file
_PARTS = 5


def place_of(file: VideoFile) -> str:
    """The folder of a file's subtitles, by what lies on the disk now, which may differ from the last scan.

    Raises SubtitleError when the file isn't there.
    """
    try:
        facts = os.stat(file.fs_path)
    except (OSError, ValueError):
        raise SubtitleError("The file of this video is not there right now, so its subtitles can't be read.") from None
    return _place(file, facts.st_size, facts.st_mtime_ns)


def _place(file: VideoFile, size_bytes: int, mtime_ns: int) -> str:
    key = input_digest(SUBTITLES_VERSION, file, size_bytes, mtime_ns)
    return f"{FOLDER}/{file.pk // 1000:04d}/{file.pk}/{key}"


def stored(name: str) -> str | None:
    """The text of that name; None when it isn't stored (any more)."""
    with contextlib.suppress(FileNotFoundError), derived_storage().open(name) as content:
        raw: bytes = content.read()
        return raw.decode()
    return None


def store(name: str, text: str) -> None:
    """Stores it whole or not at all."""
    derived_storage().save(name, ContentFile(text.encode()))


def remove_others(place: str, *, beginning: str, but: str) -> None:
    """Removes earlier states of a file beside the video."""
    storage = derived_storage()
    with contextlib.suppress(FileNotFoundError):
        for name in storage.listdir(place)[1]:
            if name.startswith(beginning) and name != but:
                storage.delete(f"{place}/{name}")


def owned_subtitles(names: Sequence[str]) -> set[str]:
    """Those whose file is in the library and still what it was when they were made. One query."""
    ids = {number for name in names if (number := _id_in(name)) is not None}
    rows = VideoFile.objects.filter(pk__in=ids).only("size_bytes", "oshash", "mtime_ns")
    places = {file.pk: _place(file, file.size_bytes, file.mtime_ns) for file in rows}
    return {name for name in names if places.get(_id_in(name) or 0) == name.rpartition("/")[0]}


def _id_in(name: str) -> int | None:
    parts = name.split("/")
    text = parts[2] if len(parts) == _PARTS else ""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None
