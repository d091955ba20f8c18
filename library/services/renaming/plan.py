"""What a renaming would do, and what is in its way. Reads the disk, writes nothing."""

import os
import posixpath
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from library.models import Folder, Video, VideoFile
from library.paths import decode_path, display_path, encode_path
from library.services.renaming.names import MOST_BYTES, MOST_PATH_BYTES, Facts, check_template, make_path
from library.services.suggesting.places import links_of
from library.services.suggesting.targets import all_targets, labels_of

_COMPANIONS = frozenset(
    {".srt", ".ass", ".ssa", ".vtt", ".sub", ".idx", ".smi", ".nfo", ".jpg", ".jpeg", ".png", ".webp", ".txt", ".xml"}
)
_MOST_NAMES = 4
MOST_FILES = 50_000


@dataclass(frozen=True, slots=True)
class Rename:
    """A file and where it would go, below its folder in the stored form. `problem` says in a sentence why it stays."""

    file: VideoFile
    old: str
    new: str
    companions: tuple[tuple[str, str], ...] = ()
    problem: str = ""

    @property
    def shown_old(self) -> str:
        return display_path(self.old)

    @property
    def shown_new(self) -> str:
        return display_path(self.new)


@dataclass(slots=True)
class RenamePlan:
    """`unchanged` files have the wanted name already."""

    renames: list[Rename]
    conflicts: list[Rename]
    unchanged: int


def plan_renames(*, template: str, video_ids: Sequence[int] | None = None, limit: int = MOST_FILES) -> RenamePlan:
    """Of all videos' primary files, or of these. Raises NameTemplateError."""
    template = check_template(template)
    files = VideoFile.objects.filter(is_primary=True, missing_since=None, trashed_at=None, video__trashed_at=None)
    files = files.filter(folder__removed_at=None).select_related("folder", "video")
    if video_ids is not None:
        files = files.filter(video__in=video_ids)
    rows = list(files.order_by("folder_id", "relative_path", "pk")[:limit])
    facts = _facts_of(rows)
    wanted = []
    unchanged = 0
    for file in rows:
        new = make_path(template, facts[file.pk])
        if new == file.relative_path:
            unchanged += 1
        else:
            wanted.append((file, new))
    plan = RenamePlan([], [], unchanged)
    for rename in judge(wanted):
        (plan.conflicts if rename.problem else plan.renames).append(rename)
    return plan


def judge(wanted: Iterable[tuple[VideoFile, str]]) -> list[Rename]:
    """Looks at the disk and at each other: which of these can be, and what goes with them."""
    listed = list(wanted)
    # Names that differ in case only are one on many file systems.
    targets: dict[tuple[int, str], list[int]] = defaultdict(list)
    for file, new in listed:
        targets[file.folder_id, new.casefold()].append(file.pk)
    known = _known_paths(listed)
    return [_judge_one(file, new, targets, known) for file, new in listed]


def _known_paths(listed: Sequence[tuple[VideoFile, str]]) -> dict[tuple[int, str], int]:
    """Files of the library that lie at one of the new places now."""
    places = {new for _, new in listed}
    rows = VideoFile.objects.filter(
        folder__in={file.folder_id for file, _ in listed}, missing_since=None, relative_path__in=places
    )
    return {(folder, path): pk for pk, folder, path in rows.values_list("pk", "folder_id", "relative_path")}


def _judge_one(
    file: VideoFile, new: str, targets: dict[tuple[int, str], list[int]], known: dict[tuple[int, str], int]
) -> Rename:
    old = file.relative_path
    problem = ""
    if len(targets[file.folder_id, new.casefold()]) > 1:
        problem = "Another file of this renaming would get the same name."
    elif known.get((file.folder_id, new), file.pk) != file.pk:
        problem = "Another file of the library lies there."
    else:
        problem = _on_disk(file, new)
    return Rename(file, old, new, () if problem else tuple(companions_of(file.folder, old, new)), problem)


