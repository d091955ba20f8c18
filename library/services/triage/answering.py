"""Answers about videos: one by one as keys are pressed, many at once, and taking them back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from library.exceptions import BulkEditError
from library.models import BulkEdit, ChangeBatch, TriageAnswer, TriageLease, TriageProgress, User, Video
from library.models.triage import AnswerKind
from library.services.background import submit_background
from library.services.bulk_edit import (
    MOST_IN_REQUEST,
    Request,
    apply_bulk_edit,
    begin_bulk_edit,
    check_operation,
    confirm_bulk_edit,
    steps_of,
)
from library.services.changes import change_batch
from library.services.history import UndoReport, undo_batch
from library.services.triage.pace import add_to_pace, take_from_pace
from library.services.triage.queues import Queue, TriageError

# Longer looks at one video are a pause, not work.
_MOST_SECONDS = 120.0
_MOST_KEYS = 1000


@dataclass(frozen=True, slots=True)
class Given:
    """An answer with its change (None: nothing changed), and where the user is in the queue now."""

    answer: TriageAnswer
    batch: ChangeBatch | None
    progress: TriageProgress


@dataclass(frozen=True, slots=True)
class TakenBack:
    """The answer that counts no more; `report` is what its undo did, None where it had changed nothing."""

    answer: TriageAnswer
    report: UndoReport | None
    progress: TriageProgress


def give_answer(
    *,
    user: User,
    queue: Queue,
    video_id: int,
    operation: Mapping[str, Any] | None = None,
    key: UUID | None = None,
    is_last: bool = False,
    is_skipped: bool = False,
    is_aside: bool = False,
    keys: int = 1,
    seconds: float = 0.0,
) -> Given:
    """Does an edit to one video (`library.services.bulk_edit`), as one change, and with `is_last` leaves it behind.

    An answer whose `key` was heard already isn't given again: a page may send it until it hears that it arrived. Of a
    video `is_aside`, which was looked up, the place in the queue doesn't move. Raises BulkEditError and TriageError
    with a sentence.
    """
    key = key or uuid4()
    checked = check_operation(dict(operation), user=user, is_triage=True) if operation else {}
    with transaction.atomic():
        progress = _locked(user, queue)
        told = TriageAnswer.objects.filter(key=key).select_related("batch").first()
        if told is not None:
            return Given(told, told.batch, progress)
        video = Video.objects.filter(pk=video_id).only("pk", "title").first()
        if video is None:
            raise TriageError("That video is gone: it was merged or removed meanwhile. Go on with the next one.")
        batch = _apply(user, [video.pk], checked, video.title) if checked else None
        kind = AnswerKind.CHANGED if batch else AnswerKind.SKIPPED if is_skipped else AnswerKind.PASSED
        answer = TriageAnswer.objects.create(
            user=user,
            queue=queue.key,
            video=video,
            kind=kind,
            key=key,
            is_last=is_last,
            is_aside=is_aside,
            position=progress.position,
            keys=max(0, min(keys, _MOST_KEYS)),
            seconds=max(0.0, min(seconds, _MOST_SECONDS)),
            summary=batch.summary
            if batch
            else f"{video.title}: {'left for later' if is_skipped else 'looked at'}"[:500],
            batch=batch,
        )
        if is_last:
            _leave(progress, video.pk, is_aside)
        _count(progress, answer, videos=int(is_last))
    return Given(answer, batch, progress)


def answer_many(
    *,
    user: User,
    queue: Queue,
    video_ids: Sequence[int],
    operation: Mapping[str, Any],
    key: UUID | None = None,
    keys: int = 1,
    seconds: float = 0.0,
) -> TriageAnswer:
    """Does an edit to many videos as one change: at once, or by a job when there are more than MOST_IN_REQUEST; the
    answer's `edit` says how far that is. Each of the videos has been left behind by it. Raises BulkEditError."""
    checked = check_operation(dict(operation), user=user, is_triage=True)
    key = key or uuid4()
    with transaction.atomic():
        progress = _locked(user, queue)
        told = TriageAnswer.objects.filter(key=key).select_related("edit__batch").first()
        if told is not None:
            return told
        edit = begin_bulk_edit(user=user, video_ids=video_ids)
        if not confirm_bulk_edit(edit=edit, operation=checked, user=user, is_triage=True):
            raise BulkEditError("That edit is being done already.")
        if len(edit.video_ids) > MOST_IN_REQUEST:
            submit_background("bulk_edit", edit.pk, requested_by_id=user.pk)
        else:
            apply_bulk_edit(edit_id=edit.pk)
        edit = BulkEdit.objects.select_related("batch").get(pk=edit.pk)
        said = "; ".join(step.describe(checked[step.key]) for step in steps_of(checked))
        answer = TriageAnswer.objects.create(
            user=user,
            queue=queue.key,
            kind=AnswerKind.BATCH,
            key=key,
            keys=max(0, min(keys, _MOST_KEYS)),
            seconds=max(0.0, min(seconds, _MOST_SECONDS)),
            video_count=edit.video_count if edit.applied_at else len(edit.video_ids),
            summary=edit.batch.summary if edit.batch else f"{len(edit.video_ids):,} videos: {said}"[:500],
            batch=edit.batch,
            edit=edit,
            position=progress.position,
        )
        _record_each(answer, edit.video_ids)
        progress.processed += len(edit.video_ids)
        _count(progress, answer, videos=answer.video_count)
    return answer


