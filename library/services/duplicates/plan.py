"""What keeping the best would do to open pairs, before it is done, and doing it."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from django.db import transaction
from django.db.models import Count
from django.db.models.expressions import RawSQL

from library.exceptions import MergeError
from library.models import DuplicatePair, LibrarySettings, User, Video, VideoFile
from library.models.duplicate import DuplicateKind, DuplicateVerdict
from library.services.changes import change_batch
from library.services.duplicates.best import Facts, choose
from library.services.duplicates.verdicts import open_pairs
from library.services.merging import merge_videos, taken_links

# More groups than this are a job's work, not a request's.
MOST_GROUPS_AT_ONCE = 50
# What a page can show the sum of: 10,000 pairs take about a second.
MOST_PAIRS = 10_000
# Of so many alike, each may be like the next one and the first not like the last.
MOST_IN_GROUP = 50


@dataclass(frozen=True, slots=True)
class Group:
    """Videos that are duplicates of each other. `conflict` says why nothing is done about them, "" when it is."""

    keep: Facts
    others: Sequence[Facts]
    reason: str
    conflict: str = ""

    @property
    def freed_bytes(self) -> int:
        return 0 if self.conflict else sum(facts.size_bytes for facts in self.others)


@dataclass(frozen=True, slots=True)
class Plan:
    """`groups` in the order of the pairs that they come from; contained pairs are in none of them. `is_cut` says that
    there are more pairs than were looked at."""

    groups: list[Group] = field(default_factory=list)
    contained: int = 0
    is_cut: bool = False

    @property
    def clear(self) -> list[Group]:
        return [group for group in self.groups if not group.conflict]

    @property
    def conflicts(self) -> list[Group]:
        return [group for group in self.groups if group.conflict]

    @property
    def freed_bytes(self) -> int:
        return sum(group.freed_bytes for group in self.groups)

    @property
    def merged(self) -> int:
        return sum(len(group.others) for group in self.clear)


@dataclass(frozen=True, slots=True)
class Applied:
    """How many videos were merged into how many, how many groups were passed over, and what it freed."""

    kept: int
    merged: int
    passed_over: int
    freed_bytes: int


def plan_best(*, pair_ids: Sequence[int] | None = None) -> Plan:
    """What the owner's rules would do to these open pairs, or to all: the surest MOST_PAIRS of them. A constant number
    of queries; writes nothing."""
    pairs = open_pairs() if pair_ids is None else open_pairs().filter(pk__in=pair_ids)
    rows = list(pairs.values_list("first_id", "second_id", "kind")[: MOST_PAIRS + 1])
    is_cut = len(rows) > MOST_PAIRS
    del rows[MOST_PAIRS:]
    links = [(first, second) for first, second, kind in rows if kind != DuplicateKind.CONTAINED]
    families = _families(links)
    ids = {pk for family in families for pk in family}
    facts = facts_of(ids)
    apart = _apart(ids)
    rules = LibrarySettings.load().keep_rules
    known = set(links)
    groups = [
        _group([facts[pk] for pk in family], rules, known, apart)
        for family in families
        if all(pk in facts for pk in family)
    ]
    return Plan(groups, contained=len(rows) - len(links), is_cut=is_cut)


def apply_best(
    *,
    pair_ids: Sequence[int] | None,
    user: User | None,
    other_files: Literal["alternate", "trash"] = "trash",
    report: Callable[[int, int], None] = lambda done, total: None,
) -> Applied:
    """Plans anew and merges each group that has no conflict, all in one batch that can be undone.

    A group that somebody changed meanwhile is passed over.
    """
    plan = plan_best(pair_ids=pair_ids)
    kept = merged = freed = 0
    with change_batch(summary="Kept the best of duplicates", user=user) as batch:
        for done, group in enumerate(plan.clear, start=1):
            ids = [facts.video_id for facts in group.others]
            try:
                with transaction.atomic():
                    keep = Video.objects.get(pk=group.keep.video_id)
                    others = list(Video.objects.filter(pk__in=ids).order_by("pk"))
                    merge_videos(keep=keep, others=others, user=user, other_files=other_files)
            except (MergeError, Video.DoesNotExist):
                continue
            kept, merged, freed = kept + 1, merged + len(ids), freed + group.freed_bytes
            report(done, len(plan.clear))
        batch.summary = f"Kept the best {kept:,} of {kept + merged:,} duplicates"
    return Applied(kept, merged, len(plan.groups) - kept, freed if other_files == "trash" else 0)


def _families(links: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Videos that pairs connect, each family sorted, in the order in which the pairs name them."""
    parent: dict[int, int] = {}

    def root(pk: int) -> int:
        parent.setdefault(pk, pk)
        while parent[pk] != pk:
            parent[pk] = parent[parent[pk]]
            pk = parent[pk]
        return pk

    for first, second in links:
        parent[root(second)] = root(first)
    families: dict[int, list[int]] = defaultdict(list)
    for pk in parent:
        families[root(pk)].append(pk)
    return [sorted(family) for family in families.values()]


