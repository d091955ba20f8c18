"""Editing many videos at once: what can be done to them, what it would do, and doing it as one change.

What can be done is a list of steps that apps register in their `bulk_steps` modules, so the library knows neither
people nor jobs. An operation is JSON: a step's key with the step's value.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from library.exceptions import BulkEditError
from library.models import BulkEdit, User, Video
from library.services.changes import change_batch

# More than these wait for a worker instead of keeping a browser waiting.
MOST_IN_REQUEST = 500
MOST_VIDEOS = 1_000_000
_CHUNK = 1000
_DRAFT_LIFE = timedelta(days=1)

Operation = dict[str, Any]
Report = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Effect:
    """What a step would do: a sentence ("Add the tag Beach"), how many videos it changes, how many are so already."""

    text: str
    changed: int
    already: int


@dataclass(frozen=True, slots=True)
class Request:
    """Who wants it; steps pass the user on to the services they call. In `said` a step may leave what it did to one
    video, by its key, so that `describe` need not look for it again."""

    user: User
    said: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BulkStep:
    """One kind of edit.

    `check` returns the value as it is stored, or raises BulkEditError with a sentence. `apply` gets at most a thousand
    locked videos in the order of their ids, inside the edit's batch, and returns the ids of those it changed. `preview`
    gets as many, changes nothing, and returns the same effects, in the same order, for every call. `describe` says in
    the past tense what was done ("added the tag Beach"). `permission` is "app.codename"; `in_triage` is the one that is
    asked for there instead, where it is another. Steps run in their `order`.
    """

    key: str
    permission: str
    check: Callable[[Any], Any]
    apply: Callable[[Sequence[int], Any, Request], set[int]]
    preview: Callable[[Sequence[int], Any], list[Effect]]
    describe: Callable[[Any], str]
    order: int = 100
    in_triage: str = ""


_steps: dict[str, BulkStep] = {}


def register_bulk_step(step: BulkStep) -> None:
    """Makes a kind of edit known; a second one with its key is a programming error."""
    if _steps.get(step.key, step) != step:
        raise ValueError(f"Two kinds of edit are called {step.key!r}.")
    _steps[step.key] = step


def steps_of(operation: Operation) -> list[BulkStep]:
    """The steps of a checked operation, in the order in which they run."""
    return sorted((_steps[key] for key in operation), key=lambda step: (step.order, step.key))


def check_operation(operation: Operation, *, user: User, is_triage: bool = False) -> Operation:
    """The operation as it is stored. Raises BulkEditError: nothing to do, an unknown step or value, no right to it."""
    if not operation:
        raise BulkEditError("Say what is to be changed.")
    checked = {}
    for key, value in operation.items():
        step = _steps.get(key)
        if step is None:
            raise BulkEditError(f"Nothing here knows the edit {key!r}.")
        if not user.has_perm((is_triage and step.in_triage) or step.permission):
            raise BulkEditError("Your role doesn't allow that edit.")
        checked[key] = step.check(value)
    return checked


def begin_bulk_edit(*, user: User, video_ids: Sequence[int]) -> BulkEdit:
    """A draft for these videos; forgotten drafts go. Raises BulkEditError for none and for more than a million."""
    ids = sorted(set(video_ids))
    if not ids:
        raise BulkEditError("Choose at least one video.")
    if len(ids) > MOST_VIDEOS:
        raise BulkEditError(f"One edit takes {MOST_VIDEOS:,} videos at most; filter the list further.")
    BulkEdit.objects.filter(confirmed_at=None, updated_at__lt=timezone.now() - _DRAFT_LIFE).delete()
    return BulkEdit.objects.create(user=user, video_ids=ids)


def preview_bulk_edit(*, video_ids: Sequence[int], operation: Operation) -> list[Effect]:
    """What a checked operation would do now. A few statements for each thousand videos."""
    effects = []
    for step in steps_of(operation):
        parts = [step.preview(chunk, operation[step.key]) for chunk in _chunks(video_ids)]
        for same in zip(*parts, strict=True):
            changed, already = sum(e.changed for e in same), sum(e.already for e in same)
            effects.append(Effect(same[0].text, changed, already))
    return effects


def confirm_bulk_edit(*, edit: BulkEdit, operation: Operation, user: User, is_triage: bool = False) -> bool:
    """Makes a draft an order; False when it was one already (a second press of the button).

    Raises BulkEditError as `check_operation` does.
    """
    checked = check_operation(operation, user=user, is_triage=is_triage)
    drafts = BulkEdit.objects.filter(pk=edit.pk, user=user, confirmed_at=None)
    return drafts.update(operation=checked, confirmed_at=timezone.now()) == 1


def apply_bulk_edit(*, edit_id: int, report: Report = lambda done, total: None) -> int:
    """Does a confirmed edit as one change and returns how many videos changed; once, however often it is called.

    One transaction: when it is interrupted nothing has changed. All videos are locked first, in the order of their
    ids, so two edits with videos in common wait for one another. `report` is told of videos times steps.
    """
    with transaction.atomic():
        edit = BulkEdit.objects.select_for_update().select_related("user").get(pk=edit_id)
        if edit.applied_at is not None or edit.confirmed_at is None:
            return edit.video_count
        with change_batch(user=edit.user) as batch:
            changed = _apply(edit, report)
            said = "; ".join(step.describe(edit.operation[step.key]) for step in steps_of(edit.operation))
            batch.summary = f"Edited {len(changed):,} {'video' if len(changed) == 1 else 'videos'}: {said}"[:500]
        edit.batch = batch if batch.change_count else None
        edit.video_count, edit.applied_at = len(changed), timezone.now()
        edit.save(update_fields=["batch", "video_count", "applied_at"])
    return len(changed)


def _apply(edit: BulkEdit, report: Report) -> set[int]:
    locked = [pk for chunk in _chunks(edit.video_ids) for pk in _lock(chunk)]
    steps = steps_of(edit.operation)
    request = Request(edit.user)
    changed: set[int] = set()
    done = 0
    for step in steps:
        for chunk in _chunks(locked):
            changed |= step.apply(chunk, edit.operation[step.key], request)
            done += len(chunk)
            report(done, len(locked) * len(steps))
    return changed


def _lock(ids: Sequence[int]) -> list[int]:
    """Those of the videos that still exist, locked in order."""
    rows = Video.objects.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True)
    return list(rows.values_list("pk", flat=True))


def _chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), _CHUNK):
        yield ids[start : start + _CHUNK]
