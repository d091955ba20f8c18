"""What a file holds, by its name's ending."""

import posixpath

_SOUND = frozenset({
    ".aac", ".aif", ".aiff", ".alac", ".ape", ".dsf", ".flac", ".m4a", ".m4b", ".mka", ".mp2", ".mp3", ".mpc", ".oga",
    ".ogg", ".opus", ".wav", ".wma", ".wv",
})  # fmt: skip
_PICTURES = frozenset({
    ".avif", ".bmp", ".gif", ".heic", ".jpeg", ".jpg", ".png", ".svg", ".tif", ".tiff", ".webp",
})  # fmt: skip
_OTHERS = frozenset({
    ".ass", ".azw", ".azw3", ".cbr", ".cbz", ".djvu", ".epub", ".fb2", ".idx", ".mobi", ".nfo", ".pdf", ".srt", ".ssa",
    ".sub", ".txt", ".vtt", ".zip",
})  # fmt: skip


def may_be_video(path: str) -> bool:
    """False for endings that are surely something else; a name without one that is known may be a film."""
    return ending(path) not in _SOUND | _PICTURES | _OTHERS


def is_picture(path: str) -> bool:
    return ending(path) in _PICTURES


def ending(path: str) -> str:
    """ ".mkv", in lower case; "" for none."""
    return posixpath.splitext(path.replace("\\", "/"))[1].lower()


def file_title(path: str) -> str:
    """The name without folders and ending."""
    return posixpath.splitext(posixpath.basename(path.replace("\\", "/")))[0].strip()