def undo_last(*, user: User, queue: Queue, answer_id: int | None = None, key: UUID | None = None) -> TakenBack:
    """Takes the user's last answer in the queue back, or that one: what it changed, and the step to the next video.

    Those that were taken back already, here or in the history, are passed over. Raises TriageError when there is none,
    and UndoError as `undo_batch` does. What is sent twice with a `key` is done once.
    """
    key = key or uuid4()
    with transaction.atomic():
        progress = _locked(user, queue)
        told = TriageAnswer.objects.filter(key=key).select_related("undoes").first()
        if told is not None and told.undoes is not None:
            return TakenBack(told.undoes, None, progress)
        answer = _last(user, queue, answer_id)
        batch = _batch_of(answer)
        report = undo_batch(batch=batch, user=user) if batch is not None else None
        TriageAnswer.objects.create(
            user=user,
            queue=queue.key,
            video=answer.video,
            kind=AnswerKind.UNDONE,
            key=key,
            position=progress.position,
            undoes=answer,
            summary=f"Took back: {answer.summary}"[:500],
            batch=report.batch if report else None,
            video_count=answer.video_count,
        )
        left = (
            0 if answer.is_aside else answer.parts.count() if answer.kind == AnswerKind.BATCH else int(answer.is_last)
        )
        if answer.is_last and left:
            progress.position = min(progress.position, answer.position)
        progress.processed = max(0, progress.processed - left)
        take_from_pace(progress, answer, videos=left)
        progress.save(update_fields=["position", "processed", "pace"])
    return TakenBack(answer, report, progress)


def _apply(user: User, video_ids: list[int], checked: dict[str, Any], title: str) -> ChangeBatch | None:
    """The steps of the edit as one change; None where all was so already."""
    with change_batch(user=user) as batch:
        steps, request = steps_of(checked), Request(user)
        # What suggestions are about (faces) is locked before videos everywhere; each step locks what it writes.
        for step in steps:
            step.apply(video_ids, checked[step.key], request)
        said = "; ".join(request.said.get(step.key) or step.describe(checked[step.key]) for step in steps)
        batch.summary = f"{title}: {said}"[:500]
    return batch if batch.change_count else None


def _locked(user: User, queue: Queue) -> TriageProgress:
    """Where the user is, locked: of two answers sent at once the second one waits."""
    rows = TriageProgress.objects.select_for_update().filter(user=user, queue=queue.key)
    found = rows.first()
    if found is None:
        TriageProgress.objects.bulk_create([TriageProgress(user=user, queue=queue.key)], ignore_conflicts=True)
        found = rows.get()
    return found


def _leave(progress: TriageProgress, video_id: int, is_aside: bool) -> None:
    """The video is left behind: others may have it, and the next one comes. The caller saves the progress."""
    TriageLease.objects.filter(video=video_id, user=progress.user_id).delete()
    if not is_aside:
        progress.position = max(progress.position, video_id)
        progress.processed += 1


def _count(progress: TriageProgress, answer: TriageAnswer, *, videos: int) -> None:
    """Of today's work, with the rest of what the answer changed about the place."""
    add_to_pace(progress, videos=videos, keys=answer.keys, seconds=answer.seconds)
    progress.active_at = timezone.now()
    progress.save(update_fields=["position", "processed", "active_at", "pace"])


def _record_each(answer: TriageAnswer, video_ids: Sequence[int]) -> None:
    """A row for each video of an answer about many, so that nobody is shown it again; it is given back to others."""
    is_waiting = answer.edit is not None and answer.edit.applied_at is None
    kind = AnswerKind.CHANGED if answer.batch or is_waiting else AnswerKind.PASSED
    there = Video.objects.filter(pk__in=video_ids).order_by("pk").values_list("pk", flat=True)
    TriageAnswer.objects.bulk_create(
        [
            TriageAnswer(
                user_id=answer.user_id,
                queue=answer.queue,
                video_id=pk,
                kind=kind,
                key=uuid4(),
                is_last=True,
                keys=0,
                position=answer.position,
                summary=answer.summary,
                part_of=answer,
            )
            for pk in there
        ],
        batch_size=1_000,
    )
    TriageLease.objects.filter(video__in=video_ids, user=answer.user_id).delete()


def _last(user: User, queue: Queue, answer_id: int | None) -> TriageAnswer:
    rows = TriageAnswer.objects.filter(user=user, queue=queue.key, undone_by=None, part_of=None)
    rows = rows.exclude(kind=AnswerKind.UNDONE)
    if answer_id is not None:
        rows = rows.filter(pk=answer_id)
    rows = rows.exclude(batch__undone_at__isnull=False).exclude(edit__batch__undone_at__isnull=False)
    answer = rows.select_related("batch", "edit__batch", "video").order_by("-pk").first()
    if answer is None:
        raise TriageError("There is nothing left to take back in this queue.")
    return answer


def _batch_of(answer: TriageAnswer) -> ChangeBatch | None:
    if answer.edit is not None and answer.edit.applied_at is None:
        raise TriageError("That edit is still being made. Take it back when it is done, or cancel its job.")
    return answer.batch or (answer.edit.batch if answer.edit else None)
