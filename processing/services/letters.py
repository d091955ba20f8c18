"""Dead letters: written when the engine gives up, closed by success or by a person."""

import json
from collections.abc import Iterable
from datetime import timedelta

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.db.models.functions import Now

from processing.exceptions import TargetGoneError
from processing.models import DeadLetter, Job, LetterStatus, Priority, ProcessingSettings
from processing.services.submit import submit_jobs
from processing.services.waiting import mark_waiting

# Ends that nobody has to look at: the target has left, and comes back by itself if it does.
NOT_WRITTEN = frozenset({TargetGoneError.__name__})
_GONE = "What it was about is not there any more."
_BATCH = 1000


def write_letter(job: Job, *, error: str, error_class: str) -> None:
    """The engine has given up on the job: a new letter, or one failure more on the open one. In its transaction."""
    if error_class in NOT_WRITTEN:
        return
    said = {"job": job, "error": error, "error_class": error_class, "attempts": job.attempts, "failed_at": Now()}
    if of_job(job).update(failures=F("failures") + 1, status=LetterStatus.PENDING_REVIEW, note="", **said):
        return
    DeadLetter.objects.create(
        target_kind=job.target_kind,
        target_id=job.target_id,
        stage=job.stage,
        variant=job.variant,
        folder_id=job.folder_id,
        label=job.label,
        params=job.params,
        first_error=error,
        **said,
    )


def of_job(job: Job) -> "QuerySet[DeadLetter]":
    """The open letter about what the job is about."""
    return DeadLetter.objects.open().filter(
        target_kind=job.target_kind, target_id=job.target_id, stage=job.stage, variant=job.variant
    )


def resolve_letter(job: Job) -> None:
    """The job has succeeded: its open letter, if there is one, is closed. One statement."""
    of_job(job).update(status=LetterStatus.RESOLVED, closed_at=Now(), note="It succeeded since.")


def reopen_letters(job_ids: Iterable[int]) -> None:
    """Their jobs were cancelled: letters that were being tried again wait to be looked at."""
    jobs = Job.objects.filter(
        pk__in=list(job_ids),
        target_kind=OuterRef("target_kind"),
        target_id=OuterRef("target_id"),
        stage=OuterRef("stage"),
        variant=OuterRef("variant"),
    )
    retrying = DeadLetter.objects.filter(Exists(jobs), status=LetterStatus.RETRYING)
    retrying.update(status=LetterStatus.PENDING_REVIEW, note="Its retry was cancelled.")


def retry_letters(*, letters: "QuerySet[DeadLetter]", requested_by: AbstractBaseUser | None = None) -> int:
    """Tries those of the letters again that are open or were abandoned; returns how many wait now.

    One of a target that is not there any more is abandoned. Statements grow with the kinds of work among them, not with
    their number. Raises UnknownStageError when a stage is none any more.
    """
    retried = 0
    ids = list(letters.exclude(status=LetterStatus.RESOLVED).order_by("pk").values_list("pk", flat=True))
    for at in range(0, len(ids), _BATCH):
        with transaction.atomic():
            batch = DeadLetter.objects.select_for_update().filter(pk__in=ids[at : at + _BATCH]).order_by("pk")
            retried += _retry(list(batch), requested_by)
    return retried


def _retry(letters: list[DeadLetter], requested_by: AbstractBaseUser | None) -> int:
    groups: dict[tuple[str, str, int | None, str], list[DeadLetter]] = {}
    for letter in letters:
        params = json.dumps(letter.params, sort_keys=True)
        groups.setdefault((letter.stage, letter.variant, letter.folder_id, params), []).append(letter)
    for (stage, variant, folder_id, params), same in groups.items():
        targets = [letter.target_id for letter in same]
        submit_jobs(
            stage=stage,
            target_ids=targets,
            folder_id=folder_id,
            variant=variant,
            params=json.loads(params),
            priority=Priority.MANUAL,
            requested_by_id=requested_by.pk if requested_by is not None else None,
            is_forced=True,
        )
        if same[0].target_kind == "file":
            mark_waiting(stage, targets)
    return _say_what_became([letter.pk for letter in letters])


def _say_what_became(ids: list[int]) -> int:
    active = Job.objects.active().filter(
        target_kind=OuterRef("target_kind"),
        target_id=OuterRef("target_id"),
        stage=OuterRef("stage"),
        variant=OuterRef("variant"),
    )
    rows = DeadLetter.objects.filter(pk__in=ids)
    # An abandoned one about which a newer letter is open stays closed: that one is being tried now.
    newer = DeadLetter.objects.open().filter(
        target_kind=OuterRef("target_kind"),
        target_id=OuterRef("target_id"),
        stage=OuterRef("stage"),
        variant=OuterRef("variant"),
    )
    waits = rows.filter(Exists(active))
    retried = waits.filter(status__in=(LetterStatus.PENDING_REVIEW, LetterStatus.RETRYING)).update(
        status=LetterStatus.RETRYING, note=""
    )
    retried += waits.filter(~Exists(newer), status=LetterStatus.ABANDONED).update(
        status=LetterStatus.RETRYING, closed_at=None, note=""
    )
    gone = rows.open().filter(~Exists(active))
    gone.update(status=LetterStatus.ABANDONED, closed_at=Now(), note=_GONE)
    return retried


def abandon_letters(*, letters: "QuerySet[DeadLetter]", requested_by: AbstractBaseUser | None = None) -> int:
    """Closes letters that wait to be looked at, unsolved; returns how many. They can be tried again later."""
    note = f"Abandoned by {requested_by.get_username()}." if requested_by is not None else "Abandoned by a command."
    waiting = letters.filter(status=LetterStatus.PENDING_REVIEW)
    return DeadLetter.objects.filter(pk__in=waiting.order_by().values("pk")).update(
        status=LetterStatus.ABANDONED, closed_at=Now(), note=note
    )


def abandon_old_letters() -> int:
    """Closes letters that nobody looked at for as long as the settings say, and removes closed ones with the history
    of their jobs; returns how many it closed."""
    settings = ProcessingSettings.load()
    closed = DeadLetter.objects.exclude(closed_at=None)
    closed.filter(closed_at__lt=Now() - timedelta(days=max(settings.job_history_days, 30))).delete()
    if not settings.dead_letter_days:
        return 0
    note = f"Nobody looked at it for {settings.dead_letter_days} days."
    old = DeadLetter.objects.filter(
        status=LetterStatus.PENDING_REVIEW, failed_at__lt=Now() - timedelta(days=settings.dead_letter_days)
    )
    return old.update(status=LetterStatus.ABANDONED, closed_at=Now(), note=note)
