"""What machines propose for videos, and people's answers. One way to accept and to reject, whoever proposed it.

Providers register themselves when Django starts (modules `providers`). Proposals are computed in the background by
`library.services.suggesting.refresh`; a request only reads and answers.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from library.models import ChangeBatch, Rejection, Suggestion, User
from library.models.change import ChangeSource
from library.models.suggestion import SuggestionState
from library.services.changes import change_batch, current_batch
from library.services.suggesting.targets import get_target, lock_videos
from library.services.suggesting.values import find_value_target, name_proposals, value_id, write_values

_MOST_AT_ONCE = 5_000
_FEW = 10


@dataclass(frozen=True, slots=True)
class Proposal:
    """That something (`kind` of SuggestedKind, `object_id`) belongs on a video, 0 to 1 sure, and why (JSON); of a
    field, `value` is what it is to hold."""

    video_id: int
    kind: str
    object_id: int
    confidence: float
    evidence: Mapping[str, Any] = field(default_factory=dict)
    subject: str = ""
    value: str = ""

    @classmethod
    def of_value(
        cls, video_id: int, kind: str, value: str, confidence: float, evidence: Mapping[str, Any] | None = None
    ) -> "Proposal":
        """Of what a field is to hold."""
        return cls(video_id, kind, value_id(kind, value), confidence, evidence or {}, value=value)


Hook = Callable[[Sequence[Suggestion], User | None], object]


@dataclass(frozen=True, slots=True)
class SuggestionProvider:
    """Someone who proposes. `name` is stored, `label` is for people.

    `propose(video_ids)` gives all that it proposes for these videos now, at most a thousand of them, and writes
    nothing; None for one that keeps its own suggestions up to date. `reason(suggestion)` says in words why, from the
    row alone. The hooks are called inside the answer's batch with open suggestions of this provider, and do what is to
    be done besides the link: naming a face.
    """

    name: str
    label: str
    reason: Callable[[Suggestion], str]
    propose: Callable[[Sequence[int]], Iterable[Proposal]] | None = None
    accept: Hook | None = None
    reject: Hook | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """What an answer did. `batch` takes it back (None: nothing changed). `gone` counts suggestions that somebody else
    had answered, or whose person, studio or tag is gone or lies in the trash. `words` is what was answered, `videos`
    are the ids of those that it was about. Inside another change, `batch` is that one."""

    batch: ChangeBatch | None
    accepted: int = 0
    gone: int = 0
    rejected: int = 0
    words: tuple[str, ...] = ()
    videos: frozenset[int] = frozenset()


_providers: dict[str, SuggestionProvider] = {}


def register_provider(provider: SuggestionProvider) -> None:
    """Makes a provider known; a second one of its name is a programming error."""
    if _providers.get(provider.name, provider) != provider:
        raise ValueError(f"Two providers are called {provider.name!r}.")
    _providers[provider.name] = provider


def all_providers() -> list[SuggestionProvider]:
    """In the order of their registration."""
    return list(_providers.values())


def find_provider(name: str) -> SuggestionProvider | None:
    """None for one whose app was removed; its suggestions can still be answered."""
    return _providers.get(name)


def accept_suggestions(
    *, suggestion_ids: Iterable[int], user: User | None, video_ids: Iterable[int] | None = None
) -> Answered:
    """Puts what is suggested on the videos, and says so to whoever proposed it. One change batch.

    What others proposed of the same thing for the same video is answered with it, and so is whatever else was proposed
    for a field that is filled by it. A rejection that stood against it goes. Suggestions that were answered meanwhile,
    or whose thing is gone, are counted as gone, and so are those of others than `video_ids`, where these are given.
    """
    asked = _distinct(suggestion_ids)
    with change_batch(user=user, source=ChangeSource.SUGGESTION) as batch:
        rows = _open_with_siblings(asked, video_ids)
        known = name_proposals(rows)
        rows = [row for row in rows if (row.kind, row.object_id) in known]
        _call_hooks(rows, user, lambda provider: provider.accept)
        values = [row for row in rows if find_value_target(row.kind) is not None]
        if values:
            # Whoever puts things on videos locks them for itself.
            lock_videos(row.video_id for row in rows)
        written, lost = write_values(values)
        rows = [row for row in rows if row not in lost]
        _put_links([row for row in rows if row not in values], user)
        _close_others(written, user)
        _forget_rejections(rows)
        answered = _claim(rows, SuggestionState.ACCEPTED, user)
        batch.summary = f"Accepted {_things(rows, known)}"
    done = [row for row in rows if row.pk in asked & answered]
    return Answered(
        _made(batch), accepted=len(done), gone=len(asked) - len(done), words=_words(done, known), videos=_videos(done)
    )


def reject_suggestions(
    *, suggestion_ids: Iterable[int], user: User | None, video_ids: Iterable[int] | None = None
) -> Answered:
    """It isn't so: neither this provider nor another proposes it for that video again. One change batch.

    What is on the video stays there, unless the provider's hook takes it back.
    """
    asked = _distinct(suggestion_ids)
    with change_batch(user=user, source=ChangeSource.SUGGESTION) as batch:
        rows = _open_with_siblings(asked, video_ids)
        known = name_proposals(rows)
        lock_videos(row.video_id for row in rows)
        wanted = {(row.video_id, row.kind, row.object_id) for row in rows}
        # Before the hooks: whoever proposes anew in one of them knows the answer already.
        Rejection.objects.bulk_create(
            [Rejection(video_id=video_id, kind=kind, object_id=pk, user=user) for video_id, kind, pk in sorted(wanted)],
            ignore_conflicts=True,
            batch_size=_MOST_AT_ONCE,
        )
        _call_hooks(rows, user, lambda provider: provider.reject)
        answered = _claim(rows, SuggestionState.REJECTED, user)
        batch.summary = f"Rejected {_things(rows, known)}"
    done = [row for row in rows if row.pk in asked & answered]
    return Answered(
        _made(batch), gone=len(asked) - len(done), rejected=len(done), words=_words(done, known), videos=_videos(done)
    )


def _made(batch: ChangeBatch) -> ChangeBatch | None:
    """None where nothing changed. Inside another change nobody asks yet: counting looks into every table's history."""
    return batch if current_batch() is not None or batch.change_count else None