def _group(
    videos: list[Facts], rules: list[dict[str, object]], links: set[tuple[int, int]], apart: Mapping[int, set[int]]
) -> Group:
    choice = choose(videos, rules)
    others = [facts for facts in videos if facts.video_id != choice.best.video_id]
    return Group(choice.best, others, choice.reason, _conflict(choice.best, others, links, apart))


def _conflict(keep: Facts, others: list[Facts], links: set[tuple[int, int]], apart: Mapping[int, set[int]]) -> str:
    if len(others) >= MOST_IN_GROUP:
        return f"More than {MOST_IN_GROUP} are alike: compare some of them, their pictures may say little."
    missing = [facts for facts in (keep, *others) if not facts.is_present]
    if missing:
        return f"The file of {missing[0].title} is missing: look when its disk is back."
    pairs = {tuple(sorted((keep.video_id, facts.video_id))): facts for facts in others}
    ids = {keep.video_id, *(facts.video_id for facts in others)}
    if any(not apart[pk].isdisjoint(ids) for pk in ids if pk in apart):
        return "You said of two of them that they are no duplicates."
    far = [facts for key, facts in pairs.items() if key not in links]
    if far:
        return f"{far[0].title} is like another of them, but not like {keep.title}: compare them."
    return ""


def _apart(video_ids: set[int]) -> dict[int, set[int]]:
    """By video those that a person said "no" or "both" of, together with it; those of others may be among them."""
    pairs = DuplicatePair.objects.exclude(verdict=DuplicateVerdict.OPEN).filter(first__in=_among(video_ids))
    apart: dict[int, set[int]] = defaultdict(set)
    for first, second in pairs.values_list("first_id", "second_id").iterator():
        apart[first].add(second)
        apart[second].add(first)
    return apart


def facts_of(video_ids: Iterable[int]) -> dict[int, Facts]:
    """By video id, of those in the library; a constant number of queries."""
    among = _among(video_ids)
    links = _link_counts(among)
    files = VideoFile.objects.filter(video__in=among, is_primary=True).only(
        "video_id", "size_bytes", "width", "height", "is_hdr", "bit_rate", "video_codec", "audio_codec", "frame_rate",
        "duration_seconds", "folder_id", "missing_since",
    )  # fmt: skip
    by_video = {file.video_id: file for file in files}
    videos = Video.objects.in_library().filter(pk__in=among).only("title", "created_at")
    return {video.pk: _facts(video, by_video.get(video.pk), links[video.pk]) for video in videos}


def _among(video_ids: Iterable[int]) -> RawSQL:
    """The ids as one array: a list of 100,000 parameters takes longer to write than to look up."""
    return RawSQL("SELECT unnest(%s::bigint[])", [list(video_ids)])


def _facts(video: Video, file: VideoFile | None, links: int) -> Facts:
    return Facts(
        video_id=video.pk,
        title=video.title,
        pixels=(file.width or 0) * (file.height or 0) if file else 0,
        is_hdr=bool(file and file.is_hdr),
        bit_rate=file.bit_rate if file else None,
        video_codec=file.video_codec if file else "",
        audio_codec=file.audio_codec if file else "",
        frame_rate=file.frame_rate if file else None,
        duration_seconds=file.duration_seconds if file else None,
        size_bytes=file.size_bytes if file else 0,
        folder_id=file.folder_id if file else None,
        added_at=video.created_at,
        links=links,
        is_present=bool(file and file.missing_since is None),
    )


def _link_counts(among: RawSQL) -> Counter[int]:
    """How many rows hang on each video that a merge would move: tags, people, ratings, whatever apps registered; files
    and pairs count for nothing. One query for each table."""
    counts: Counter[int] = Counter()
    for model, column in sorted(taken_links("video"), key=lambda link: (link[0]._meta.label, link[1])):
        if model not in (VideoFile, DuplicatePair):
            rows = model._base_manager.filter(**{f"{column}__in": among}).order_by()
            counts.update(dict(rows.values_list(column).annotate(n=Count("pk"))))
    return counts
