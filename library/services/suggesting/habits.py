"""What goes together: videos of one folder, of one session, of one person, and videos that look alike."""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.db import connection, transaction

from library.models import Suggestion
from library.services.suggesting.memory import remember
from library.services.suggesting.places import files_of, links_of, load_places
from library.services.suggesting.targets import all_targets, get_target
from library.services.suggesting.weighing import wilson_lower_bound
from library.services.suggestions import Proposal

# What so many of those that are labelled have, the others likely have too.
SHARE = 0.8
_LEAST_IN_FOLDER = 3
_LEAST_IN_SESSION = 2
_LEAST_OF_PERSON = 5
# Pictures whose hashes differ in more of 64 bits than this don't look alike.
_MOST_BITS = 8
_MOST_NEIGHBOURS = 12
# Kinds of which a video has one as a rule: where it has another, a habit says nothing.
_ONE_OF = ("creator", "studio")

_NEIGHBOURS = """
SELECT own.video_id, near.video_id, near.bits
  FROM library_videofile AS own
 CROSS JOIN LATERAL (
    SELECT other.video_id, bit_count((other.phash # own.phash)::bit(64)) AS bits
      FROM library_videofile AS other
     WHERE other.phash IS NOT NULL AND other.is_primary AND other.video_id <> own.video_id
       AND videothek_phash_bands(other.phash) && videothek_phash_bands(own.phash)
       AND bit_count((other.phash # own.phash)::bit(64)) <= %(most)s
     ORDER BY bits, other.video_id LIMIT %(limit)s
 ) AS near
 WHERE own.video_id = ANY(%(ids)s) AND own.is_primary AND own.phash IS NOT NULL AND own.phash <> 0
"""


def propose_by_folder(video_ids: Sequence[int]) -> Iterator[Proposal]:
    """What most of the labelled videos beside them have."""
    places = load_places()
    yield from _by_group(video_ids, "folder", places.place_of, places.videos_in, _LEAST_IN_FOLDER)


def propose_by_session(video_ids: Sequence[int]) -> Iterator[Proposal]:
    """What most of the labelled videos of the same folder and day of recording have."""
    places = load_places()
    yield from _by_group(video_ids, "session", places.day_of, places.videos_on, _LEAST_IN_SESSION)


def _by_group(
    video_ids: Sequence[int],
    name: str,
    group_of: Mapping[int, Hashable],
    members: Mapping[Any, list[int]],
    least: int,
) -> Iterator[Proposal]:
    for target in all_targets():
        own = links_of(target.kind, video_ids)
        for video_id in video_ids:
            group = group_of.get(video_id)
            if group is None or (target.kind in _ONE_OF and own.get(video_id)):
                continue
            habits = remember((name, group, target.kind), _habits_of(target.kind, members[group], least))
            for pk, has, labelled in habits:
                if pk not in own.get(video_id, ()):
                    evidence = {"has": has, "of": labelled, "by": name}
                    yield Proposal(video_id, target.kind, pk, wilson_lower_bound(has, labelled), evidence)


def _habits_of(kind: str, video_ids: list[int], least: int) -> Callable[[], list[tuple[int, int, int]]]:
    def make() -> list[tuple[int, int, int]]:
        links = links_of(kind, video_ids)
        counts = Counter(pk for ids in links.values() for pk in ids)
        return [(pk, has, len(links)) for pk, has in counts.items() if has >= least and has >= SHARE * len(links)]

    return make


def propose_usual(video_ids: Sequence[int]) -> Iterator[Proposal]:
    """The studio and the tags that nearly all other videos of a person have."""
    people = links_of("creator", video_ids)
    wanted = {pk for ids in people.values() for pk in ids}
    for target in all_targets():
        if target.kind == "creator":
            continue
        own = links_of(target.kind, video_ids)
        usual = {pk: remember(("usual", pk, target.kind), _usual_of(pk, target.kind)) for pk in wanted}
        for video_id, creators in people.items():
            if target.kind in _ONE_OF and own.get(video_id):
                continue
            for creator_id in creators:
                for pk, has, videos in usual[creator_id]:
                    if pk not in own.get(video_id, ()):
                        evidence = {"has": has, "of": videos, "creator": creator_id}
                        yield Proposal(video_id, target.kind, pk, wilson_lower_bound(has, videos), evidence)


def _usual_of(creator_id: int, kind: str) -> Callable[[], list[tuple[int, int, int]]]:
    def make() -> list[tuple[int, int, int]]:
        credits: Any = get_target("creator").links.link._default_manager.filter(creator=creator_id)
        videos = list(credits.values_list("video_id", flat=True)[:2_000])
        links = links_of(kind, videos)
        counts = Counter(pk for ids in links.values() for pk in ids)
        # Of the labelled ones: most of a new library isn't.
        return [
            (pk, has, len(links)) for pk, has in counts.items() if has >= _LEAST_OF_PERSON and has >= SHARE * len(links)
        ]

    return make


def propose_by_looks(video_ids: Sequence[int]) -> Iterator[Proposal]:
    """What videos have whose pictures are nearly the same."""
    wanted = [row.video_id for row in files_of(video_ids) if row.phash]
    if not wanted:
        return
    near: dict[int, list[tuple[int, int]]] = defaultdict(list)
    with transaction.atomic(), connection.cursor() as cursor:
        # Statistics know nothing about single hashes: left alone, the planner reads the whole table for each.
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL jit = off")
        cursor.execute(_NEIGHBOURS, {"ids": wanted, "most": _MOST_BITS, "limit": _MOST_NEIGHBOURS})
        for video_id, other, bits in cursor.fetchall():
            near[video_id].append((other, bits))
        cursor.execute("SET LOCAL enable_seqscan = on")
    others = {other for pairs in near.values() for other, _ in pairs}
    for target in all_targets() if others else ():
        own, theirs = links_of(target.kind, near), links_of(target.kind, others)
        for video_id, pairs in near.items():
            labelled = [(other, bits) for other, bits in pairs if theirs.get(other)]
            yield from _alike(video_id, target.kind, labelled, theirs, own.get(video_id, set()))


def _alike(
    video_id: int, kind: str, labelled: list[tuple[int, int]], theirs: Mapping[int, set[int]], own: Iterable[int]
) -> Iterator[Proposal]:
    counts = Counter(pk for other, _ in labelled for pk in theirs[other])
    for pk, has in counts.items():
        if pk in own or has < SHARE * len(labelled):
            continue
        nearest = min((bits, other) for other, bits in labelled if pk in theirs[other])
        confidence = (0.9 - 0.05 * nearest[0]) * (0.8 if has == 1 else 1.0)
        yield Proposal(video_id, kind, pk, confidence, {"video": nearest[1], "bits": nearest[0], "videos": has})


def habit_reason(suggestion: Suggestion) -> str:
    has, labelled = suggestion.evidence.get("has", 0), suggestion.evidence.get("of", 0)
    return f"{has:,} of {labelled:,} labelled videos in this folder have it."


def session_reason(suggestion: Suggestion) -> str:
    has, labelled = suggestion.evidence.get("has", 0), suggestion.evidence.get("of", 0)
    return f"{has:,} of {labelled:,} labelled videos of this folder and day have it."


def usual_reason(suggestion: Suggestion) -> str:
    has, labelled = suggestion.evidence.get("has", 0), suggestion.evidence.get("of", 0)
    return f"{has:,} of {labelled:,} other videos of this person have it."


def looks_reason(suggestion: Suggestion) -> str:
    count = int(suggestion.evidence.get("videos") or 1)
    return "A video that looks the same has it." if count == 1 else f"{count:,} videos that look the same have it."
