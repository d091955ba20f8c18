"""Where the paths of another system may lie on this machine: proposed by what exists on disk, never written."""

import os
import posixpath
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from importers.services.places import PathMap, is_below, normal_path
from library.models import Folder

# Of the source's paths that are looked at, and of names in a folder: enough to tell by, quick on a slow disk.
MOST_PATHS = 300
_MOST_NAMES = 500


@dataclass(frozen=True, slots=True)
class Mapping:
    """A line of the path map: what begins with `old` there lies below `new` here ("" when nobody knows where).

    `found` of the `looked` paths that begin with `old` are there.
    """

    old: str
    new: str
    found: int
    looked: int

    @property
    def is_whole(self) -> bool:
        return self.found == self.looked


def propose_path_map(paths: Sequence[str]) -> list[Mapping]:
    """A map for paths of the source, what maps most of them first; at the end those that were found nowhere.

    A path that exists as it is maps to itself. Else the end of it is looked for below the library's folders and the
    folders beside them, the longest end first: that tells `/data/a/b.mp4` by `a/b.mp4`.
    """
    left = list(dict.fromkeys(path for path in map(_clean, paths) if path))[:MOST_PATHS]
    roots = _roots()
    everything = tuple(left)
    chosen: list[Mapping] = []
    while left:
        votes: Counter[tuple[str, str]] = Counter(pair for path in left for pair in _candidates(path, roots))
        if not votes:
            break
        (old, new), _ = max(votes.items(), key=lambda item: (item[1], -len(item[0][0])))
        chosen.append(check_mapping(old, new, everything))
        left = [path for path in left if not is_below(path, old)]
    return [*chosen, *(check_mapping(old, "", everything) for old in _tops(left))]


def check_path_map(pairs: Iterable[tuple[str, str]], paths: Sequence[str]) -> list[Mapping]:
    """The same lines with the counts of what is found now."""
    looked = [path for path in map(_clean, paths) if path][:MOST_PATHS]
    return [check_mapping(_clean(old), _clean(new), looked) for old, new in pairs if old.strip()]


def check_mapping(old: str, new: str, paths: Iterable[str]) -> Mapping:
    """Counts what of the paths below `old` is found below `new`."""
    below = [path for path in paths if is_below(path, old)]
    path_map = PathMap([(old, new)])
    found = sum(_exists(path_map.local(path)) for path in below) if new else 0
    return Mapping(old, new, found, len(below))


def _clean(path: str) -> str:
    """As the path map compares them; "" for what is no absolute path."""
    text = normal_path(path.strip()) if path.strip() and "\x00" not in path else ""
    return text if text.startswith("/") or text[1:3] == ":/" else ""


def _candidates(path: str, roots: Sequence[str]) -> list[tuple[str, str]]:
    """The (old, new) by which this path would be found; of several ends that are there the longest counts."""
    if path.startswith("/") and _exists(path):
        top = _top(path)
        return [(top, top)]
    parts = path.strip("/").split("/")
    for start in range(len(parts)):
        ending = "/".join(parts[start:])
        fitting = [root for root in roots if _exists(f"{root}/{ending}")]
        if fitting:
            old = path[: len(path) - len(ending)].rstrip("/") or "/"
            return [(old, root) for root in fitting]
    named = [root for root in roots if posixpath.basename(root) == parts[-1]]
    return [(path, root) for root in named]


def _roots() -> list[str]:
    """The library's folders and those around them, as this machine sees them."""
    folders = [folder.fs_path.rstrip("/") for folder in Folder.objects.in_library()]
    around = [posixpath.dirname(folder) for folder in folders]
    return [root for root in dict.fromkeys([*folders, *around]) if root and _exists(root)]


def _exists(path: str) -> bool:
    try:
        return os.path.lexists(path)
    except (OSError, ValueError):
        return False


def _top(path: str) -> str:
    """The first two names of a path: what a disk or a mount is usually called."""
    parts = path.strip("/").split("/")
    depth = 2 if len(parts) > 2 else max(1, len(parts) - 1)
    return ("/" if path.startswith("/") else "") + "/".join(parts[:depth])


def _tops(paths: Sequence[str]) -> list[str]:
    return sorted({_top(path) for path in paths})[:_MOST_NAMES]
