"""Where this machine sees what the library knows by other paths: VIDEOTHEK_PATH_MAP.

Applied in one place, `Folder.fs_path`: every path of a file goes through it. The library's own paths are those of the
machine that scans.
"""

from django.conf import settings


def local_path(path: str) -> str:
    """The path on this machine, as `os` takes it, of a path of the library; the same where nothing maps it."""
    for old, new in settings.PATH_MAP:
        if path == old:
            return str(new)
        below = old if old.endswith("/") else f"{old}/"
        if path.startswith(below):
            return f"{new.rstrip('/')}/{path[len(below) :]}"
    return path
