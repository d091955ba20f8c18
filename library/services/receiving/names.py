"""What an uploaded file is called on the disk. Knows no database."""

import os
import re
import unicodedata
from collections.abc import Iterator

from library.exceptions import UploadError
from library.media_types import is_video_name

# What Windows, and disks that it can read, can't have in a name.
_FORBIDDEN = re.compile(r'[<>:"|?*]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)", re.IGNORECASE)
# Line breaks, controls, halves of characters, and what turns the text around it.
_CATEGORIES = ("Cc", "Cs", "Zl", "Zp")
_TURNING = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
_MOST_BYTES = 255
# For " (999)", and for what a running program may add to the name while it works.
_ROOM_BYTES = 16


def clean_name(given: str) -> str:
    """The name for the disk: the last part of what was given, without what no disk can hold.

    Raises UploadError with a sentence where it is not the name of a video.
    """
    name = unicodedata.normalize("NFC", re.split(r"[/\\]", given)[-1])
    name = "".join(c for c in name if unicodedata.category(c) not in _CATEGORIES and c not in _TURNING)
    stem, ending = os.path.splitext(_FORBIDDEN.sub("_", name).strip(" ."))
    if not is_video_name(f"x{ending}"):
        shown = name.strip()[:80] or "This file"
        raise UploadError(f"{shown} is no video by its name: upload files such as .mp4, .mkv, .mov, .avi or .webm.")
    stem = stem.strip(" .") or "Video"
    if _RESERVED.fullmatch(stem):
        stem = f"_{stem}"
    while len(os.fsencode(stem + ending)) > _MOST_BYTES - _ROOM_BYTES:
        stem = stem[:-1].rstrip(" .")
    return stem + ending.lower()


def names_from(name: str) -> Iterator[str]:
    """The name, then "name (2)", "name (3)" and so on."""
    yield name
    stem, ending = os.path.splitext(name)
    number = 2
    while True:
        yield f"{stem} ({number}){ending}"
        number += 1
