"""What belongs together among the videos of a grid."""

import os
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from library.models import VideoFile
from library.models.suggestion import SuggestedKind
from library.paths import display_path
from library.queries.suggestions import chips_of

# Perceptual hashes at most so many bits apart look alike.
ALIKE_BITS = 10


@dataclass(frozen=True, slots=True)
class Together:
    """Videos that have something in common, in the order of the grid."""

    label: str
    videos: list[int]


def group_videos(video_ids: Sequence[int], by: str) -> list[Together]:
    """The videos in groups by "folder", "similar" or "person", the larger ones first; one group of all by "none".

    Every video is in exactly one group. One query, for persons those of their suggestions.
    """
    return _WAYS.get(by, _all)(video_ids) if video_ids else []


def _all(video_ids: Sequence[int]) -> list[Together]:
    return [Together("", list(video_ids))]


def _by_folder(video_ids: Sequence[int]) -> list[Together]:
    rows = VideoFile.objects.filter(video__in=video_ids, is_primary=True).select_related("folder")
    places = {
        file.video_id: (file.folder.name, display_path(os.path.dirname(file.relative_path)))
        for file in rows.only("video", "relative_path", "folder__name")
    }
    groups: dict[str, list[int]] = defaultdict(list)
    for pk in video_ids:
        groups[" / ".join(filter(None, places.get(pk, ("No folder", ""))))].append(pk)
    return _largest_first(groups)


def _by_person(video_ids: Sequence[int]) -> list[Together]:
    chips = chips_of(video_ids)
    groups: dict[str, list[int]] = defaultdict(list)
    alone: list[int] = []
    for pk in video_ids:
        person = next((chip.label for chip in chips[pk] if chip.kind == SuggestedKind.CREATOR), None)
        (groups[person] if person else alone).append(pk)
    found = _largest_first(groups)
    return [*found, Together("Nobody is suggested", alone)] if alone else found


def _by_likeness(video_ids: Sequence[int]) -> list[Together]:
    """Chains of videos whose hashes are near: each is like one of the others at least."""
    rows = VideoFile.objects.filter(video__in=video_ids, is_primary=True).values_list("video_id", "phash")
    hashes = {pk: phash & 0xFFFFFFFFFFFFFFFF for pk, phash in rows if phash is not None}
    known = [pk for pk in video_ids if pk in hashes]
    above = {pk: pk for pk in known}

    def root(pk: int) -> int:
        while above[pk] != pk:
            above[pk] = above[above[pk]]
            pk = above[pk]
        return pk

    for number, one in enumerate(known):
        for other in known[number + 1 :]:
            if (hashes[one] ^ hashes[other]).bit_count() <= ALIKE_BITS:
                above[root(other)] = root(one)
    groups: dict[int, list[int]] = defaultdict(list)
    for pk in known:
        groups[root(pk)].append(pk)
    alike = sorted((same for same in groups.values() if len(same) > 1), key=len, reverse=True)
    found = [Together(f"Look alike, {number}", same) for number, same in enumerate(alike, 1)]
    inside = {pk for same in alike for pk in same}
    alone = [pk for pk in video_ids if pk not in inside]
    return [*found, Together("Like no other here", alone)] if alone else found


def _largest_first(groups: dict[str, list[int]]) -> list[Together]:
    return [Together(label, same) for label, same in sorted(groups.items(), key=lambda pair: (-len(pair[1]), pair[0]))]


_WAYS: dict[str, Callable[[Sequence[int]], list[Together]]] = {
    "folder": _by_folder,
    "similar": _by_likeness,
    "person": _by_person,
}
