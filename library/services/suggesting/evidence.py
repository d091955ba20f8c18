"""Many videos at once: those of one folder for which the same thing is proposed, to be answered together.

"These 84 videos lie in the folder named after Ana, and her face is in 79 of them."
"""

import posixpath
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import blake2b

from library.exceptions import LibraryError
from library.models import DeclinedEvidence, Folder, Rejection, Suggestion, User, VideoFile
from library.models.change import ChangeSource
from library.models.suggestion import THING_KINDS
from library.paths import display_path
from library.services.changes import change_batch
from library.services.kept import keep_result, kept_result
from library.services.suggesting.memory import one_run
from library.services.suggesting.places import links_of, load_places
from library.services.suggesting.targets import get_target, labels_of, lock_videos
from library.services.suggestions import Answered, accept_suggestions, find_provider

LEAST_VIDEOS = 5
# The share of the folder's videos without it that it has to be proposed for, to be proposed for all.
LEAST_SHARE = 0.75
_MOST_BATCHES = 300
_KEY = "evidence-batches"
_CHUNK = 5_000


class EvidenceGoneError(LibraryError):
    """The batch was answered, or isn't so any more."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A batch: the videos directly in a folder (`folder_id`, `place` below it in the stored form) that lack the thing.

    `videos` counts them, `hinted` those that it is proposed for, `has` those that have it already.
    """

    key: str
    folder_id: int
    place: str
    kind: str
    object_id: int
    videos: int
    hinted: int
    has: int
    by_provider: tuple[tuple[str, int], ...] = ()


@dataclass(slots=True)
class EvidenceDetail:
    """A batch as it is now: ids of the videos that it isn't proposed for (`exceptions`), and of the others."""

    evidence: Evidence
    exceptions: list[int] = field(default_factory=list)
    hinted: list[int] = field(default_factory=list)


