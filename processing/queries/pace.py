"""How fast work goes: what ended in the last minutes, what waits, and how long that will take at this pace."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Avg, Count, Max, Q
from django.db.models.functions import Coalesce, Now

from processing.models import Job, JobStatus
from processing.stages import all_stages

PACE_MINUTES = 10
# With fewer the pace would be a guess.
_FEWEST = 3


@dataclass(frozen=True, slots=True)
class StagePace:
    """A stage just now. `per_minute` counts jobs that ended well in the last ten minutes, over the time since the
    first of them; `eta_seconds` is None while there is no pace to go by."""

    name: str
    label: str
    waiting: int
    later: int
    running: int
    done: int
    failed: int
    per_minute: float
    seconds_each: float | None
    eta_seconds: float | None


def stage_paces() -> list[StagePace]:
    """Stages with work, in the order of their registration, those that no app knows any more last. Two queries: one
    over the active jobs, one over those that ended in the last ten minutes."""
    active = _active()
    recent = _recent()
    labels = {stage.name: stage.label for stage in all_stages()}
    names = [name for name in labels if name in active or name in recent]
    names += sorted((active.keys() | recent.keys()) - labels.keys())
    return [_pace(name, labels.get(name, name), active.get(name, (0, 0, 0)), recent.get(name)) for name in names]


def _active() -> dict[str, tuple[int, int, int]]:
    """Due, waiting for a later attempt, running; by stage."""
    rows = Job.objects.active().order_by().values_list("stage")
    counted = rows.annotate(
        due=Count("pk", filter=Q(status=JobStatus.PENDING, due_at__lte=Now())),
        later=Count("pk", filter=Q(status=JobStatus.PENDING, due_at__gt=Now())),
        running=Count("pk", filter=Q(status=JobStatus.RUNNING)),
    )
    return {stage: (due, later, running) for stage, due, later, running in counted}


@dataclass(frozen=True, slots=True)
class _Recent:
    done: int
    failed: int
    minutes: float
    seconds_each: float | None


def _recent() -> dict[str, _Recent]:
    rows = (
        Job.objects.filter(finished_at__gt=Now() - timedelta(minutes=PACE_MINUTES))
        .order_by()
        .values_list("stage")
        .annotate(
            done=Count("pk", filter=Q(status=JobStatus.COMPLETED)),
            failed=Count("pk", filter=Q(status__in=(JobStatus.FAILED, JobStatus.TIMED_OUT))),
            # Since the first of them began: ten jobs within the last minute are ten a minute.
            since=Max(Now() - Coalesce("started_at", "finished_at")),
            each=Avg("duration_seconds", filter=Q(status=JobStatus.COMPLETED)),
        )
    )
    most = timedelta(minutes=PACE_MINUTES)
    return {
        stage: _Recent(done, failed, max(min(since, most).total_seconds(), 1.0) / 60, each)
        for stage, done, failed, since, each in rows
    }


def _pace(name: str, label: str, active: tuple[int, int, int], recent: _Recent | None) -> StagePace:
    due, later, running = active
    done, failed = (recent.done, recent.failed) if recent else (0, 0)
    per_minute = done / recent.minutes if recent else 0.0
    left = due + later + running
    eta = left / per_minute * 60 if left and done >= _FEWEST else None
    each = recent.seconds_each if recent else None
    return StagePace(name, label, due, later, running, done, failed, per_minute, each, eta)
