"""Keeping the suggestions what they ought to be now. In the background; a request never comes here."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from library.models import ChangeBatch, Rejection, Suggestion, SuggestionInput, Video, VideoFile, VideoText
from library.services.changes import events_of
from library.services.kept import keep_result, kept_time
from library.services.suggesting.memory import one_run
from library.services.suggesting.places import load_places
from library.services.suggesting.sidecars import ReadTags, refresh_facts
from library.services.suggesting.targets import all_targets, lock_videos
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
# Where more names than this are new, all videos are looked at again instead.
_MOST_NEW_NAMES = 40
_MOST_TOUCHED = 20_000
# A batch has the time of its beginning, and is seen when it has ended.
_LONGEST_BATCH = timedelta(minutes=30)


@dataclass(slots=True)
class Refreshed:
    """How many videos were looked at, how many of those had other proposals than before, and how many were new."""

    looked_at: int = 0
    changed: int = 0
    new: int = 0
    is_full: bool = False


OnNew = Callable[[Sequence[int]], object]


def refresh_suggestions(
    *,
    video_ids: Iterable[int] | None = None,
    is_full: bool = False,
    read_tags: ReadTags | None = None,
    on_new: OnNew | None = None,
    report: Callable[[int, int], None] = lambda done, total: None,
) -> Refreshed:
    """Computes the proposals of these videos; without ids, of all that may have others since the last time: new and
    changed ones, those beside or like what was labelled meanwhile, and those that bear a new name. `is_full`: of all.

    `on_new` gets the ids of videos that are looked at for the first time, before anything is proposed for them (rules).
    """
    begun = timezone.now()
    is_everything = video_ids is None
    with one_run():
        if video_ids is not None:
            wanted: list[int] = sorted(set(video_ids))
        else:
            since: datetime | None = None if is_full else kept_time(_LOOKED_KEY)
            touched = None if since is None else _touched_since(since)
            is_full = touched is None
            wanted = sorted(touched) if touched is not None else list(_all_videos())
        result = Refreshed(is_full=is_full)
        for number, batch in enumerate(_batches(wanted)):
            _refresh_batch(batch, read_tags, on_new, result)
            report(min((number + 1) * _BATCH, len(wanted)), len(wanted))
    if is_everything:
        keep_result(_LOOKED_KEY, begun)
    return result


def _batches(ids: Sequence[int]) -> Iterator[list[int]]:
    for start in range(0, len(ids), _BATCH):
        yield list(ids[start : start + _BATCH])


def _all_videos() -> Iterator[int]:
    return Video.objects.filter(trashed_at=None).order_by("-pk").values_list("pk", flat=True).iterator()


# ---- what changed --------------------------------------------------------------------------------------------------
def _touched_since(since: datetime) -> set[int] | None:
    """Videos that may have other proposals now; None where it is quicker to look at all."""
    touched = set(
        VideoFile.objects.filter(updated_at__gte=since, video__isnull=False).values_list("video_id", flat=True)
    )
    touched |= set(Video.objects.filter(suggestion_input=None, trashed_at=None).values_list("pk", flat=True))
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
    return touched | by_name


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
def _refresh_batch(video_ids: list[int], read_tags: ReadTags | None, on_new: OnNew | None, result: Refreshed) -> None:
    keys = dict(SuggestionInput.objects.filter(video__in=video_ids).values_list("video_id", "key"))
    new = [pk for pk in video_ids if not keys.get(pk)]
    refresh_facts(video_ids, read_tags=read_tags)
    if new and on_new is not None:
        on_new(new)
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
            is_known = (one.kind, one.video_id, one.object_id) in has
            is_rejected = (*key, "") in rejected or (*key, provider.name) in rejected
            if is_known or is_rejected or one.confidence < LEAST_CONFIDENCE or one.video_id not in wanted:
                continue
            place = (provider.name, one.kind, one.object_id, one.subject)
            known = wanted[one.video_id].get(place)
            if known is None or known.confidence < one.confidence:
                wanted[one.video_id][place] = one
    return {pk: _surest(proposals) for pk, proposals in wanted.items()}


def _surest(proposals: Wanted) -> Wanted:
    if len(proposals) <= _MOST_FOR_ONE:
        return proposals
    ordered = sorted(proposals.items(), key=lambda pair: (-pair[1].confidence, pair[0]))
    return dict(ordered[:_MOST_FOR_ONE])


def _key(proposals: Wanted) -> str:
    listed = sorted([*place, round(one.confidence, 3), dict(one.evidence)] for place, one in proposals.items())
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