def find_evidence() -> list[Evidence]:
    """Looks at all open suggestions, and keeps what it finds for `evidence_batches`. Workers only."""
    with one_run():
        places = load_places()
        by_place: dict[tuple[tuple[int, str], str, int], dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
        rows = Suggestion.objects.open().filter(kind__in=THING_KINDS).order_by()
        columns = ("video_id", "kind", "object_id", "provider")
        for video_id, kind, pk, provider in rows.values_list(*columns).iterator(chunk_size=_CHUNK):
            place = places.place_of.get(video_id)
            if place is not None and len(places.videos_in[place]) >= LEAST_VIDEOS:
                by_place[place, kind, pk][video_id].add(provider)
        declined = set(DeclinedEvidence.objects.values_list("key", flat=True))
        found = []
        for (place, kind, pk), hinted in by_place.items():
            if len(hinted) < LEAST_VIDEOS:
                continue
            one = _evidence(place, kind, pk, places.videos_in[place], hinted)
            if one is not None and one.key not in declined:
                found.append(one)
    found.sort(key=lambda one: (-one.videos, one.key))
    keep_result(_KEY, [asdict(one) for one in found[:_MOST_BATCHES]])
    return found[:_MOST_BATCHES]


def evidence_batches() -> list[Evidence] | None:
    """What was found at the last look, without what was answered since; None where nobody has looked yet."""
    stored = kept_result(_KEY)
    if stored is None:
        return None
    found = [Evidence(**{**one, "by_provider": tuple(map(tuple, one["by_provider"]))}) for one in stored]
    declined = set(DeclinedEvidence.objects.filter(key__in=[e.key for e in found]).values_list("key", flat=True))
    labels = labels_of((one.kind, one.object_id) for one in found)
    return [one for one in found if one.key not in declined and (one.kind, one.object_id) in labels]


def _evidence(
    place: tuple[int, str], kind: str, pk: int, video_ids: Sequence[int], hinted: dict[int, set[str]]
) -> Evidence | None:
    has = {video_id for video_id, ids in links_of(kind, video_ids).items() if pk in ids}
    lacking = [video_id for video_id in video_ids if video_id not in has]
    told = [video_id for video_id in lacking if video_id in hinted]
    if len(lacking) < LEAST_VIDEOS or len(told) < LEAST_SHARE * len(lacking):
        return None
    by_provider = Counter(name for video_id in told for name in hinted[video_id])
    key = "evidence:" + blake2b(f"{place}\0{kind}\0{pk}".encode(), digest_size=16).hexdigest()
    return Evidence(key, *place, kind, pk, len(lacking), len(told), len(has), tuple(by_provider.most_common()))


def load_evidence(key: str) -> EvidenceDetail:
    """A batch as it is now. A few queries. Raises EvidenceGoneError."""
    known = next((one for one in evidence_batches() or () if one.key == key), None)
    if known is None:
        raise EvidenceGoneError("This batch was answered already, or isn't so any more.")
    files = VideoFile.objects.filter(folder=known.folder_id, is_primary=True, video__trashed_at=None)
    if known.place:
        files = files.filter(relative_path__startswith=f"{known.place}/")
    videos = [
        video_id
        for video_id, path in files.order_by("relative_path").values_list("video_id", "relative_path")
        if posixpath.dirname(path) == known.place
    ]
    rows = Suggestion.objects.open().filter(video__in=videos, kind=known.kind, object_id=known.object_id)
    hinted: dict[int, set[str]] = defaultdict(set)
    for video_id, provider in rows.values_list("video_id", "provider"):
        hinted[video_id].add(provider)
    no = set(
        Rejection.objects.filter(
            video__in=videos, kind=known.kind, object_id=known.object_id, subject="", provider=""
        ).values_list("video_id", flat=True)
    )
    now = _evidence(
        (known.folder_id, known.place), known.kind, known.object_id, [pk for pk in videos if pk not in no], hinted
    )
    if now is None:
        raise EvidenceGoneError("Most of this batch was answered one by one meanwhile.")
    has = links_of(known.kind, videos)
    lacking = [pk for pk in videos if known.object_id not in has.get(pk, ()) and pk not in no]
    return EvidenceDetail(now, [pk for pk in lacking if pk not in hinted], [pk for pk in lacking if pk in hinted])


def apply_evidence(*, key: str, video_ids: Iterable[int], user: User | None) -> Answered:
    """Puts it on these of the batch's videos, and says no for the others that it was proposed for. One change batch.

    Raises EvidenceGoneError.
    """
    detail = load_evidence(key)
    one = detail.evidence
    inside = {*detail.exceptions, *detail.hinted}
    chosen = sorted(inside & set(video_ids))
    refused = sorted(set(detail.hinted) - set(chosen))
    rows = Suggestion.objects.open().filter(kind=one.kind, object_id=one.object_id)
    with change_batch(user=user, source=ChangeSource.SUGGESTION) as batch:
        answered = accept_suggestions(
            suggestion_ids=rows.filter(video__in=chosen).values_list("pk", flat=True), user=user
        )
        lock_videos(inside)
        get_target(one.kind).put(video_ids=chosen, ids=[one.object_id], user=user, source=ChangeSource.SUGGESTION)
        Rejection.objects.bulk_create(
            [Rejection(video_id=pk, kind=one.kind, object_id=one.object_id, user=user) for pk in refused],
            ignore_conflicts=True,
        )
        DeclinedEvidence.objects.get_or_create(
            key=key, defaults={"kind": one.kind, "object_id": one.object_id, "user": user}
        )
        label = labels_of([(one.kind, one.object_id)])[one.kind, one.object_id]
        count = len(chosen)
        batch.summary = f"Put {label} on {count:,} video{'' if count == 1 else 's'} of a folder"
    return Answered(batch if batch.change_count else None, count, answered.gone, len(refused))


def decline_evidence(*, key: str, user: User | None) -> Answered:
    """The batch isn't offered again; its suggestions stay, each for itself. One change batch. Raises
    EvidenceGoneError."""
    one = load_evidence(key).evidence
    label = labels_of([(one.kind, one.object_id)])[one.kind, one.object_id]
    with change_batch(summary=f"Declined {label} for a whole folder", user=user) as batch:
        DeclinedEvidence.objects.get_or_create(
            key=key, defaults={"kind": one.kind, "object_id": one.object_id, "user": user}
        )
    return Answered(batch)


def say_evidence(found: Iterable[Evidence]) -> list[tuple[Evidence, str, str, list[str]]]:
    """(batch, what, where, hints) in words: ("person Ana", "films/Ana", ["Faces: 79"]). Five queries."""
    listed = list(found)
    labels = labels_of((one.kind, one.object_id) for one in listed)
    folders = Folder.objects.in_bulk({one.folder_id for one in listed})
    said = []
    for one in listed:
        folder = folders.get(one.folder_id)
        where = "/".join(filter(None, (folder.shown_path if folder else "", display_path(one.place))))
        what = f"{get_target(one.kind).links.one} {labels.get((one.kind, one.object_id), '?')}"
        hints = []
        for name, count in one.by_provider:
            provider = find_provider(name)
            hints.append(f"{provider.label if provider else name}: {count:,}")
        said.append((one, what, where, hints))
    return said
