"""Where the paths of another system lie here: the path map, and the folders of the library that hold them."""

import os
import posixpath
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from importers.services.encoding import is_storable, storable
from library.models import Folder
from library.paths import decode_path, display_path, encode_path

_DRIVE = re.compile(r"^[A-Za-z]:/")
# The first names of a path that make a folder of the library where nothing tells what its root is: a disk's mount point
# usually ("/mnt/disk", "/srv/videos").
_ROOT_NAMES = 2
_NAME_CHARACTERS = Folder._meta.get_field("name").max_length


def normal_path(path: str) -> str:
    r"""A path with slashes, none doubled and none at its end. `D:\Films\a.mp4` becomes `D:/Films/a.mp4`."""
    if "\\" in path and (not path.startswith("/") or path.startswith("\\\\")):
        path = path.replace("\\", "/")
    path = re.sub(r"/{2,}", "/", path) if not path.startswith("//") else "//" + re.sub(r"/{2,}", "/", path.lstrip("/"))
    if _DRIVE.match(path):
        path = path[0].upper() + path[1:]
    return path.rstrip("/") or "/"


class PathMap:
    """Pairs of an old prefix and a new one; whole names count, and the longest old prefix that fits wins."""

    def __init__(self, pairs: Iterable[Sequence[str]]) -> None:
        cleaned = [(normal_path(old), normal_path(new)) for old, new in pairs]
        self._pairs = sorted(cleaned, key=lambda pair: -len(pair[0]))

    def local(self, path: str) -> str:
        """The path on this machine, as `os` takes it; as it was where nothing maps it. Always absolute: that of a disk
        of Windows' begins with a slash then, and is nowhere."""
        path = normal_path(path)
        for old, new in self._pairs:
            if is_below(path, old):
                path = f"{new.rstrip('/')}/{path[len(old) :].lstrip('/')}".rstrip("/") or "/"
                break
        return storable_path(path if path.startswith("/") else f"/{path}")

    def root(self, path: str) -> str:
        """The new prefix that a path of this machine lies below, "" for none."""
        return next((new for _, new in self._pairs if new != "/" and is_below(path, new) and path != new), "")


def storable_path(path: str) -> str:
    """The path with U+FFFD for what no database and no disk holds; bytes that aren't UTF-8 stay (as surrogates)."""
    if is_storable(path):
        return path
    return "".join(c if "\udc80" <= c <= "\udcff" else storable(c) for c in path)


def is_below(path: str, folder: str) -> bool:
    """Whether the path is the folder or lies in it. Disks of Windows' don't tell upper from lower case."""
    if _DRIVE.match(f"{folder}/"):
        path, folder = path.lower(), folder.lower()
    return path == folder or path.startswith(folder if folder.endswith("/") else f"{folder}/")


@dataclass(frozen=True, slots=True)
class Place:
    """A file's place in the library: its folder and its path below it, as stored."""

    folder_id: int
    relative_path: str


@dataclass(slots=True)
class Places:
    """The path map of a run, and the library's folders as they are while a chunk is written."""

    paths: PathMap
    _folders: dict[str, int] | None = field(default=None)

    def local(self, path: str) -> str:
        return self.paths.local(path)

    def forget(self) -> None:
        """The folders are read again at the next use: at the beginning of each chunk, and after one is made."""
        self._folders = None

    def find(self, path: str) -> Place | None:
        """The place of a path of this machine, in the innermost folder that holds it; None where no folder does."""
        if self._folders is None:
            rows = Folder.objects.in_library().values_list("path", "pk")
            self._folders = {decode_path(stored).rstrip("/"): pk for stored, pk in rows}
        above = posixpath.dirname(path)
        while True:
            key = above.rstrip("/")
            if key in self._folders:
                return Place(self._folders[key], encode_path(path[len(key) + 1 :]))
            if not key:
                return None
            above = posixpath.dirname(above)

    def root_for(self, path: str) -> str:
        """The folder to be made for a path that no folder holds."""
        root = self.paths.root(path)
        if root:
            return root
        names = posixpath.dirname(path).strip("/").split("/")
        return "/" + "/".join(names[:_ROOT_NAMES])


def is_folder(path: str) -> bool:
    """Whether the path is a folder on this machine."""
    try:
        return os.path.isdir(path)
    except ValueError:
        return False


def folder_name(path: str) -> str:
    """What a folder is called at first: the last name of its path."""
    return (display_path(encode_path(posixpath.basename(path))) or "/")[:_NAME_CHARACTERS]