def _on_disk(file: VideoFile, new: str) -> str:
    root = file.folder.fs_path
    source, target = os.path.join(root, decode_path(file.relative_path)), os.path.join(root, decode_path(new))
    if any(len(os.fsencode(part)) > MOST_BYTES for part in decode_path(new).split("/")):
        return "A part of the new path is too long for a file system."
    if len(os.fsencode(target)) > MOST_PATH_BYTES:
        return "The new path is too long."
    if file.folder.is_elsewhere:
        return "This machine sees the folder elsewhere; rename on the machine that it was added on."
    try:
        status = os.lstat(source)
    except OSError:
        return "The file isn't there now."
    if not _is_regular(status):
        return "It is a link, or no ordinary file: it is left alone."
    if (status.st_size, status.st_mtime_ns) != (file.size_bytes, file.mtime_ns):
        return "The file has changed since the last scan; scan its folder first."
    return _obstacle(root, target, source)


def _is_regular(status: os.stat_result) -> bool:
    return (status.st_mode & 0o170000) == 0o100000


def _obstacle(root: str, target: str, source: str) -> str:
    """What lies where the file, or a folder above it, would come to be."""
    if os.path.lexists(target) and not is_same_entry(source, target):
        return "Something lies there already; nothing is ever overwritten."
    above = os.path.dirname(target)
    while len(above) > len(root.rstrip("/")):
        if os.path.lexists(above):
            if not os.path.isdir(above):
                return "What would be a folder is a file there."
            break
        above = os.path.dirname(above)
    if not os.access(above, os.W_OK | os.X_OK) or not os.access(os.path.dirname(source), os.W_OK | os.X_OK):
        return "The folder may not be written: give this user the permission."
    if os.stat(above).st_dev != os.lstat(source).st_dev:
        return "The new place is on another disk; that would be a copy, not a renaming."
    return ""


def is_same_entry(source: str, target: str) -> bool:
    """Whether both are one name of one file: on file systems that don't tell case."""
    try:
        one, other = os.lstat(source), os.lstat(target)
    except OSError:
        return False
    same = (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino)
    return same and one.st_nlink == 1 and source.casefold() == target.casefold()


def companions_of(folder: Folder, old: str, new: str) -> list[tuple[str, str]]:
    """Names below the folder, old and new, of what lies beside a film and is called like it: its subtitles, its .nfo,
    its picture. Only those whose new place is free."""
    root = folder.fs_path
    above, name = posixpath.split(old)
    stem, new_stem = posixpath.splitext(name)[0], posixpath.splitext(new)[0]
    place = os.path.join(root, decode_path(above))
    found = []
    try:
        entries = sorted(entry.name for entry in os.scandir(place) if entry.is_file(follow_symlinks=False))
    except OSError:
        return []
    for entry in entries:
        stored = encode_path(entry)
        if stored == name or not stored.startswith(stem + ".") or stored[len(stem) :].count(".") > 3:
            continue
        if os.path.splitext(entry)[1].lower() not in _COMPANIONS:
            continue
        target = new_stem + stored[len(stem) :]
        if not os.path.lexists(os.path.join(root, decode_path(target))):
            found.append((posixpath.join(above, stored), target))
    return found


def _facts_of(files: Sequence[VideoFile]) -> dict[int, Facts]:
    """A few queries, whatever the number of files."""
    videos = [file.video_id for file in files if file.video_id is not None]
    names: dict[tuple[str, int], list[str]] = {}
    for target in all_targets():
        links = links_of(target.kind, videos)
        labels = labels_of((target.kind, pk) for ids in links.values() for pk in ids)
        for video_id, ids in links.items():
            listed = sorted(labels[target.kind, pk] for pk in ids if (target.kind, pk) in labels)
            names[target.kind, video_id] = listed[:_MOST_NAMES]
    return {file.pk: _facts(file, names) for file in files}


def _facts(file: VideoFile, names: dict[tuple[str, int], list[str]]) -> Facts:
    video: Any = file.video
    above, name = posixpath.split(file.relative_path)
    stem, suffix = posixpath.splitext(name)
    assert isinstance(video, Video)

    def of(kind: str) -> list[str]:
        return names.get((kind, video.pk), [])

    released = video.release_date
    values = {
        "studio": next(iter(of("studio")), ""),
        "creators": ", ".join(of("creator")),
        "tags": ", ".join(of("tag")),
        "title": video.title,
        "date": released.isoformat() if released else "",
        "year": str(released.year) if released else "",
        "resolution": f"{min(file.width, file.height)}p" if file.width and file.height else "",
        "codec": file.video_codec,
        "name": stem,
        "folder": above,
    }
    return Facts(values, suffix.lower())
