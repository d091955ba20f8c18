"""Where the paths of another system may lie on this machine: proposed by what exists on disk, never written."""

import os
import posixpath
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

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
    found = sum(_exists(mapped(path, old, new)) for path in below) if new else 0
    return Mapping(old, new, found, len(below))


def mapped(path: str, old: str, new: str) -> str:
    """The path with `new` in place of `old`."""
    return posixpath.join(new, path[len(old) :].lstrip("/")).rstrip("/") or "/"


def is_below(path: str, folder: str) -> bool:
    """Whether it is the folder, or something in it; by whole names."""
    return path == folder or path.startswith(folder if folder.endswith("/") else f"{folder}/")


def _clean(path: str) -> str:
    """Absolute paths with single slashes, "" for others. Windows' own become what they would be here."""
    text = path.strip().replace("\\", "/") if "\\" in path and "/" not in path else path.strip()
    if not text or "\x00" in text:
        return ""
    return posixpath.normpath(text) if text.startswith("/") or text[1:3] == ":/" else ""


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
