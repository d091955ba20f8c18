"""Where videos lie, for those who propose by it."""

import posixpath
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from library.models import VideoFile
from library.paths import display_path
from library.services.suggesting.memory import last, remember
from library.services.suggesting.targets import get_target

Place = tuple[int, str]


@dataclass(frozen=True, slots=True)
class FileRow:
    """The primary file of a video, as far as proposals need it. `folders` are names from the outermost inwards, the
    library's own folder first."""

    video_id: int
    file_id: int
    folder_id: int
    folders: tuple[str, ...]
    stem: str
    embedded_title: str
    phash: int | None

    @property
    def title(self) -> str:
        """What a video is called while nobody has named it."""
        return self.stem.strip()[:500].strip() or "Untitled"


def files_of(video_ids: Iterable[int]) -> list[FileRow]:
    """Of each of the videos that has a file, the one that is played. One query."""
    ids = tuple(video_ids)
    return last("files", ids, lambda: _load_files(ids))


def _load_files(ids: tuple[int, ...]) -> list[FileRow]:
    rows = VideoFile.objects.filter(video__in=ids, is_primary=True).order_by("video_id")
    columns = ("video_id", "pk", "folder_id", "folder__path", "relative_path", "embedded_title", "phash")
    found = []
    for video_id, pk, folder_id, root, stored, title, phash in rows.values_list(*columns):
        path = display_path(stored)
        above, name = posixpath.split(path)
        folders = (posixpath.basename(display_path(root).rstrip("/")), *filter(None, above.split("/")))
        found.append(FileRow(video_id, pk, folder_id, folders, posixpath.splitext(name)[0], title, phash))
    return found


@dataclass(slots=True)
class Places:
    """Which videos lie beside each other: by folder, and by folder and day of recording."""

    place_of: dict[int, Place] = field(default_factory=dict)
    videos_in: dict[Place, list[int]] = field(default_factory=lambda: defaultdict(list))
    day_of: dict[int, tuple[Place, date]] = field(default_factory=dict)
    videos_on: dict[tuple[Place, date], list[int]] = field(default_factory=lambda: defaultdict(list))


def load_places() -> Places:
    """Of the whole library; one query, once in a run (100,000 videos: about a second)."""

    def make() -> Places:
        places = Places()
        rows = VideoFile.objects.filter(is_primary=True, video__trashed_at=None).order_by()
        for video_id, folder_id, path, made_at in rows.values_list(
            "video_id", "folder_id", "relative_path", "embedded_created_at"
        ).iterator(chunk_size=5_000):
            place = (folder_id, posixpath.dirname(path))
            places.place_of[video_id] = place
            places.videos_in[place].append(video_id)
            if made_at is not None:
                day = (place, made_at.date())
                places.day_of[video_id] = day
                places.videos_on[day].append(video_id)
        return places

    return remember("places", make)


def links_of(kind: str, video_ids: Iterable[int]) -> dict[int, set[int]]:
    """Ids of what the videos have of that kind. One query."""
    found: dict[int, set[int]] = defaultdict(set)
    for video_id, pk in get_target(kind).pairs(video_ids):
        found[video_id].add(pk)
    return found