def _words(rows: Sequence[Suggestion], known: Mapping[tuple[str, int], str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(known.get((row.kind, row.object_id), "a suggestion") for row in rows))


def _videos(rows: Sequence[Suggestion]) -> frozenset[int]:
    return frozenset(row.video_id for row in rows)


def _distinct(ids: Iterable[int]) -> set[int]:
    return {int(one) for one in ids}


def _open_with_siblings(ids: set[int], video_ids: Iterable[int] | None) -> list[Suggestion]:
    """Those of the suggestions that are open, and what else is open about the same thing in the same video. Of few
    videos that are known, one query instead of two."""
    about = list(video_ids) if video_ids is not None else None
    rows: QuerySet[Suggestion] = Suggestion.objects.open().order_by("video_id", "pk")
    if about is not None and len(about) <= _FEW:
        found = list(rows.filter(video__in=about))
        wanted = {(row.video_id, row.kind, row.object_id) for row in found if row.pk in ids}
    else:
        asked = Suggestion.objects.open().filter(pk__in=ids)
        asked = asked if about is None else asked.filter(video__in=about)
        wanted = set(asked.values_list("video_id", "kind", "object_id"))
        rows = rows.filter(video__in={video_id for video_id, _, _ in wanted})
        found = list(rows.filter(object_id__in={pk for _, _, pk in wanted}))
    return [row for row in found if (row.video_id, row.kind, row.object_id) in wanted]


def _call_hooks(
    rows: Sequence[Suggestion], user: User | None, hook_of: Callable[[SuggestionProvider], Hook | None]
) -> None:
    """First of all, since what they lock (faces) is locked before videos everywhere."""
    by_provider: dict[str, list[Suggestion]] = defaultdict(list)
    for row in rows:
        by_provider[row.provider].append(row)
    for name, theirs in by_provider.items():
        provider = find_provider(name)
        hook = hook_of(provider) if provider is not None else None
        if hook is not None:
            hook(theirs, user)


def _put_links(rows: Sequence[Suggestion], user: User | None) -> None:
    """A few statements for each set of videos that get the same things."""
    wanted: dict[str, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
    for row in rows:
        wanted[row.kind][row.video_id].add(row.object_id)
    for kind, by_video in wanted.items():
        videos_of: dict[frozenset[int], list[int]] = defaultdict(list)
        for video_id, ids in by_video.items():
            videos_of[frozenset(ids)].append(video_id)
        for things, videos in sorted(videos_of.items(), key=lambda pair: pair[1][0]):
            get_target(kind).put(video_ids=videos, ids=sorted(things), user=user, source=ChangeSource.SUGGESTION)


def _close_others(written: Sequence[Suggestion], user: User | None) -> None:
    """Of a field that was filled, what else was proposed was wrong. It isn't remembered as such: somebody may empty
    the field again."""
    for row in written:
        others = Suggestion.objects.open().filter(video=row.video_id, kind=row.kind).exclude(object_id=row.object_id)
        others.update(state=SuggestionState.REJECTED, answered_at=timezone.now(), answered_by=user)


def _forget_rejections(rows: Sequence[Suggestion]) -> None:
    wanted = {(row.video_id, row.kind, row.object_id) for row in rows}
    stand = Rejection.objects.filter(
        video__in={video_id for video_id, _, _ in wanted}, object_id__in={pk for _, _, pk in wanted}, subject=""
    )
    gone = [row.pk for row in stand if (row.video_id, row.kind, row.object_id) in wanted]
    Rejection.objects.filter(pk__in=gone).delete()


def _claim(rows: Sequence[Suggestion], state: str, user: User | None) -> set[int]:
    """Answers those that are still open; a hook may have done so. Returns the ids of all that have this answer now."""
    ids = [row.pk for row in rows]
    open_ones = Suggestion.objects.open().filter(pk__in=ids)
    if open_ones.update(state=state, answered_at=timezone.now(), answered_by=user) == len(ids):
        return set(ids)
    return set(Suggestion.objects.filter(pk__in=ids, state=state).values_list("pk", flat=True))


def _things(rows: Sequence[Suggestion], known: Mapping[tuple[str, int], str]) -> str:
    """ "Ana and Beach in 12 videos"."""
    names = list(dict.fromkeys(known[row.kind, row.object_id] for row in rows if (row.kind, row.object_id) in known))
    videos = len({row.video_id for row in rows})
    listed = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return f"{listed or 'suggestions'} in {videos:,} video{'' if videos == 1 else 's'}"
