"""Filters by how far the work on a video's file has come, and by what looking after its files found."""

from typing import Any

from django.db.models import Exists, OuterRef, Q

from library.filters.columns import choices, compared
from library.filters.registry import Ask, Choice, Facet, Kind, register_facet
from library.models import VideoFile
from library.models.file import FileState
from processing.models import FileCheck, IntegrityFinding, Job, JobStatus, StageRecord, Storyboard, Thumbnail
from processing.models.integrity import PROBLEMS, FindingCode, Severity
from processing.stages import all_stages


def _state(ask: Ask) -> Q:
    return ask.exists(VideoFile.objects.filter(is_primary=True, state__in=ask.value))


def _without_pictures(ask: Ask) -> Q:
    whole = VideoFile.objects.filter(
        Exists(Thumbnail.objects.filter(file=OuterRef("pk"))),
        Exists(Storyboard.objects.filter(file=OuterRef("pk"))),
        is_primary=True,
    )
    return ~ask.exists(whole) if ask.value else ask.exists(whole)


_STATES = {
    "waiting": "waiting",
    "running": "running",
    "completed": "done",
    "failed": "failed",
    "cancelled": "cancelled",
    "never": "never tried",
}


def _stage_choices() -> list[Choice]:
    """Every stage on files with every state, "frames.failed"."""
    stages = [stage for stage in all_stages() if stage.target_kind == "file"]
    return [
        Choice(f"{stage.name}.{state}", f"{stage.label}: {words}")
        for stage in stages
        for state, words in _STATES.items()
    ]


def _stage_state(ask: Ask) -> Q:
    """Videos whose primary file is in one of these states of a stage."""
    files = VideoFile.objects.filter(is_primary=True)
    return Q(*(ask.exists(files.filter(_in_state(*value.split(".")))) for value in ask.value), _connector=Q.OR)


def _in_state(stage: str, state: str) -> Q:
    about = {"target_kind": "file", "target_id": OuterRef("pk"), "stage": stage}
    active = Exists(Job.objects.active().filter(**about))
    if state in ("waiting", "running"):
        status = JobStatus.PENDING if state == "waiting" else JobStatus.RUNNING
        return Q(Exists(Job.objects.filter(**about, status=status)))
    records = StageRecord.objects.filter(**about)
    if state == "never":
        return ~Q(Exists(records)) & ~Q(active)
    statuses = (JobStatus.FAILED, JobStatus.TIMED_OUT) if state == "failed" else (state,)
    return Q(Exists(records.filter(status__in=statuses))) & ~Q(active)


def _findings(ask: Ask, **lookups: Any) -> Q:
    """Videos with such a finding about a file that isn't in the trash."""
    rows = IntegrityFinding.objects.filter(file__trashed_at=None, **lookups)
    return ask.exists(rows, link="file__video")


def _has_problems(ask: Ask) -> Q:
    q = _findings(ask, severity__in=PROBLEMS)
    return q if ask.value else ~q


def _verified(ask: Ask) -> Q:
    checks = FileCheck.objects.filter(file__is_primary=True)
    if ask.operator == "empty":
        return ~ask.exists(checks.filter(verified_at__isnull=False), link="file__video")
    return ask.exists(checks.filter(**compared(ask, "verified_at")), link="file__video")


register_facet(
    Facet("stage_state", "Stage of processing", "State", Kind.CHOICE, _stage_state, choices=_stage_choices),
    Facet("state", "Processing", "State", Kind.CHOICE, _state, choices=choices(FileState.choices)),
    Facet("no_pictures", "Without pictures", "State", Kind.FLAG, _without_pictures),
    Facet("problems", "Problems with files", "State", Kind.FLAG, _has_problems),
    Facet(
        "problem",
        "Problem",
        "State",
        Kind.CHOICE,
        lambda ask: _findings(ask, code__in=ask.value),
        choices=choices(FindingCode.choices),
    ),
    Facet(
        "problem_severity",
        "Severity of problems",
        "State",
        Kind.CHOICE,
        lambda ask: _findings(ask, severity__in=ask.value),
        choices=choices(Severity.choices),
    ),
    Facet("verified", "Last verified", "State", Kind.DATE, _verified, words={"empty": "never"}),
)
