"""Equal content: between videos a pair, within a video wasted space."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations

from django.db.models import Count, Exists, F, OuterRef, Q

from library.models import VideoFile
from library.models.duplicate import DuplicateKind
from library.models.file import VideoFileQuerySet
from library.services.duplicates.looks import Found, comparable
from library.services.videos import hash_contents, twins_of

_BATCH = 200


def hash_suspects(file: VideoFile) -> None:
    """Reads whole the file and those of its size and oshash whose full hash isn't known. Not in a transaction."""
    twins = twins_of(file)
    if twins:
        hash_contents([file, *twins])


def hash_all_suspects() -> int:
    """The same for all files; returns how many were read. Files that can't be read now stay without a hash."""
    same = VideoFile.objects.filter(size_bytes=OuterRef("size_bytes"), oshash=OuterRef("oshash"), video__isnull=False)
    suspects = VideoFile.objects.present().filter(comparable(), content_hash="", size_bytes__gt=0).exclude(oshash="")
    suspects = suspects.filter(Exists(same.exclude(pk=OuterRef("pk")))).select_related("folder").order_by("pk")
    read = after = 0
    while batch := list(suspects.filter(pk__gt=after)[:_BATCH]):
        hash_contents(batch)
        read += sum(bool(file.content_hash) for file in batch)
        after = batch[-1].pk
    return read


def equal_pairs() -> list[Found]:
    """Each two videos that hold a file of equal content, in the order of their ids; one query."""
    files = VideoFile.objects.filter(comparable()).exclude(content_hash="")
    shared = files.values("content_hash").order_by().annotate(n=Count("video", distinct=True)).filter(n__gt=1)
    rows = files.filter(content_hash__in=shared.values("content_hash")).values_list("content_hash", "video_id")
    holders: dict[str, set[int]] = defaultdict(set)
    for digest, video_id in rows:
        if video_id is not None:
            holders[digest].add(video_id)
    keys = {key for videos in holders.values() for key in combinations(sorted(videos), 2)}
    return [Found(first, second, DuplicateKind.EXACT, 1.0) for first, second in sorted(keys)]


def wasted_files() -> VideoFileQuerySet:
    """Alternates of the same content as their video's primary file: space that nothing is lost without."""
    primary = VideoFile.objects.filter(
        Q(content_hash=OuterRef("content_hash")), video=OuterRef("video"), is_primary=True, missing_since=None
    )
    rows = VideoFile.objects.present().filter(comparable(), is_primary=False).exclude(content_hash="")
    return rows.filter(Exists(primary)).order_by(F("size_bytes").desc(), "pk")


def wasted_file_ids(files: Sequence[int]) -> list[int]:
    """Those of the files that are wasted space now."""
    return list(wasted_files().filter(pk__in=files).order_by("pk").values_list("pk", flat=True))
