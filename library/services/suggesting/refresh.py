"""Keeping the suggestions what they ought to be now. In the background; a request never comes here."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from library.models import ChangeBatch, Rejection, Suggestion, SuggestionInput, Video, VideoFile, VideoText
from library.services.changes import events_of
from library.services.kept import keep_result, kept_time
from library.services.suggesting.memory import one_run
from library.services.suggesting.places import files_of, load_places
from library.services.suggesting.sidecars import GuessName, ReadTags, refresh_facts
from library.services.suggesting.targets import all_targets, lock_videos
from library.services.suggesting.values import filled_fields
from library.services.suggestions import Proposal, SuggestionProvider, all_providers

# The stage that calls this, for whoever wants it sooner; it is about the whole library.
SUGGEST_STAGE = "suggest"
EVERYTHING = 0
VERSION = 1
# Less sure ones cost more answers than they save.
LEAST_CONFIDENCE = 0.3
_MOST_FOR_ONE = 40
_BATCH = 500
_LOOKED_KEY = "suggestions-looked-until"
_FIRST_KEY = "suggestions-first-look"
# Of videos that nobody has looked at, one run takes so many: reading what stands in and beside them takes longest.
MOST_UNSEEN = 5_000
# Where more names than this are new, all videos are looked at again instead.
_MOST_NEW_NAMES = 40
_MOST_TOUCHED = 20_000
# A batch has the time of its beginning, and is seen when it has ended.
_LONGEST_BATCH = timedelta(minutes=30)


@dataclass(slots=True)
class Refreshed:
    """How many videos were looked at, how many of those had other proposals than before, and how many were new; `left`
    is how many of the library nobody has looked at yet."""

    looked_at: int = 0
    changed: int = 0
    new: int = 0
    left: int = 0
    is_full: bool = False


OnNew = Callable[[Sequence[int]], object]


def refresh_suggestions(
    *,
    video_ids: Iterable[int] | None = None,
    is_full: bool = False,
    read_tags: ReadTags | None = None,
    guess_name: GuessName | None = None,
    on_new: OnNew | None = None,
    most_unseen: int = MOST_UNSEEN,
    report: Callable[[int, int], None] = lambda done, total: None,
) -> Refreshed:
    """Computes the proposals of these videos; without ids, of all that may have others since the last time: changed
    ones, those beside or like what was labelled meanwhile, those that bear a new name, and then of those that nobody
    has looked at yet, the newest first. `is_full`: of all that were looked at before.

    Of the unseen ones at most `most_unseen` are taken, so that a library's first look is many short runs, each of which
    shows what it found. `on_new` gets the ids of videos that came in since the first look began and are looked at for
    the first time, before anything is proposed for them (rules).
    """
    begun = timezone.now()
    first_look = kept_time(_FIRST_KEY)
    with one_run():
        if video_ids is not None:
            wanted, left = sorted(set(video_ids)), 0
        else:
            since = kept_time(_LOOKED_KEY)
            touched = None if is_full or since is None else _touched_since(since)
            is_full = is_full or (touched is None and since is not None)
            seen = sorted(touched) if touched is not None else list(_seen_videos()) if is_full else []
            unseen, left = _unseen_videos(most_unseen)
            wanted = list(dict.fromkeys([*seen, *unseen]))
        result = Refreshed(is_full=is_full, left=left)
        for number, batch in enumerate(_batches(wanted)):
            _refresh_batch(batch, _Reading(read_tags, guess_name, on_new, first_look), result)
            report(min((number + 1) * _BATCH, len(wanted)), len(wanted))
    if video_ids is None:
        keep_result(_LOOKED_KEY, begun)
        if first_look is None:
            keep_result(_FIRST_KEY, begun)
    return result


@dataclass(frozen=True, slots=True)
class _Reading:
    """What a run is given: how files are read, and who is told of new videos, those after `first_look`."""

    read_tags: ReadTags | None
    guess_name: GuessName | None
    on_new: OnNew | None
    first_look: datetime | None


def _batches(ids: Sequence[int]) -> Iterator[list[int]]:
    for start in range(0, len(ids), _BATCH):
        yield list(ids[start : start + _BATCH])


def _seen_videos() -> Iterator[int]:
    rows = SuggestionInput.objects.filter(video__trashed_at=None).exclude(key="").order_by("-pk")
    return rows.values_list("pk", flat=True).iterator()


def _unseen_videos(most: int) -> tuple[list[int], int]:
    """The newest of those that nobody has looked at, and how many more there are."""
    rows = Video.objects.filter(trashed_at=None).exclude(
        Exists(SuggestionInput.objects.filter(video=OuterRef("pk")).exclude(key=""))
    )
    found = list(rows.order_by("-pk").values_list("pk", flat=True)[: most + 1])
    return found[:most], rows.count() - most if len(found) > most else 0


# ---- what changed --------------------------------------------------------------------------------------------------
def _touched_since(since: datetime) -> set[int] | None:
    """Videos that may have other proposals now, of those that were looked at; None where it is quicker to look at
    all."""
    touched = set(
        VideoFile.objects.filter(updated_at__gte=since, video__isnull=False).values_list("video_id", flat=True)
    )
    labelled: set[int] = set()
    # All who write links do it in batches, whose events tell of those that were taken off, too.
    batches = list(ChangeBatch.objects.filter(created_at__gte=since - _LONGEST_BATCH).values_list("pk", flat=True))
    for target in all_targets():
        events = events_of(target.links.link).filter(pgh_context_id__in=batches)
        labelled |= set(events.order_by().values_list("video_id", flat=True))
    labelled |= set(Rejection.objects.filter(updated_at__gte=since).values_list("video_id", flat=True))
    touched |= labelled | _beside(labelled)
    by_name = _bearing_new_names(since)
    if by_name is None or len(touched) + len(by_name) > _MOST_TOUCHED:
        return None
    touched |= by_name
    if not touched:
        return set()
    return set(SuggestionInput.objects.filter(video__in=touched).exclude(key="").values_list("pk", flat=True))


def _beside(video_ids: set[int]) -> set[int]:
    if not video_ids:
        return set()
    places = load_places()
    mine = {places.place_of[pk] for pk in video_ids if pk in places.place_of}
    return {pk for place in mine for pk in places.videos_in[place]}


def _bearing_new_names(since: datetime) -> set[int] | None:
    """Videos in whose paths a name stands that is new or was changed; None for very many names."""
    words: set[str] = set()
    for target in all_targets():
        for rows in (target.links.targets(), target.alias._default_manager.all()):
            found = rows.filter(updated_at__gte=since).values_list("name_folded", flat=True)
            words |= set(found[: _MOST_NEW_NAMES + 1])
    words = {word for word in words if word}
    if len(words) > _MOST_NEW_NAMES:
        return None
    asked = Q()
    for word in words:
        asked |= Q(file_text__contains=word) | Q(file_text__contains=word.replace(" ", ""))
    return set(VideoText.objects.filter(asked).values_list("video_id", flat=True)) if words else set()


# ---- one batch -----------------------------------------------------------------------------------------------------
def _refresh_batch(video_ids: list[int], reading: _Reading, result: Refreshed) -> None:
    keys = dict(SuggestionInput.objects.filter(video__in=video_ids).values_list("video_id", "key"))
    new = [pk for pk in video_ids if not keys.get(pk)]
    refresh_facts(video_ids, read_tags=reading.read_tags, guess_name=reading.guess_name)
    if new and reading.on_new is not None and reading.first_look is not None:
        arrived = Video.objects.filter(pk__in=new, created_at__gte=reading.first_look)
        if ids := list(arrived.order_by("pk").values_list("pk", flat=True)):
            reading.on_new(ids)
    wanted = _wanted(video_ids)
    names = [provider.name for provider in _computing()]
    changed = [pk for pk in video_ids if keys.get(pk) != _key(wanted.get(pk, {}))]
    with transaction.atomic():
        # Whoever answers meanwhile locks the video too.
        lock_videos(changed)
        _write(changed, wanted, names)
    result.looked_at += len(video_ids)
    result.changed += len(changed)
    result.new += len(new)


def _computing() -> list[SuggestionProvider]:
    return [provider for provider in all_providers() if provider.propose is not None]


Wanted = dict[tuple[str, str, int, str], Proposal]


def _wanted(video_ids: list[int]) -> dict[int, Wanted]:
    """What each provider proposes, without what the videos have and what was rejected."""
    has = {(target.kind, *pair) for target in all_targets() for pair in target.pairs(video_ids)}
    filled = _filled(video_ids)
    rejected = set(
        Rejection.objects.filter(video__in=video_ids, subject="").values_list(
            "video_id", "kind", "object_id", "provider"
        )
    )
    wanted: dict[int, Wanted] = {pk: {} for pk in video_ids}
    for provider in _computing():
        assert provider.propose is not None
        for one in provider.propose(video_ids):
            key = (one.video_id, one.kind, one.object_id)
            is_known = (one.kind, one.video_id, one.object_id) in has or (one.kind, one.video_id) in filled
            is_rejected = (*key, "") in rejected or (*key, provider.name) in rejected
            if is_known or is_rejected or one.confidence < LEAST_CONFIDENCE or one.video_id not in wanted:
                continue
            place = (provider.name, one.kind, one.object_id, one.subject)
            known = wanted[one.video_id].get(place)
            if known is None or known.confidence < one.confidence:
                wanted[one.video_id][place] = one
    return {pk: _surest(proposals) for pk, proposals in wanted.items()}


def _filled(video_ids: list[int]) -> set[tuple[str, int]]:
    titles = {file.video_id: file.title for file in files_of(video_ids)}
    return filled_fields(video_ids, titles)


def _surest(proposals: Wanted) -> Wanted:
    if len(proposals) <= _MOST_FOR_ONE:
        return proposals
    ordered = sorted(proposals.items(), key=lambda pair: (-pair[1].confidence, pair[0]))
    return dict(ordered[:_MOST_FOR_ONE])


def _key(proposals: Wanted) -> str:
    listed = sorted(
        ([*place, one.value, round(one.confidence, 3), dict(one.evidence)] for place, one in proposals.items()),
        key=lambda row: row[:4],
    )
    text = json.dumps([VERSION, listed], sort_keys=True, default=str)
    return blake2b(text.encode(), digest_size=16).hexdigest()


def _write(video_ids: list[int], wanted: dict[int, Wanted], providers: list[str]) -> None:
    there = Suggestion.objects.open().filter(video__in=video_ids, provider__in=providers)
    stale = [
        pk
        for pk, video_id, *place in there.values_list("pk", "video_id", "provider", "kind", "object_id", "subject")
        if tuple(place) not in wanted[video_id]
    ]
    Suggestion.objects.open().filter(pk__in=stale).delete()
    rows = [
        Suggestion(
            provider=provider,
            video_id=video_id,
            kind=kind,
            object_id=object_id,
            subject=subject,
            value=one.value,
            confidence=min(1.0, max(0.0, one.confidence)),
            evidence=dict(one.evidence),
        )
        for video_id in video_ids
        for (provider, kind, object_id, subject), one in wanted[video_id].items()
    ]
    # One that was answered stays answered.
    Suggestion.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["video", "kind", "object_id", "provider", "subject"],
        update_fields=["confidence", "evidence"],
        batch_size=_BATCH,
    )
    SuggestionInput.objects.bulk_create(
        [SuggestionInput(video_id=pk, key=_key(wanted[pk])) for pk in video_ids],
        update_conflicts=True,
        unique_fields=["video"],
        update_fields=["key"],
    )
