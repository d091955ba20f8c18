"""The search: for one file as it becomes known, and for the whole library."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from library.models import VideoFile
from library.models.duplicate import DuplicateKind
from library.services.duplicates.all_near import near_pairs
from library.services.duplicates.candidates import candidates_for, equal_to
from library.services.duplicates.equal import equal_pairs, hash_all_suspects, hash_suspects
from library.services.duplicates.judging import judge
from library.services.duplicates.looks import Found, Look, best_of, comparable, load_looks, looks_of_videos
from library.services.duplicates.pairs import record_pairs, replace_pairs

_BATCH = 500


@dataclass(frozen=True, slots=True)
class SearchResult:
    """How many pairs hold for what was searched, how many of them are new, and how many open ones hold no more."""

    found: int
    new: int
    gone: int = 0


def find_for_file(*, file_id: int) -> SearchResult:
    """Looks for duplicates of the file's video and writes them; safe to run again and at once with others.

    Reads whole files where size and oshash say "maybe equal": not in a transaction.
    """
    file = VideoFile.objects.filter(comparable(), pk=file_id).select_related("folder").first()
    if file is None or file.video_id is None:
        return SearchResult(0, 0)
    hash_suspects(file)
    found = best_of(_compare_all(looks_of_videos([file.video_id])))
    new, gone = replace_pairs(file.video_id, found)
    return SearchResult(len(found), new, gone)


def compare(look: Look) -> list[Found]:
    """What the other videos are to the one of this file. Writes nothing."""
    return _judge_all(look, candidates_for(look))


def _compare_all(looks: Iterable[Look]) -> Iterator[Found]:
    """Of the files of one video. What holds the same packets shows nothing new: of it only the bytes are compared."""
    shown: set[str] = set()
    for look in looks:
        yield from _judge_all(look, equal_to(look) if look.packet_hash in shown else candidates_for(look))
        if look.packet_hash and len(look.keyframe_hashes):
            shown.add(look.packet_hash)


def _judge_all(look: Look, file_ids: Iterable[int]) -> list[Found]:
    return [found for other in load_looks(file_ids).values() if (found := judge(look, other))]


def find_all(*, kind: DuplicateKind, report: Callable[[int, int], None] = lambda done, total: None) -> SearchResult:
    """Searches the whole library for one kind. Contained ones go file by file (`report` tells how far), the others are
    a few queries."""
    if kind == DuplicateKind.EXACT:
        hash_all_suspects()
        found = equal_pairs()
        return SearchResult(len(found), record_pairs(found, is_complete=False))
    if kind == DuplicateKind.NEAR:
        found = near_pairs()
        return SearchResult(len(found), record_pairs(found, is_complete=False))
    return _find_each(report)


def _find_each(report: Callable[[int, int], None]) -> SearchResult:
    files = VideoFile.objects.filter(comparable(), signature__isnull=False)
    total = files.count()
    keys: set[tuple[int, int]] = set()
    new = done = after = 0
    while ids := list(files.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:_BATCH]):
        for look in load_looks(ids).values():
            items = best_of(compare(look))
            clips = [item for item in items if item.kind == DuplicateKind.CONTAINED]
            keys.update(item.key for item in clips)
            new += record_pairs(clips, is_complete=True)
            # What else the comparison shows isn't counted here, but not thrown away either.
            record_pairs([item for item in items if item.kind != DuplicateKind.CONTAINED], is_complete=True)
            done += 1
            report(done, total)
        after = ids[-1]
    return SearchResult(len(keys), new)
