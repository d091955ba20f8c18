"""Which files are videos, and what a browser is told they are.

Python's own table lacks half of these and changes with the machine's /etc/mime.types, so the library carries its own.
"""

import os
from collections.abc import Mapping

VIDEO_TYPES = {
    ".3g2": "video/3gpp2",
    ".3gp": "video/3gpp",
    ".asf": "video/x-ms-asf",
    ".avi": "video/x-msvideo",
    ".divx": "video/x-msvideo",
    ".dv": "video/dv",
    ".f4v": "video/mp4",
    ".flv": "video/x-flv",
    ".m2p": "video/mpeg",
    ".m2t": "video/mp2t",
    ".m2ts": "video/mp2t",
    ".m2v": "video/mpeg",
    ".m4v": "video/mp4",
    ".mkv": "video/x-matroska",
    ".mk3d": "video/x-matroska",
    ".mod": "video/mpeg",
    ".mov": "video/quicktime",
    ".mp4": "video/mp4",
    ".mpe": "video/mpeg",
    ".mpeg": "video/mpeg",
    ".mpg": "video/mpeg",
    ".mpv": "video/mpeg",
    ".mts": "video/mp2t",
    ".mxf": "application/mxf",
    ".ogm": "video/ogg",
    ".ogv": "video/ogg",
    ".qt": "video/quicktime",
    ".rm": "application/vnd.rn-realmedia",
    ".rmvb": "application/vnd.rn-realmedia-vbr",
    ".tod": "video/mpeg",
    ".tp": "video/mp2t",
    ".trp": "video/mp2t",
    ".ts": "video/mp2t",
    ".vob": "video/mpeg",
    ".webm": "video/webm",
    ".wmv": "video/x-ms-wmv",
    ".wtv": "video/x-ms-wtv",
}


# Endings that plugins bring, with their types.
_more_types: Mapping[str, str] = {}


def use_more_types(types: Mapping[str, str]) -> None:
    """From now on these endings are videos too, instead of those given before. Ours keep their types."""
    global _more_types
    _more_types = {ending: kind for ending, kind in types.items() if ending not in VIDEO_TYPES}


def is_video_name(name: str) -> bool:
    """Whether a scan takes a file of that name."""
    ending = os.path.splitext(name)[1].lower()
    return ending in VIDEO_TYPES or ending in _more_types


def media_type(name: str) -> str:
    """The Content-Type of a file of that name; application/octet-stream for a name that isn't a video's."""
    ending = os.path.splitext(name)[1].lower()
    return VIDEO_TYPES.get(ending) or _more_types.get(ending, "application/octet-stream")
