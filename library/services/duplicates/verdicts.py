"""What a person says about a pair. An answer holds for good: no later search opens the pair again."""

from collections.abc import Sequence

from django.db.models import F, QuerySet
from django.utils import timezone

from library.exceptions import LibraryError
from library.models import DuplicatePair, User
from library.models.duplicate import DuplicateKind, DuplicateVerdict
from library.services.changes import change_batch
from library.services.duplicates.equal import wasted_file_ids
from library.services.trash import trash

_SAID = {
    DuplicateVerdict.REJECTED: "Said of {} that they are no duplicates",
    DuplicateVerdict.KEPT: "Kept both videos of {}",
    DuplicateVerdict.LINKED: "Linked the clips of {} to what they are part of",
}


class PairError(LibraryError):
    """What was asked for can't be done with that pair; the sentence says why."""

    permanent = True


def answer_pairs(*, pair_ids: Sequence[int], verdict: DuplicateVerdict, user: User | None) -> int:
    """Remembers the answer for the pairs that are open; returns how many were. One batch, which can be undone.

    Only a contained pair can be linked; others are passed over then.
    """
    if verdict == DuplicateVerdict.OPEN:
        raise ValueError("forget_answers opens pairs again.")
    with change_batch(summary=_SAID[verdict].format("pairs"), user=user) as batch:
        pairs = DuplicatePair.objects.filter(pk__in=pair_ids, verdict=DuplicateVerdict.OPEN)
        if verdict == DuplicateVerdict.LINKED:
            pairs = pairs.filter(kind=DuplicateKind.CONTAINED)
        count = pairs.update(verdict=verdict, decided_by=user, decided_at=timezone.now())
        batch.summary = _SAID[verdict].format("1 pair" if count == 1 else f"{count:,} pairs")
    return count


def forget_answers(*, pair_ids: Sequence[int], user: User | None) -> int:
    """Opens answered pairs again; returns how many. One batch."""
    with change_batch(summary="Forgot what was said about pairs of duplicates", user=user) as batch:
        pairs = DuplicatePair.objects.filter(pk__in=pair_ids).exclude(verdict=DuplicateVerdict.OPEN)
        count = pairs.update(verdict=DuplicateVerdict.OPEN, decided_by=None, decided_at=None)
        batch.summary = f"Forgot what was said about {'1 pair' if count == 1 else f'{count:,} pairs'} of duplicates"
    return count


def clip_of(pair: DuplicatePair) -> int:
    """The id of the contained pair's shorter video. Reads both videos."""
    first, second = pair.first.duration_seconds or 0, pair.second.duration_seconds or 0
    return pair.first_id if first < second else pair.second_id


def trash_clip(*, pair_id: int, user: User | None) -> int:
    """Puts the shorter video of a contained pair into the trash; returns its id.

    Raises PairError when it isn't such a pair, or when the longer one's file is missing: the clip may be all there is.
    """
    with change_batch(summary="Put a clip into the trash", user=user):
        pair = DuplicatePair.objects.select_for_update(of=("self",)).select_related("first", "second").get(pk=pair_id)
        if pair.kind != DuplicateKind.CONTAINED:
            raise PairError("Neither of the two is a clip of the other.")
        clip = clip_of(pair)
        longer = pair.second if clip == pair.first_id else pair.first
        if longer.missing_since is not None or longer.trashed_at is not None:
            raise PairError(f"{longer} isn't there now, so the clip stays: it may be all that is left of it.")
        trash(kind="video", ids=[clip], user=user)
    return clip


def trash_wasted_files(*, file_ids: Sequence[int], user: User | None) -> int:
    """Puts alternates that are equal to their video's primary file into the trash; returns how many.

    What is no wasted space any more (the primary file went missing) is passed over.
    """
    with change_batch(summary="Put copies into the trash", user=user) as batch:
        count = trash(kind="file", ids=wasted_file_ids(file_ids), user=user).count
        batch.summary = f"Put {'1 copy' if count == 1 else f'{count:,} copies'} of the same content into the trash"
    return count


def open_pairs() -> QuerySet[DuplicatePair]:
    """Pairs to decide: both videos are in the library. The surest first."""
    pairs = DuplicatePair.objects.filter(verdict=DuplicateVerdict.OPEN, first__trashed_at=None, second__trashed_at=None)
    return pairs.order_by(F("confidence").desc(), F("id").desc())
