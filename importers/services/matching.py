"""Which of our videos a video of the source is: by its content, its path, its name, at last by what it is called."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from django.db.models import Func, QuerySet, TextField, Value
from django.db.models.functions import MD5, Left

from importers.kinds.base import Match, Prepared
from importers.models import ImportedRow, ImportRun
from importers.records import FileFacts
from importers.services.context import context_of
from library.models import OldPath, Video, VideoFile
from library.paths import encode_path

# How sure each way is. Content alone is sure; a path may hold another film by now, a name may be given twice.
CONTENT, PATH, OLD_PATH, SIZE_AND_NAME, TITLE_AND_DURATION = 1.0, 0.95, 0.9, 0.8, 0.6
# Containers round, and one with sound lasts as long as its sound.
_TOLERANCE_SECONDS = 1.0
# Of paths, in the index that finds files by their place.
_INDEXED_LETTERS = 300

# Index of a record -> videos that it may be.
_Candidates = Mapping[int, set[int]]


def match_videos(run: ImportRun, records: Sequence[Prepared]) -> dict[int, Match]:
    """The video that each record is, by index. Each way is tried for those that the ways before it found nothing for.

    What another row of the source is already isn't taken twice: two files of one content stay two videos, as they were
    there. Where a way finds several videos, none is taken, and the record has a conflict. Two statements a way at most.
    """
    ways: tuple[tuple[str, float, Callable[[ImportRun, Mapping[int, Prepared]], _Candidates]], ...] = (
        ("same content", CONTENT, _by_content),
        ("same path", PATH, _by_path),
        ("was at that path", OLD_PATH, _by_old_path),
        ("same size and name", SIZE_AND_NAME, _by_size_and_name),
        ("same title and length", TITLE_AND_DURATION, _by_title_and_duration),
    )
    left = dict(enumerate(records))
    matches: dict[int, Match] = {}
    taken: set[int] = set()
    for how, confidence, find in ways:
        candidates = find(run, left) if left else {}
        taken |= _taken(run, {pk for found in candidates.values() for pk in found} - taken)
        for index, found in candidates.items():
            free = sorted(found - taken)
            if len(free) == 1:
                matches[index] = Match(free[0], how, confidence)
                taken.add(free[0])
                del left[index]
            elif free:
                left[index].conflicts.append({"what": "match", "how": how, "candidates": free})
                del left[index]
    return matches


def at_places(places: Collection[tuple[int, str]]) -> "QuerySet[VideoFile]":
    """Files that are, or were when last seen, at one of the places (folder and path below it): more than these, and
    those among them."""
    folders, paths = {folder for folder, _ in places}, {path for _, path in places}
    # The index is over the beginning of a path.
    rows = VideoFile.objects.alias(start=Left("relative_path", _INDEXED_LETTERS))
    starts = [path[:_INDEXED_LETTERS] for path in paths]
    return rows.filter(start__any_of=starts, folder__in=folders, relative_path__any_of=list(paths))


def _taken(run: ImportRun, videos: set[int]) -> set[int]:
    """Those of the videos that a row of this source is already."""
    rows = ImportedRow.objects.filter(
        kind="library.video", object_id__in=videos, system=run.system, identity=run.identity
    )
    return {pk for pk in rows.values_list("object_id", flat=True) if pk is not None} if videos else set()


def _files(records: Mapping[int, Prepared]) -> Iterable[tuple[int, FileFacts]]:
    for index, record in records.items():
        facts = record.values.get("file")
        if isinstance(facts, FileFacts) and facts.path:
            yield index, facts


def _collect(wanted: Mapping[Any, list[int]], found: Iterable[tuple[Any, int | None]]) -> _Candidates:
    candidates: dict[int, set[int]] = {}
    for key, video in found:
        if video is not None:
            for index in wanted.get(key, ()):
                candidates.setdefault(index, set()).add(video)
    return candidates


def _by_content(run: ImportRun, records: Mapping[int, Prepared]) -> _Candidates:
    """Size and oshash of the file that lies at the mapped path."""
    context = context_of(run)
    wanted: dict[tuple[int, str], list[int]] = {}
    for index, facts in _files(records):
        look = context.looks.get(context.places.local(facts.path))
        if look is not None and look.oshash and look.found.size_bytes:
            wanted.setdefault(look.content, []).append(index)
    if not wanted:
        return {}
    rows = VideoFile.objects.filter(
        size_bytes__in={size for size, _ in wanted}, oshash__in={digest for _, digest in wanted}
    )
    return _collect(
        wanted, (((size, one), pk) for size, one, pk in rows.values_list("size_bytes", "oshash", "video_id"))
    )


def _by_path(run: ImportRun, records: Mapping[int, Prepared]) -> _Candidates:
    """A file that is, or was when last seen, at the mapped path; one that is there goes before missing ones."""
    places = context_of(run).places
    wanted: dict[tuple[int, str], list[int]] = {}
    for index, facts in _files(records):
        place = places.find(places.local(facts.path))
        if place is not None:
            wanted.setdefault((place.folder_id, place.relative_path), []).append(index)
    if not wanted:
        return {}
    rows = at_places(wanted)
    best: dict[tuple[int, str], int | None] = {}
    for folder, path, pk in (
        rows.order_by("missing_since", "-pk").reverse().values_list("folder_id", "relative_path", "video_id")
    ):
        best[folder, path] = pk
    return _collect(wanted, best.items())


def _by_old_path(run: ImportRun, records: Mapping[int, Prepared]) -> _Candidates:
    places = context_of(run).places
    wanted: dict[str, list[int]] = {}
    for index, facts in _files(records):
        for path in {facts.path, places.local(facts.path)}:
            wanted.setdefault(encode_path(path), []).append(index)
    if not wanted:
        return {}
    # The index is over a digest.
    digests = [MD5(Value(path)) for path in wanted]
    rows = OldPath.objects.alias(digest=MD5("path")).filter(digest__in=digests, path__in=list(wanted))
    return _collect(wanted, rows.values_list("path", "file__video_id"))


def _by_size_and_name(run: ImportRun, records: Mapping[int, Prepared]) -> _Candidates:
    context = context_of(run)
    wanted: dict[tuple[int, str], list[int]] = {}
    for index, facts in _files(records):
        if facts.size_bytes:
            name = encode_path(context.places.local(facts.path)).rpartition("/")[2]
            wanted.setdefault((facts.size_bytes, name), []).append(index)
    if not wanted:
        return {}
    rows = VideoFile.objects.filter(size_bytes__in={size for size, _ in wanted})
    found = rows.values_list("size_bytes", "relative_path", "video_id")
    return _collect(wanted, (((size, path.rpartition("/")[2]), pk) for size, path, pk in found))


def _by_title_and_duration(run: ImportRun, records: Mapping[int, Prepared]) -> _Candidates:
    """Case doesn't count; lengths may differ by a second."""
    wanted: dict[str, list[int]] = {}
    for index, record in records.items():
        if record.values.get("duration_seconds"):
            wanted.setdefault(record.values["title"].lower(), []).append(index)
    if not wanted:
        return {}
    durations = [records[index].values["duration_seconds"] for indexes in wanted.values() for index in indexes]
    # What an index serves; cases of one letter have the same key.
    keys = [Func(Value(title), function="videothek_sort_key", output_field=TextField()) for title in wanted]
    rows = Video.objects.filter(
        title_key__in=keys,
        duration_seconds__range=(min(durations) - _TOLERANCE_SECONDS, max(durations) + _TOLERANCE_SECONDS),
    )
    candidates: dict[int, set[int]] = {}
    for pk, title, seconds in rows.values_list("pk", "title", "duration_seconds"):
        for index in wanted.get(title.lower(), ()):
            if abs(records[index].values["duration_seconds"] - seconds) <= _TOLERANCE_SECONDS:
                candidates.setdefault(index, set()).add(pk)
    return candidates
